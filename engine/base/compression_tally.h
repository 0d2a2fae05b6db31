// What compressing came to in one direction: messages, bytes before and after, and the time that it took.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace ringstorm {

/// Calls of one kind, of which a few were timed.
struct TimedCalls {
  std::uint64_t calls = 0;
  std::uint64_t timed = 0;
  Duration taken{0};  ///< by those

  void add(const TimedCalls& other) {
    calls += other.calls;
    timed += other.timed;
    taken += other.taken;
  }
  /// What all of them took, as far as the timed ones tell.
  Duration estimate() const {
    if (timed == 0) return Duration{0};
    return Duration{static_cast<std::int64_t>(static_cast<double>(taken.count()) *
                                              (static_cast<double>(calls) / static_cast<double>(timed)))};
  }
};

struct CompressionTally {
  std::uint64_t messages = 0;          ///< those that were compressed, whole
  std::uint64_t plain_bytes = 0;       ///< of them, as the application has them
  std::uint64_t compressed_bytes = 0;  ///< of them, as the frames' payload
  TimedCalls work;

  void add(const CompressionTally& other) {
    messages += other.messages;
    plain_bytes += other.plain_bytes;
    compressed_bytes += other.compressed_bytes;
    work.add(other.work);
  }
};

/// Reads a clock that its user does not know. Without one every time is zero.
struct ClockReader {
  Instant (*read)(const void*) = nullptr;
  const void* clock = nullptr;

  Instant now() const { return read == nullptr ? Instant{} : read(clock); }
};

/// Makes `call`, and takes the time of one in 16: more often, reading the clock would be a part of what it
/// measures.
template <class Call>
auto timed(TimedCalls& calls, const ClockReader& clock, Call call) {
  constexpr std::uint64_t kEvery = 16;
  if (calls.calls++ % kEvery != 0) return call();
  const Instant before = clock.now();
  const auto result = call();
  calls.taken += clock.now() - before;
  ++calls.timed;
  return result;
}

}  // namespace ringstorm
