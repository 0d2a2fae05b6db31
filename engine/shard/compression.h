// permessage-deflate on a shard's connections: what each has agreed to, the forms in which the run's message
// may go out, and the memory that compressing and inflating take, all of it taken at the start. Without an
// offer it holds nothing, and every connection has the plain form.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/compression_tally.h"
#include "base/lazy_array.h"
#include "codec/context_pool.h"
#include "codec/message_inflater.h"
#include "codec/secure_random.h"
#include "io/ring.h"
#include "plan/plan.h"
#include "session/session.h"
#include "shard/lane.h"
#include "stats/measurements.h"

namespace ringstorm {

class Compression {
 public:
  /// `clock` is what the work is timed by. Takes all its memory; nothing below allocates.
  Compression(const Plan& plan, std::uint64_t connections, const ClockReader& clock);

  /// The upgrade was accepted, with this agreement or none.
  void begin(Slot slot, Lane& lane, const std::optional<DeflateAgreement>& agreement,
             CompressionCounts& counts);
  /// The connection is gone: what it held is free.
  void end(Slot slot, Lane& lane);

  /// How what arrives on the connection is to be understood.
  Receiving receiving(Slot slot, CompressionCounts& counts);

  /// The message's frame payload on the connection, and its reserved bits. Not for a message with holes, nor
  /// for a connection that compresses each.
  struct Form {
    std::span<const std::byte> payload;
    std::uint8_t rsv = 0;
  };
  const Form& form_of(const Lane& lane) const { return forms_[lane.form]; }

  /// Whether each message is compressed on its way: after those before it, or because it has holes.
  bool compresses_each(const Lane& lane) const { return lane.form == kEach; }
  /// Without so much room a message is not to be begun.
  std::size_t least_room(const Lane& lane) const {
    return compresses_each(lane) ? least_deflated_room_ : kMaxFrameHeaderBytes;
  }
  /// Feeds the message to the connection's compressor; lane.outgoing has begun it.
  void begin_message(Slot slot, std::span<const std::byte> payload);
  /// Writes as much of it as fits, and returns the bytes written. The payload stands where it stood.
  std::size_t write(Slot slot, Lane& lane, std::span<std::byte> room, SecureRandom& random,
                    CompressionCounts& counts);
  /// The last byte of a message was written, whose payload was so long.
  void written(const Lane& lane, std::size_t payload_bytes, CompressionCounts& counts) const;

 private:
  struct State {
    std::optional<MessageInflater> inflater;
    Deflater* deflater;  ///< when the connection compresses each message
    bool keeps_context;  ///< ... after those before it
  };
  static constexpr std::size_t kScratchBytes = std::size_t{16} * 1024;
  static constexpr std::uint8_t kPlain = 0;
  static constexpr std::uint8_t kPrepared = 1;  ///< for a window of 8 bits, then 9, and so on
  static constexpr std::uint8_t kEach = kPrepared + kMostWindowBits - kFewestWindowBits + 1;

  /// What fits into Lane::form.
  static_assert(kEach < 16);
  std::uint8_t choose_form(const DeflateAgreement& agreement) const;

  const Plan& plan_;
  const ClockReader clock_;
  const DecoderRules plain_rules_;
  const DecoderRules deflate_rules_;
  std::array<Form, kEach> forms_;
  const Opcode opcode_;
  const std::size_t least_deflated_room_;
  const CompressionBudget budget_;
  LazyArray<State> states_;
  LazyArray<std::byte> scratch_;
  ContextPool<Inflater> inflaters_;
  ContextPool<Deflater> deflaters_;
};

}  // namespace ringstorm
