// Who publishes what to whom: the topics of a run's sessions, resolved to its connections. And the short form
// of it, which says no more than how many of each there are. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "session/session_form.h"

namespace ringstorm {

/// `"fan_out": {...}`: paced publishers of stamped messages, and subscribers that listen.
struct FanOutForm {
  std::uint64_t publishers = 1;
  std::uint64_t subscribers = 1;
  Duration every = seconds(1);  ///< of each publisher, one message
  std::uint64_t size = 125;     ///< bytes of a message
  std::string path = {};        ///< of their upgrade requests, instead of the URL's
};

/// The two sessions that it is short for, "publisher" and "subscriber".
std::vector<SessionForm> sessions_of(const FanOutForm& form, const std::string& where);

/// Publishers have numbers of their own, those of one topic one after the other.
struct FanOutTopic {
  std::string name;
  std::uint32_t first_publisher = 0;
  std::uint32_t publishers = 0;
  std::uint64_t subscribers = 0;
};

struct FanOut {
  static constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::uint16_t kNoTopic = std::numeric_limits<std::uint16_t>::max();
  /// How far behind the latest message of its publisher one is still told from one that came before.
  static constexpr std::uint64_t kWindow = 64;

  std::vector<FanOutTopic> topics = {};
  std::vector<std::uint16_t> publishes = {};     ///< of each session
  std::vector<std::uint16_t> subscribes = {};    ///< likewise
  std::vector<bool> hears_stamps = {};           ///< likewise: whether it looks for stamps
  std::vector<std::uint32_t> publisher_of = {};  ///< the number of each connection, or kNobody
  std::uint32_t publishers = 0;
  /// Of each publisher, messages whose last receiver is looked for: at most so many, evenly over the run. A
  /// power of two.
  std::uint32_t followed_each = 0;

  /// Whether anything is to be counted at all.
  bool any() const { return !hears_stamps.empty(); }
  /// Receivers and publishers that are told apart, among these connections.
  std::uint64_t pairs(std::span<const std::uint16_t> cast) const;
  /// What a shard with these connections needs for it.
  std::uint64_t memory_bytes(std::span<const std::uint16_t> cast) const;
};

/// `stamps`: whether each session sends stamps; `cast`: the session of each connection. Nothing in it when no
/// session does.
FanOut fan_out_of(std::span<const SessionForm> sessions, const std::vector<bool>& stamps,
                  std::span<const std::uint16_t> cast);

}  // namespace ringstorm
