// What a kernel is called with while it is timed: which lengths, at which addresses, in which order. The same
// for every contestant, and the same every time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "yardstick/call_site.h"

namespace ringstorm::yardstick {

/// Fewer, and the branch predictor learns their order: 8,192 flatter a kernel almost threefold.
inline constexpr std::size_t kRandomLengths = 131'072;

/// One length, or random ones between the two.
struct Lengths {
  enum class Spread : std::uint8_t { even, logarithmic };  ///< logarithmic: each doubling as often as another

  std::uint32_t least = 0;
  std::uint32_t most = 0;
  Spread spread = Spread::even;

  static constexpr Lengths of(std::uint32_t bytes) { return {bytes, bytes}; }
  bool fixed() const { return least == most; }
  /// "125", "1..125".
  std::string text() const;
  friend bool operator==(const Lengths&, const Lengths&) = default;
};

/// kRandomLengths of them, the same for the same seed; or the one.
std::vector<std::uint32_t> draw(const Lengths& lengths, std::uint64_t seed = 1);

/// The lengths that WebSocket traffic has, from chat to files.
std::span<const Lengths> random_ranges();

/// Where a call's data begins inside its slot, which begins at a multiple of 64.
struct Placement {
  std::uint32_t source = 0;       ///< 0..63
  std::uint32_t destination = 0;  ///< 0..63
  bool scattered = false;         ///< both move with every call, through all of a cache line

  static constexpr Placement aligned() { return {}; }
  static constexpr Placement any() { return {0, 0, true}; }
};

/// A ring of source buffers, filled with noise, and one of destinations. A ring, because data that was
/// written a moment ago is read back from the store buffer, which real traffic does not do. About 16 KiB,
/// that is in the first cache, unless two buffers are larger. Behind the longest data of each slot are 128
/// spare bytes.
class Workload {
 public:
  struct Options {
    Lengths lengths;
    Placement placement = {};
    std::size_t slots = 0;             ///< a power of two; 0 for as many as fit 16 KiB, 2 to 64
    std::size_t distance_4096 = 2048;  ///< from source to destination slot, modulo 4096
  };
  struct Call {
    std::byte* source;
    std::byte* destination;  ///< with room for a frame header more
    std::size_t bytes;
  };

  explicit Workload(const Options& options);

  /// The i-th call, from 0 without end.
  Call operator[](std::size_t i) const { return at(steps_[i & (steps_.size() - 1)]); }

  /// Gives `call` the calls `first`, `first + 1`, ... so many of them, from a call site of its own. What the
  /// loop needs stays in registers: a counter on the stack would cost more than some kernels, and not the
  /// same every time.
  template <class MakeCall>
  void each(std::size_t site, std::size_t first, std::size_t calls, MakeCall call) const {
    at_site(site, [&](auto own_site) { each_at<own_site()>(first, calls, call); });
  }

  /// After so many calls they repeat.
  std::size_t size() const { return steps_.size(); }
  std::size_t slots() const { return slots_; }
  std::size_t slot_bytes() const { return slot_bytes_; }
  /// The whole slot of the i-th call, for whoever looks what was written beside the data.
  std::span<std::byte> source_slot(std::size_t i) const;
  std::span<std::byte> destination_slot(std::size_t i) const;
  /// The data of one call on the average.
  double mean_bytes() const;

 private:
  struct Step {
    std::uint32_t at;  ///< from the first source
    std::uint32_t bytes;
  };
  struct Free {
    void operator()(std::byte* memory) const;
  };

  template <std::size_t Site, class MakeCall>
  void each_at(std::size_t first, std::size_t calls, MakeCall call) const {
    while (calls > 0) {
      const std::size_t begin = first & (steps_.size() - 1);
      const std::size_t count = std::min(calls, steps_.size() - begin);
      std::byte* const sources = sources_;
      const std::ptrdiff_t distance = distance_;
      const Step* const end = steps_.data() + begin + count;
      for (const Step* step = end - count; step != end; ++step) {
        std::byte* const source = sources + step->at;
        call(Call{source, source + distance, step->bytes});
        keep_apart<Site>();
      }
      first += count;
      calls -= count;
    }
  }

  Call at(const Step& step) const {
    std::byte* const source = sources_ + step.at;
    return {source, source + distance_, step.bytes};
  }

  std::vector<Step> steps_;  ///< a power of two of them
  std::size_t slots_ = 0;
  std::size_t slot_bytes_ = 0;
  std::unique_ptr<std::byte[], Free> memory_;
  std::byte* sources_ = nullptr;  ///< where the first slot's data begins when it is not scattered
  std::ptrdiff_t distance_ = 0;   ///< from a call's source to its destination
  std::byte* first_source_ = nullptr;
  std::byte* first_destination_ = nullptr;
};

}  // namespace ringstorm::yardstick
