#include "codec/frame.h"

#include <cstring>

#include "base/check.h"

namespace ringstorm {
namespace {

constexpr std::byte kMaskBit{0x80};

/// Network byte order, the most significant byte first.
void store_big_endian(std::byte* out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = bytes; i-- > 0; value >>= 8) out[i] = static_cast<std::byte>(value & 0xFF);
}

std::size_t encode_length(std::byte* out, std::uint64_t bytes) {
  if (bytes <= 125) {
    out[0] = static_cast<std::byte>(bytes);
    return 1;
  }
  if (bytes <= 0xFFFF) {
    out[0] = std::byte{126};
    store_big_endian(out + 1, bytes, 2);
    return 3;
  }
  out[0] = std::byte{127};
  store_big_endian(out + 1, bytes, 8);
  return 9;
}

}  // namespace

std::size_t encode_frame_header(std::span<std::byte> out, const FrameHeader& header) {
  RS_DCHECK(header.payload_bytes >> 63 == 0);
  RS_DCHECK(out.size() >= frame_header_bytes(header.payload_bytes, header.mask.has_value()));
  const unsigned first =
      (header.fin ? 0x80U : 0U) | (header.rsv & 0x7U) << 4 | static_cast<unsigned>(header.opcode);
  out[0] = static_cast<std::byte>(first);
  std::size_t size = 1 + encode_length(&out[1], header.payload_bytes);
  if (header.mask) {
    out[1] |= kMaskBit;
    std::memcpy(&out[size], &header.mask->wire, sizeof header.mask->wire);
    size += sizeof header.mask->wire;
  }
  return size;
}

std::size_t encode_long_client_frame(std::span<std::byte> out, Opcode opcode,
                                     std::span<const std::byte> payload, MaskKey key, std::uint8_t rsv) {
  const std::size_t header_bytes =
      encode_frame_header(out, {.opcode = opcode, .rsv = rsv, .mask = key, .payload_bytes = payload.size()});
  mask_copy(out.subspan(header_bytes), payload, key);
  return header_bytes + payload.size();
}

bool is_sendable_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::uint16_t close_code_for(Cause violation) {
  switch (violation) {
    case Cause::invalid_utf8:
    case Cause::invalid_deflate:
    case Cause::truncated_deflate: return close_code::invalid_payload;
    case Cause::message_too_large: return close_code::too_large;
    default: return close_code::protocol_error;
  }
}

}  // namespace ringstorm
