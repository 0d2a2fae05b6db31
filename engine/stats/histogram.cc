#include "stats/histogram.h"

#include <cmath>
#include <new>

#include <sys/mman.h>

#include "base/check.h"

namespace ringstorm {
namespace {

constexpr std::size_t kCountsBytes = Histogram::kCounts * sizeof(std::uint64_t);

static_assert(Histogram::kSubBuckets == std::uint64_t{1} << Histogram::kSubBucketBits);
static_assert(Histogram::index_of(Histogram::kHighestTrackable) == Histogram::kCounts - 1);
static_assert(Histogram::highest_equivalent(Histogram::kCounts - 1) == Histogram::kHighestTrackable);

Duration as_duration(std::uint64_t ns) {
  return Duration{static_cast<Duration::rep>(ns)};
}

}  // namespace

// A mapping of its own, because the heap may hand calloc() memory that it then has to clear, and so to touch:
// five histograms a shard would then cost 1.1 MB each time instead of the few pages that latencies really
// fall into.
Histogram::Histogram() {
  void* memory = mmap(nullptr, kCountsBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  counts_.reset(static_cast<std::uint64_t*>(memory));
}

void Histogram::Unmap::operator()(std::uint64_t* counts) const {
  munmap(counts, kCountsBytes);
}

Histogram::Range Histogram::used() const {
  if (count_ == overflow_) return {0, 0};
  return {index_of(min_), index_of(std::min(max_, kHighestTrackable)) + 1};
}

void Histogram::merge(const Histogram& other) {
  const Range range = other.used();
  for (std::size_t i = range.first; i < range.end; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  overflow_ += other.overflow_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::reset() {
  const Range range = used();
  std::fill(&counts_[range.first], &counts_[range.end], std::uint64_t{0});
  count_ = 0;
  overflow_ = 0;
  sum_ = 0;
  min_ = std::numeric_limits<std::uint64_t>::max();
  max_ = 0;
}

std::optional<Duration> Histogram::min() const {
  if (count_ == 0) return std::nullopt;
  return as_duration(min_);
}

std::optional<Duration> Histogram::max() const {
  if (count_ == 0) return std::nullopt;
  return as_duration(max_);
}

std::optional<Duration> Histogram::mean() const {
  if (count_ == 0) return std::nullopt;
  return as_duration(static_cast<std::uint64_t>((sum_ + count_ / 2) / count_));
}

std::optional<Duration> Histogram::stddev() const {
  if (count_ == 0) return std::nullopt;
  const double mean = static_cast<double>(sum_) / static_cast<double>(count_);
  const double beyond = static_cast<double>(max_) - mean;
  double squares = static_cast<double>(overflow_) * beyond * beyond;
  const Range range = used();
  for (std::size_t i = range.first; i < range.end; ++i) {
    if (counts_[i] == 0) continue;
    const std::uint64_t width = std::uint64_t{1} << bucket_of(i);
    const double distance = static_cast<double>(lowest_equivalent(i) + width / 2) - mean;
    squares += static_cast<double>(counts_[i]) * distance * distance;
  }
  return Duration{std::llround(std::sqrt(squares / static_cast<double>(count_)))};
}

Duration Histogram::value_at_rank(std::uint64_t rank) const {
  std::uint64_t seen = 0;
  const Range range = used();
  for (std::size_t i = range.first; i < range.end; ++i) {
    seen += counts_[i];
    if (seen >= rank) return as_duration(std::min(highest_equivalent(i), max_));
  }
  return as_duration(max_);
}

std::uint64_t Histogram::rank_of(double q, std::uint64_t count) {
  RS_CHECK(q >= 0.0 && q <= 1.0);
  // One step of floating point less, as HdrHistogram does, so that 0.9 of 10 samples is the 9th and not, by a
  // product that came out a hair above 9, the 10th.
  const double share = std::max(std::nextafter(q, -1.0), 0.0);
  const double rank = std::ceil(share * static_cast<double>(count));
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
}

std::optional<Duration> Histogram::quantile(double q) const {
  RS_CHECK(q >= 0.0 && q <= 1.0);
  if (count_ == 0) return std::nullopt;
  return value_at_rank(rank_of(q, count_));
}

std::optional<Duration> Histogram::trusted_quantile(double q) const {
  if (count_ < sample_floor(q)) return std::nullopt;
  return quantile(q);
}

std::uint64_t Histogram::sample_floor(double q) {
  RS_CHECK(q >= 0.0 && q <= 1.0);
  if (q == 1.0) return std::numeric_limits<std::uint64_t>::max();
  // 1 - 0.9 is a little less than 0.1: what is within rounding of a whole number is that number.
  const double floor = 10.0 / (1.0 - q);
  const double whole = std::round(floor);
  const bool is_whole = std::abs(floor - whole) <= 1e-6 * whole;
  const double least = is_whole ? whole : std::ceil(floor);
  return static_cast<std::uint64_t>(std::min(least, 0x1p63));
}

}  // namespace ringstorm
