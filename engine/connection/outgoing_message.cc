#include "connection/outgoing_message.h"

#include <algorithm>
#include <cstring>

#include "codec/mask.h"

namespace ringstorm {

std::size_t OutgoingMessage::write(std::span<std::byte> out, Opcode opcode,
                                   std::span<const std::byte> payload, std::uint8_t rsv) {
  RS_DCHECK(begun_);
  // Nearly every message goes out whole, in one pass.
  if (!header_written_ && out.size() >= frame_header_bytes(payload.size(), true) + payload.size()) {
    begun_ = false;
    written_ = payload.size();
    return encode_client_frame(out, opcode, payload, key_, rsv);
  }
  std::size_t used = 0;
  if (!header_written_) {
    if (out.size() < frame_header_bytes(payload.size(), true)) return 0;
    used = encode_frame_header(out,
                               {.opcode = opcode, .rsv = rsv, .mask = key_, .payload_bytes = payload.size()});
    header_written_ = true;
  }
  const std::size_t piece = std::min(out.size() - used, payload.size() - static_cast<std::size_t>(written_));
  mask_copy(out.subspan(used, piece), payload.subspan(static_cast<std::size_t>(written_), piece), key_,
            static_cast<std::size_t>(written_ & 3));
  written_ += piece;
  begun_ = written_ < payload.size();
  return used + piece;
}

std::size_t OutgoingMessage::write_deflated(std::span<std::byte> out, Opcode opcode, Deflater& deflater,
                                            MaskKey key) {
  RS_DCHECK(begun_);
  if (out.size() < kLeastDeflatedRoom) return 0;
  // Behind the longest header there may be; a shorter one makes it move up.
  const std::span<std::byte> room = out.subspan(frame_header_bytes(out.size(), true));
  const Deflater::Output output = deflater.write(room);
  const std::size_t header =
      encode_frame_header(out, {.opcode = header_written_ ? Opcode::continuation : opcode,
                                .fin = output.message_end,
                                .rsv = header_written_ ? std::uint8_t{0} : kCompressedRsv,
                                .mask = key,
                                .payload_bytes = output.bytes});
  std::memmove(&out[header], room.data(), output.bytes);
  mask(out.subspan(header, output.bytes), key);
  header_written_ = true;
  written_ += output.bytes;
  begun_ = !output.message_end;
  return header + output.bytes;
}

std::size_t OutgoingMessage::write_fragment(std::span<std::byte> out, Opcode opcode, bool fin,
                                            std::span<const std::byte> payload) {
  RS_DCHECK(begun_);
  std::size_t used = 0;
  if (!header_written_) {
    if (out.size() < frame_header_bytes(payload.size(), true)) return 0;
    used = encode_frame_header(
        out, FrameHeader{.opcode = opcode, .fin = fin, .mask = key_, .payload_bytes = payload.size()});
    header_written_ = true;
  }
  const auto done = static_cast<std::size_t>(written_);
  const std::size_t piece = std::min(out.size() - used, payload.size() - done);
  mask_copy(out.subspan(used, piece), payload.subspan(done, piece), key_, done & 3);
  written_ += piece;
  begun_ = written_ < payload.size();
  return used + piece;
}

}  // namespace ringstorm
