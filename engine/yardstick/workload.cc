#include "yardstick/workload.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "base/prng.h"
#include "yardstick/limit.h"

namespace ringstorm::yardstick {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kRingBytes = 16 * 1024;
constexpr std::size_t kSlackBytes = 128;
constexpr std::size_t kFrameHeaderRoom = 14;

constexpr std::size_t round_up(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

std::uint32_t draw_one(const Lengths& lengths, Prng& prng) {
  const std::uint64_t choices = std::uint64_t{lengths.most} - lengths.least + 1;
  if (lengths.spread == Lengths::Spread::even)
    return lengths.least + static_cast<std::uint32_t>(prng.below(choices));
  const double ratio = static_cast<double>(lengths.most) / lengths.least;
  const double length = lengths.least * std::pow(ratio, prng.unit());
  return std::min(static_cast<std::uint32_t>(std::lround(length)), lengths.most);
}

/// A multiple of eight bytes.
void fill_with_noise(std::span<std::byte> memory) {
  Prng prng(2);
  for (std::size_t at = 0; at < memory.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t word = prng.next();
    std::memcpy(&memory[at], &word, sizeof word);
  }
}

std::size_t slots_for(std::size_t slot_bytes) {
  return std::bit_floor(std::clamp<std::size_t>(kRingBytes / slot_bytes, 2, 64));
}

}  // namespace

std::string Lengths::text() const {
  return fixed() ? std::to_string(least) : std::to_string(least) + ".." + std::to_string(most);
}

std::vector<std::uint32_t> draw(const Lengths& lengths, std::uint64_t seed) {
  if (lengths.fixed()) return {lengths.least};
  Prng prng(seed);
  std::vector<std::uint32_t> drawn(kRandomLengths);
  std::ranges::generate(drawn, [&] { return draw_one(lengths, prng); });
  return drawn;
}

std::span<const Lengths> random_ranges() {
  static constexpr std::array kRanges{Lengths{1, 32}, Lengths{16, 64}, Lengths{1, 125}, Lengths{126, 1500},
                                      Lengths{1, 65536, Lengths::Spread::logarithmic}};
  return kRanges;
}

Workload::Workload(const Options& options) {
  const std::vector<std::uint32_t> lengths = draw(options.lengths);
  slot_bytes_ = round_up(kBlockBytes + options.lengths.most + kFrameHeaderRoom, kBlockBytes) + kSlackBytes;
  slots_ = options.slots == 0 ? slots_for(slot_bytes_) : options.slots;
  RS_CHECK(std::has_single_bit(slots_));
  RS_CHECK(options.placement.source < kBlockBytes && options.placement.destination < kBlockBytes);

  // The offset between the rings decides whether a load seems to need an earlier store 4 KiB away.
  const std::size_t ring = round_up(slots_ * slot_bytes_, kPage);
  const std::size_t distance = ring + kPage + options.distance_4096 % kPage;
  const std::size_t all = round_up(distance + ring, kPage);
  memory_.reset(static_cast<std::byte*>(std::aligned_alloc(kPage, all)));
  RS_CHECK(memory_ != nullptr);
  fill_with_noise({memory_.get(), all});
  first_source_ = memory_.get();
  first_destination_ = first_source_ + distance;
  sources_ = first_source_ + options.placement.source;
  distance_ = first_destination_ + options.placement.destination - sources_;

  const std::size_t places = options.placement.scattered ? kBlockBytes : 1;
  const std::size_t calls = std::max({lengths.size(), slots_, places});
  for (std::size_t i = 0; i < calls; ++i) {
    const std::size_t at = i % slots_ * slot_bytes_ + i * 13 % places;
    steps_.push_back({static_cast<std::uint32_t>(at), lengths[i % lengths.size()]});
  }
}

void Workload::Free::operator()(std::byte* memory) const {
  std::free(memory);
}

std::span<std::byte> Workload::source_slot(std::size_t i) const {
  return {first_source_ + i % slots_ * slot_bytes_, slot_bytes_};
}

std::span<std::byte> Workload::destination_slot(std::size_t i) const {
  return {first_destination_ + i % slots_ * slot_bytes_, slot_bytes_};
}

double Workload::mean_bytes() const {
  const auto add = [](double sum, const Step& step) { return sum + step.bytes; };
  return std::accumulate(steps_.begin(), steps_.end(), 0.0, add) / static_cast<double>(steps_.size());
}

}  // namespace ringstorm::yardstick
