// permessage-deflate on one connection of the embedded server: compressed messages come in inflated, and
// their echoes are compressed anew, as a server would that had made them itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/compression_tally.h"
#include "codec/context_pool.h"
#include "codec/deflate_negotiation.h"
#include "codec/message_inflater.h"

namespace ringstorm {

/// What the connections of one shard share.
struct DeflateService {
  DeflateService(const DeflateTerms& granted, std::size_t slots)
      : terms(granted),
        inflaters(slots, Inflater::memory_bytes(kMostWindowBits)),
        deflaters(slots, Deflater::memory_bytes({})) {}

  DeflateTerms terms;
  ContextPool<Inflater> inflaters;
  ContextPool<Deflater> deflaters;
  std::array<std::byte, std::size_t{16} * 1024> inflated{};
  std::array<std::byte, std::size_t{64} * 1024> deflated{};
};

class DeflatedConnection {
 public:
  /// `may_keep_context` is false when replies may be lost or change places: each must then stand for itself.
  DeflatedConnection(const DeflateAgreement& agreement, bool may_keep_context)
      : inflater_(agreement.client_max_window_bits, !agreement.client_no_context_takeover),
        settings_{.window_bits = agreement.server_max_window_bits},
        keeps_context_(may_keep_context && !agreement.server_no_context_takeover) {}

  Receiving receiving(const DecoderRules& rules, DeflateService& service, CompressionTally& tally) {
    return {rules, inflater_, {service.inflaters, service.inflated, tally}};
  }

  /// Compresses a piece of an inflated message and calls `reply(event)` for each frame that comes of it,
  /// whole.
  template <class Reply>
  void echo(const DecoderEvent& piece, DeflateService& service, CompressionTally& tally, Reply reply) {
    if (piece.message_start) begin(service);
    plain_bytes_ += piece.bytes.size();
    deflater_->feed(piece.bytes, piece.message_end);
    for (Deflater::Output output; !output.wants_more && !output.message_end;) {
      output = deflater_->write(service.deflated);
      if (output.bytes == 0) continue;
      reply(frame_of(piece, output, service));
      if (output.message_end) end(service, tally);
    }
  }

  void release(DeflateService& service);

 private:
  void begin(DeflateService& service);
  DecoderEvent frame_of(const DecoderEvent& piece, const Deflater::Output& output, DeflateService& service);
  void end(DeflateService& service, CompressionTally& tally);

  MessageInflater inflater_;
  Deflater* deflater_ = nullptr;
  DeflateSettings settings_;
  bool keeps_context_;
  bool replied_ = false;  ///< a frame of the echo has been made
  std::uint64_t plain_bytes_ = 0;
  std::uint64_t compressed_bytes_ = 0;
};

}  // namespace ringstorm
