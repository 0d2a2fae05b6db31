// The receiving side of permessage-deflate on one connection: the decoder's events, with compressed messages
// inflated. It holds an inflater only while it needs one: to the end of the message, or of the connection
// when the peer keeps its context.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/compression_tally.h"
#include "codec/context_pool.h"
#include "codec/decoder.h"
#include "codec/deflate.h"
#include "codec/utf8.h"

namespace ringstorm {

/// What the connections of one thread share. Each output piece lies in `scratch`, which is not empty.
struct InflateResources {
  ContextPool<Inflater>& pool;
  std::span<std::byte> scratch;
  CompressionTally& tally;
  ClockReader clock = {};
};

class MessageInflater {
 public:
  /// `window_bits` and `keeps_context`: what was agreed of the peer's side.
  MessageInflater(int window_bits, bool keeps_context)
      : window_bits_(static_cast<std::uint8_t>(window_bits)), keeps_context_(keeps_context) {}

  /// As decoder.next(), but a compressed message comes inflated, in pieces that are valid until the next
  /// call, is checked as UTF-8 when it is text, and fails when it inflates to more than
  /// rules.max_message_bytes. Of its pieces `rsv` is kCompressedRsv and `frame_start` true on the first of
  /// each frame; what else an event says of frames is not said.
  DecoderEvent next(FrameDecoder& decoder, std::span<std::byte>& input, const DecoderRules& rules,
                    DecoderStash& stash, const InflateResources& resources);

  DecoderEvent next(Decoder& decoder, std::span<std::byte>& input, const DecoderRules& rules,
                    const InflateResources& resources) {
    return next(decoder, input, rules, decoder.stash(), resources);
  }

  /// Gives back what is held; nothing more may be asked of it.
  void release(ContextPool<Inflater>& pool);

 private:
  void begin(const InflateResources& resources);
  DecoderEvent next_piece(const DecoderRules& rules, const InflateResources& resources);
  Cause judge(Inflater::State state, std::span<const std::byte> piece, const DecoderRules& rules);
  DecoderEvent fail(Cause violation);

  Inflater* inflater_ = nullptr;
  std::uint64_t message_bytes_ = 0;     ///< inflated
  std::uint64_t compressed_bytes_ = 0;  ///< of the message
  Opcode opcode_ = Opcode::text;
  Utf8Validator utf8_;
  Cause violation_ = Cause::none;
  std::uint8_t window_bits_;
  bool keeps_context_;
  bool busy_ = false;           ///< the inflater has not given out all that it was fed
  bool message_start_ = false;  ///< for the next piece
  bool frame_start_ = false;    ///< likewise
};

/// How what arrives on a connection is to be understood: by the rules alone, or with an extension in between.
class Receiving {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): no extension is the ordinary case
  Receiving(const DecoderRules& rules) : rules_(rules) {}
  Receiving(const DecoderRules& rules, MessageInflater& inflater, const InflateResources& resources)
      : rules_(rules), inflater_(&inflater), resources_(resources) {}

  DecoderEvent next(Decoder& decoder, std::span<std::byte>& input) const {
    return next(decoder, input, decoder.stash());
  }
  DecoderEvent next(FrameDecoder& decoder, std::span<std::byte>& input, DecoderStash& stash) const {
    if (inflater_ == nullptr) return decoder.next(input, rules_, stash);
    return inflater_->next(decoder, input, rules_, stash, *resources_);
  }

 private:
  const DecoderRules& rules_;
  MessageInflater* inflater_ = nullptr;
  std::optional<InflateResources> resources_;
};

}  // namespace ringstorm
