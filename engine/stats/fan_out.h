// What became of the messages that publishers sent to subscribers. Each shard keeps a tally of its own; only
// when all of them are merged is it known what was to arrive, and when the last receiver had it. Plain data.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "stats/histogram.h"

namespace ringstorm {

/// Of stamped messages, over the whole run. Where sessions have topics:
///   stamped = received + duplicated + behind + stray, and expected = received + lost.
struct DeliveryCounts {
  std::uint64_t stamped = 0;       ///< messages that arrived with a stamp of this run
  std::uint64_t received = 0;      ///< each once, by one that it was for
  std::uint64_t duplicated = 0;    ///< had come before
  std::uint64_t out_of_order = 0;  ///< of the received: a later one of its publisher had come before
  std::uint64_t behind =
      0;                    ///< too far behind the latest of its publisher to know whether it had come before
  std::uint64_t stray = 0;  ///< of a publisher of another topic, of the receiver itself, or of nobody
  std::uint64_t foreign = 0;  ///< with another run's stamp
  std::uint64_t forged =
      0;  ///< with one of this run's that is not right: damaged, made up, or of a time to come
  std::uint64_t malformed = 0;  ///< with what only begins as a stamp
  // Known at the end, when the shards' tallies are merged.
  std::uint64_t expected = 0;
  std::uint64_t lost = 0;
  std::uint64_t followed = 0;          ///< messages whose last receiver was looked for
  std::uint64_t reached_everyone = 0;  ///< of those, what all had that listened from the start

  void add(const DeliveryCounts& other);
  bool any() const { return stamped + foreign + forged + malformed + expected > 0; }
};

/// One publisher's, on one shard.
struct PublisherTally {
  std::uint64_t sent = 0;        ///< stamped messages, on its own shard
  std::uint64_t listeners = 0;   ///< that were there at the end of the run
  std::uint64_t missed = 0;      ///< messages that were sent before those began to listen, summed over them
  std::uint64_t from_start = 0;  ///< listeners that were there when the load began
};

/// A message whose last receiver is looked for.
struct FollowedMessage {
  std::int64_t last_ns = 0;     ///< from when it was due until the last of its receivers so far had it
  std::uint32_t receivers = 0;  ///< of those that listened from the start
  bool in_window = false;       ///< due in the measured window
};

/// A sample of a publisher's messages, spread evenly over its run: those whose sequence is a multiple of the
/// stride, which doubles when the sample is full. So all shards follow the same messages, whatever each
/// hears.
class FollowedSample {
 public:
  FollowedSample() = default;
  /// `capacity` is a power of two, or 0: then nothing is followed.
  explicit FollowedSample(std::uint32_t capacity) : messages_(capacity) {}

  /// The place of the message, or nothing when it is not followed. Never allocates.
  FollowedMessage* find(std::uint64_t sequence);
  void merge(FollowedSample& other);
  /// Calls `visit` for each followed message below `sent`.
  template <class Visit>
  void for_each(std::uint64_t sent, Visit visit) const {
    for (std::size_t i = 0; i < messages_.size() && i * stride_ < sent; ++i) visit(messages_[i]);
  }

 private:
  void double_stride();

  std::uint64_t stride_ = 1;
  std::vector<FollowedMessage> messages_;
};

struct FanOutTally {
  std::vector<PublisherTally> publishers = {};
  std::vector<FollowedSample> followed = {};  ///< of each publisher
  std::uint64_t expected_of_ended = 0;        ///< by those that had stopped listening before the end

  /// Takes the other one's part in; `other` is of no use afterwards.
  void merge(FanOutTally& other);
  /// Fills in what is known at the end, when every shard's tally is in it: the last four counts, and how long
  /// the last receiver waited. Received is merged from all shards, too.
  void settle(DeliveryCounts& counts, Histogram& last_receiver) const;
};

}  // namespace ringstorm
