// The names under which a report counts failures: reports of different versions are compared by them, so none
// may change.
#include "base/cause.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

struct NameRow {
  Cause cause;
  const char* name;
};

constexpr NameRow kRows[] = {
    {Cause::none, "none"},
    {Cause::connect_refused, "connection refused"},
    {Cause::connect_timed_out, "connect timed out"},
    {Cause::network_unreachable, "network unreachable"},
    {Cause::no_local_port, "no local port left"},
    {Cause::connect_failed, "connect failed"},
    {Cause::proxy_timed_out, "proxy timed out"},
    {Cause::proxy_closed, "closed by proxy"},
    {Cause::proxy_status, "proxy http"},
    {Cause::proxy_malformed_head, "malformed http head from proxy"},
    {Cause::proxy_head_too_large, "http head from proxy too large"},
    {Cause::tls_timed_out, "tls handshake timed out"},
    {Cause::tls_closed, "closed during the tls handshake"},
    {Cause::tls_not_spoken, "no tls spoken here"},
    {Cause::tls_alert, "tls alert from server"},
    {Cause::tls_protocol_violation, "tls protocol violation"},
    {Cause::certificate_expired, "certificate expired"},
    {Cause::certificate_untrusted, "certificate not trusted"},
    {Cause::certificate_wrong_host, "certificate for another host"},
    {Cause::certificate_rejected, "certificate rejected"},
    {Cause::ended_without_close_notify, "ended without close_notify"},
    {Cause::upgrade_timed_out, "upgrade timed out"},
    {Cause::upgrade_closed, "closed during upgrade"},
    {Cause::http_status, "http"},
    {Cause::malformed_head, "malformed http head"},
    {Cause::head_too_large, "http head too large"},
    {Cause::missing_upgrade_header, "no Upgrade: websocket header"},
    {Cause::missing_connection_header, "no Connection: Upgrade header"},
    {Cause::missing_accept_key, "no accept key"},
    {Cause::wrong_accept_key, "wrong accept key"},
    {Cause::tls_answered, "tls spoken here, not plain http"},
    {Cause::unoffered_subprotocol, "subprotocol not offered"},
    {Cause::unoffered_extension, "extension not offered"},
    {Cause::malformed_extensions, "malformed extensions header"},
    {Cause::repeated_extension, "extension agreed to twice"},
    {Cause::unknown_extension_parameter, "unknown extension parameter"},
    {Cause::repeated_extension_parameter, "extension parameter given twice"},
    {Cause::wrong_extension_value, "wrong value of an extension parameter"},
    {Cause::unoffered_extension_parameter, "extension parameter not offered"},
    {Cause::ungranted_extension_parameter, "extension accepted without what was asked for"},
    {Cause::masked_frame, "masked frame from server"},
    {Cause::unmasked_frame, "unmasked frame from client"},
    {Cause::reserved_bit, "reserved bit set"},
    {Cause::reserved_opcode, "reserved opcode"},
    {Cause::overlong_length, "length not minimally encoded"},
    {Cause::impossible_length, "length above 2^63"},
    {Cause::fragmented_control, "fragmented control frame"},
    {Cause::oversized_control, "control frame over 125 bytes"},
    {Cause::unexpected_continuation, "continuation without a message"},
    {Cause::interrupted_message, "new message inside a fragmented one"},
    {Cause::invalid_utf8, "invalid utf-8"},
    {Cause::message_too_large, "message too large"},
    {Cause::invalid_deflate, "invalid compressed data"},
    {Cause::truncated_deflate, "truncated compressed data"},
    {Cause::malformed_close, "malformed close frame"},
    {Cause::connection_reset, "connection reset"},
    {Cause::connection_closed, "closed without a close frame"},
    {Cause::closed_by_server, "closed by server"},
    {Cause::send_failed, "send failed"},
    {Cause::receive_failed, "receive failed"},
    {Cause::close_timed_out, "close timed out"},
    {Cause::unexpected_message, "unexpected message"},
    {Cause::expect_timed_out, "expect timed out"},
    {Cause::pong_timed_out, "pong timed out"},
    {Cause::capture_failed, "capture failed"},
    {Cause::message_too_large_to_match, "message too large to match"},
    {Cause::no_room_to_match, "no room to match"},
};

TEST(CauseNames, StayAsTheyAre) {
  static_assert(std::size(kRows) == static_cast<std::size_t>(Cause::count_), "a new cause is a new row");
  for (const NameRow& row : kRows) EXPECT_EQ(to_string(Failure{row.cause}), row.name);
}

TEST(CauseNames, NameAnErrno) {
  EXPECT_EQ(to_string(Failure{Cause::connect_failed, EACCES}), "connect failed: Permission denied");
  EXPECT_EQ(to_string(Failure{Cause::receive_failed, EIO}), "receive failed: Input/output error");
  // ENOTSUPP, which the kernel has and the C library does not know.
  EXPECT_EQ(to_string(Failure{Cause::send_failed, 524}), "send failed: error 524");
}

TEST(CauseNames, NameAnAlert) {
  EXPECT_EQ(to_string(Failure{Cause::tls_alert, 40}), "tls alert from server: handshake failure");
  EXPECT_EQ(to_string(Failure{Cause::tls_alert, 41}), "tls alert from server: number 41");
}

TEST(Failure, IsOneWhenItHasACause) {
  EXPECT_FALSE(Failure{});
  EXPECT_TRUE(Failure{Cause::connect_refused});
  EXPECT_NE((Failure{Cause::http_status, 500}), (Failure{Cause::http_status, 503}));
}

TEST(Violations, AreExactlyTheCausesOfFraming) {
  for (int i = 0; i < static_cast<int>(Cause::count_); ++i) {
    const bool framing =
        i >= static_cast<int>(Cause::masked_frame) && i < static_cast<int>(Cause::connection_reset);
    EXPECT_EQ(is_violation(static_cast<Cause>(i)), framing) << i;
  }
}

}  // namespace
}  // namespace ringstorm
