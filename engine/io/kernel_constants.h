// io_uring constants newer than the liburing this is built against (Debian 12 has 2.3). The kernel is asked
// before any of them is used; the values are the kernel's interface and never change. Source:
// include/uapi/linux/io_uring.h and net_tstamp.h.
#pragma once

namespace ringstorm::kernel {

inline constexpr unsigned kFeatureReceiveSendBundle = 1U << 14;  // IORING_FEAT_RECVSEND_BUNDLE, Linux 6.10
inline constexpr unsigned kFeatureMinTimeout = 1U << 15;         // IORING_FEAT_MIN_TIMEOUT, Linux 6.12
inline constexpr unsigned kEnterAbsoluteTimer = 1U << 5;         // IORING_ENTER_ABS_TIMER, Linux 6.12
inline constexpr unsigned kSetupSingleIssuer = 1U << 12;         // IORING_SETUP_SINGLE_ISSUER, Linux 6.0
inline constexpr unsigned kSetupDeferTaskrun = 1U << 13;         // IORING_SETUP_DEFER_TASKRUN, Linux 6.1
inline constexpr unsigned kSetupMixedCompletions = 1U << 18;     // IORING_SETUP_CQE_MIXED, Linux 6.18
inline constexpr unsigned kCompletionFiller = 1U << 5;           // IORING_CQE_F_SKIP, Linux 6.18
inline constexpr unsigned kCompletionIsLarge = 1U << 15;         // IORING_CQE_F_32, Linux 6.18
inline constexpr unsigned kReceiveMultishot = 1U << 1;           // IORING_RECV_MULTISHOT, Linux 6.0
inline constexpr unsigned kSocketCommandSetOption = 3;           // SOCKET_URING_OP_SETSOCKOPT, Linux 6.7
inline constexpr unsigned kSocketCommandTransmitStamps = 4;      // SOCKET_URING_OP_TX_TIMESTAMP, Linux 6.17
inline constexpr int kOpSendZeroCopy = 47;                       // IORING_OP_SEND_ZC, Linux 6.0
inline constexpr int kOpInstallDescriptor = 54;                  // IORING_OP_FIXED_FD_INSTALL, Linux 6.8
inline constexpr int kOpBind = 56;                               // IORING_OP_BIND, Linux 6.11
inline constexpr int kStampKeyFromNow = 1 << 16;                 // SOF_TIMESTAMPING_OPT_ID_TCP, Linux 6.2

}  // namespace ringstorm::kernel
