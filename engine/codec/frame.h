// The frame header of RFC 6455 section 5.2: its vocabulary and its encoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/cause.h"
#include "base/check.h"
#include "codec/mask.h"

namespace ringstorm {

enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA
};

constexpr bool is_control(Opcode opcode) {
  return (static_cast<std::uint8_t>(opcode) & 0x8) != 0;
}

inline constexpr std::size_t kMaxFrameHeaderBytes = 14;
inline constexpr std::size_t kMaxControlPayloadBytes = 125;

/// RSV1 as FrameHeader::rsv has it: the message is compressed (RFC 7692 section 6).
inline constexpr std::uint8_t kCompressedRsv = 4;

struct FrameHeader {
  Opcode opcode = Opcode::text;
  bool fin = true;
  std::uint8_t rsv = 0;              ///< RSV1 is 4, RSV2 is 2, RSV3 is 1; for extensions
  std::optional<MaskKey> mask = {};  ///< a client's frame has one, a server's has none
  std::uint64_t payload_bytes = 0;   ///< < 2^63
};

/// 2 to 14 bytes, with the shortest length encoding.
constexpr std::size_t frame_header_bytes(std::uint64_t payload_bytes, bool masked) {
  return 2U + (payload_bytes > 0xFFFF ? 8U : payload_bytes > 125 ? 2U : 0U) + (masked ? 4U : 0U);
}

/// Writes the header at the front of `out`, which has room for it, and returns its size in bytes.
std::size_t encode_frame_header(std::span<std::byte> out, const FrameHeader& header);

/// A longer payload's length does not fit into the header's second byte.
inline constexpr std::size_t kMaxShortPayloadBytes = 125;

/// encode_client_frame() for the payloads that are longer than that.
std::size_t encode_long_client_frame(std::span<std::byte> out, Opcode opcode,
                                     std::span<const std::byte> payload, MaskKey key, std::uint8_t rsv);

/// Writes a whole message as the one frame that a client sends: header, key and masked payload, the short
/// ones in one pass. `out` has room for it. Returns the frame's size in bytes.
///
/// The payload may not overlap the frame: a long one that does aborts as in mask_copy(). For a short one that
/// check would cost a tenth of the call, so only debug builds make it; in others the payload's bytes in the
/// frame are then unspecified, and nothing outside the frame is written.
inline std::size_t encode_client_frame(std::span<std::byte> out, Opcode opcode,
                                       std::span<const std::byte> payload, MaskKey key,
                                       std::uint8_t rsv = 0) {
  if (payload.size() > kMaxShortPayloadBytes) return encode_long_client_frame(out, opcode, payload, key, rsv);
  const std::size_t frame_bytes = frame_header_bytes(0, true) + payload.size();
  RS_DCHECK(out.size() >= frame_bytes);
  // Measured from the middle of the header, which is then on either side of the distance.
  constexpr std::size_t kHalfHeader = frame_header_bytes(0, true) / 2;
  RS_DCHECK(detail::distance(out.data() + kHalfHeader, payload.data()) >= payload.size() + kHalfHeader &&
            "no overlap");
  detail::chosen_encode_short.load(std::memory_order_relaxed)(
      out.data(), payload.data(), payload.size(), 0x80U | unsigned{rsv} << 4 | static_cast<unsigned>(opcode),
      key.wire);
  return frame_bytes;
}

/// Close codes, RFC 6455 section 7.4.1.
namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t none_received = 1005;  ///< never on the wire: the close frame had no code
inline constexpr std::uint16_t invalid_payload = 1007;
inline constexpr std::uint16_t too_large = 1009;
}  // namespace close_code

/// True for the codes an endpoint may send: 1000-1003, 1007-1014, 3000-4999 (RFC 6455 7.4 and the IANA
/// registry).
bool is_sendable_close_code(std::uint16_t code);

/// The close code that fails a connection after this violation: 1007 for invalid UTF-8 and for data that does
/// not inflate, 1009 for a message over the limit, 1002 for the rest (RFC 6455 sections 7.4.1 and 8.1).
std::uint16_t close_code_for(Cause violation);

}  // namespace ringstorm
