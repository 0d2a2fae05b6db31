#include "server/deflated_connection.h"

namespace ringstorm {

void DeflatedConnection::begin(DeflateService& service) {
  if (deflater_ == nullptr) deflater_ = service.deflaters.acquire(settings_);
  deflater_->begin(keeps_context_);
  replied_ = false;
  plain_bytes_ = 0;
  compressed_bytes_ = 0;
}

DecoderEvent DeflatedConnection::frame_of(const DecoderEvent& piece, const Deflater::Output& output,
                                          DeflateService& service) {
  DecoderEvent frame{.kind = DecoderEvent::Kind::data, .opcode = piece.opcode};
  frame.message_start = !replied_;
  frame.message_end = output.message_end;
  frame.frame_start = true;
  frame.frame_end = true;
  frame.frame_fin = output.message_end;
  frame.rsv = kCompressedRsv;
  frame.frame_bytes = output.bytes;
  frame.bytes = std::span(service.deflated).first(output.bytes);
  replied_ = true;
  compressed_bytes_ += output.bytes;
  return frame;
}

void DeflatedConnection::end(DeflateService& service, CompressionTally& tally) {
  ++tally.messages;
  tally.plain_bytes += plain_bytes_;
  tally.compressed_bytes += compressed_bytes_;
  if (keeps_context_) return;
  service.deflaters.release(deflater_);
  deflater_ = nullptr;
}

void DeflatedConnection::release(DeflateService& service) {
  inflater_.release(service.inflaters);
  if (deflater_ != nullptr) service.deflaters.release(deflater_);
  deflater_ = nullptr;
}

}  // namespace ringstorm
