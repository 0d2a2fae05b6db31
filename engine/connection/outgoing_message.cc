#include "connection/outgoing_message.h"

#include <algorithm>

#include "codec/mask.h"

namespace ringstorm {

std::size_t OutgoingMessage::write(std::span<std::byte> out, Opcode opcode,
                                   std::span<const std::byte> payload) {
  RS_DCHECK(begun_);
  // Nearly every message goes out whole, in one pass.
  if (!header_written_ && out.size() >= frame_header_bytes(payload.size(), true) + payload.size()) {
    begun_ = false;
    return encode_client_frame(out, opcode, payload, key_);
  }
  std::size_t used = 0;
  if (!header_written_) {
    if (out.size() < frame_header_bytes(payload.size(), true)) return 0;
    used = encode_frame_header(out,
                               FrameHeader{.opcode = opcode, .mask = key_, .payload_bytes = payload.size()});
    header_written_ = true;
  }
  const std::size_t piece = std::min(out.size() - used, payload.size() - static_cast<std::size_t>(written_));
  mask_copy(out.subspan(used, piece), payload.subspan(static_cast<std::size_t>(written_), piece), key_,
            static_cast<std::size_t>(written_ & 3));
  written_ += piece;
  begun_ = written_ < payload.size();
  return used + piece;
}

}  // namespace ringstorm
