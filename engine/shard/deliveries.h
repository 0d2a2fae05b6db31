// What a shard's connections hear of the messages that publishers stamped: how long each delivery took from
// when its message was due, what came twice, in another order, or not at all. It knows no socket and never
// reads a clock. All memory is taken when it is made: for each receiver and each publisher of its topic the
// latest sequence and a window behind it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/lazy_array.h"
#include "connection/connection.h"
#include "io/ring.h"
#include "load/stamp.h"
#include "plan/plan.h"
#include "shard/window.h"
#include "stats/measurements.h"

namespace ringstorm {

class Deliveries {
 public:
  Deliveries(const Plan& plan, std::uint32_t shard);

  /// Whether the connections of this session look for stamps.
  bool hears(std::uint16_t session) const { return fan_out_.any() && fan_out_.hears_stamps[session]; }
  bool subscribes(std::uint16_t session) const { return topic_of(session) != FanOut::kNoTopic; }
  bool publishes(std::uint16_t session) const {
    return fan_out_.any() && fan_out_.publishes[session] != FanOut::kNoTopic;
  }
  /// Whether somebody subscribes to anything, so that the end of the run waits for what is on its way.
  bool awaits_any() const { return !fan_out_.topics.empty(); }

  /// The connection begins to listen: `from_start` when nothing had been published before.
  void joined(Slot slot, bool from_start);
  /// It listens no more, because the run is at its end, or before that.
  void left(Slot slot, std::uint16_t session, bool at_end);
  /// It has sent its next stamped message whole.
  void sent(Slot slot);

  /// A piece of a message that a connection of such a session receives.
  void take_piece(Slot slot, const ConnectionEvent& piece);
  /// That message is whole.
  void on_message(Slot slot, std::uint16_t session, const Window& window, Measurements& measured,
                  Instant now);
  /// When a stamped message last arrived anywhere.
  Instant last_heard() const { return last_heard_; }

  /// All that was counted for the end; those that still listen are taken as there at the end.
  FanOutTally take_tally(std::span<const std::uint16_t> cast);

 private:
  enum class Listening : std::uint8_t { no, later, from_start };
  struct Listener {
    StampScanner scanner;
    StampReading reading;     ///< of a message in one piece
    std::uint64_t pairs = 0;  ///< where its pairs begin
    Listening listening = Listening::no;
    bool in_pieces = false;
  };
  /// What a receiver has had of one publisher. All zeroes before the first message.
  struct Pair {
    std::uint64_t next = 0;   ///< one more than the latest sequence
    std::uint64_t first = 0;  ///< the sequence from which on it is to get all
    std::uint64_t seen = 0;   ///< bit i: next - 1 - i has come
  };
  static_assert(FanOut::kWindow == 64);

  std::uint16_t topic_of(std::uint16_t session) const {
    return fan_out_.any() ? fan_out_.subscribes[session] : FanOut::kNoTopic;
  }
  StampReading take_reading(Listener& listener);
  /// The pair of the stamp's publisher, or null when it is a stray.
  Pair* pair_of(Slot slot, std::uint16_t session, std::uint32_t publisher);
  std::uint32_t publisher_of(const Stamp& stamp) const;
  bool take(Pair& pair, std::uint64_t sequence, bool from_start, DeliveryCounts& counts);
  void follow(const Stamp& stamp, std::uint32_t publisher, Duration delay, bool in_window);

  const FanOut& fan_out_;
  const StampKey key_;
  const std::uint64_t first_connection_;
  LazyArray<Listener> listeners_;
  LazyArray<Pair> pairs_;
  FanOutTally tally_;
  Instant last_heard_{};
};

}  // namespace ringstorm
