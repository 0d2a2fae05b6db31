// What stands in the holes of each connection's messages. A message that leaves in pieces is filled again for
// each, from what it was begun with, so that all connections share one scratch. It allocates only when it is
// made, and never reads a clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/lazy_array.h"
#include "base/prng.h"
#include "io/ring.h"
#include "plan/plan.h"
#include "shard/feeder_rows.h"

namespace ringstorm {

class MessageTexts {
 public:
  /// `share` deals the rows of shared feeders out, as it does the run's messages.
  MessageTexts(const Plan& plan, std::uint32_t shard, const Share& share);

  /// False: every message is the plan's payload, and nothing below is called.
  bool varied() const { return varied_; }
  /// A message begins on the connection: it takes its numbers and its rows.
  void begin(Slot slot, Instant intended, Instant now);
  /// The payload of the message that was last begun there, until the next call of either.
  std::span<const std::byte> payload(Slot slot);

 private:
  /// One connection's, of the message that was last begun on it. All zeroes before the first.
  struct State {
    Prng random{0};       ///< as the message found it
    Prng next_random{0};  ///< as it left it
    std::uint64_t messages = 0;
    Instant intended{};
    Instant began{};
  };
  static constexpr Slot kNobody = std::numeric_limits<Slot>::max();

  std::uint64_t number_of(Slot slot) const { return first_connection_ + slot; }
  std::span<std::uint64_t> rows_of(Slot slot);
  void fill(Slot slot);

  const Plan& plan_;
  const bool varied_;
  const std::uint64_t first_connection_;
  TemplateContext context_;
  LazyArray<State> states_;
  FeederRows feeders_;
  LazyArray<std::uint64_t> rows_;  ///< of each connection's message, one a feeder
  std::vector<std::string_view> values_;
  std::vector<std::byte> scratch_;
  std::size_t filled_bytes_ = 0;
  Slot filled_ = kNobody;  ///< whose message is in the scratch
};

}  // namespace ringstorm
