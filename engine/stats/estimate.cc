#include "stats/estimate.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "stats/confidence.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kLeastForNormalMean = 30;

/// Bounds of the value at a rank, from 1, of two histograms taken together.
class Together {
 public:
  Together(const Histogram& recorded, const Histogram& censored) : recorded_(recorded), censored_(censored) {}

  std::uint64_t count() const { return recorded_.count() + censored_.count(); }
  Duration longest() const { return std::max(recorded_.max().value_or(Duration{0}), longest_bound()); }

  Estimate at(std::uint64_t rank) const {
    if (censored_.count() == 0) return known(recorded_.value_at_rank(rank));
    const Place place = place_of(rank);
    if (place.recorded_up_to >= rank) return known(place.value);
    return {place.value, true, most_at(rank)};
  }

  /// When no censored message ever ends; nothing when the rank is one of theirs.
  std::optional<Duration> most_at(std::uint64_t rank) const {
    if (rank > recorded_.count()) return std::nullopt;
    return recorded_.value_at_rank(rank);
  }

 private:
  struct Place {
    Duration value;
    std::uint64_t recorded_up_to;  ///< recorded values at or below it
  };

  static Estimate known(Duration value) { return {value, false, value}; }
  Duration longest_bound() const { return censored_.max().value_or(Duration{0}); }

  /// The value at `rank` when every censored message ends at its bound.
  Place place_of(std::uint64_t rank) const {
    std::uint64_t seen = 0;
    std::uint64_t recorded_seen = 0;
    const auto recorded = recorded_.counts();
    const auto censored = censored_.counts();
    const std::size_t end = index_of(longest()) + 1;
    for (std::size_t i = first_used(); i < end; ++i) {
      recorded_seen += recorded[i];
      seen += recorded[i] + censored[i];
      if (seen >= rank) return {std::min(duration_at(i), longest()), recorded_seen};
    }
    // Among values beyond the range nothing but the longest is told apart: the others are known by the range.
    const Duration value = rank == count() ? longest() : Duration{Histogram::kHighestTrackable};
    return {value, recorded_seen};
  }

  static std::size_t index_of(Duration value) {
    return Histogram::index_of(
        std::min(static_cast<std::uint64_t>(value.count()), Histogram::kHighestTrackable));
  }
  static Duration duration_at(std::size_t index) {
    return Duration{static_cast<Duration::rep>(Histogram::highest_equivalent(index))};
  }
  std::size_t first_used() const {
    return std::min(index_of(recorded_.min().value_or(Duration::max())),
                    index_of(censored_.min().value_or(Duration::max())));
  }

  const Histogram& recorded_;
  const Histogram& censored_;
};

}  // namespace

std::optional<Estimate> estimate_quantile(const Histogram& recorded, const Histogram& censored, double q) {
  const Together together(recorded, censored);
  const std::uint64_t n = together.count();
  if (n < Histogram::sample_floor(q)) return std::nullopt;
  return together.at(Histogram::rank_of(q, n));
}

std::optional<Estimate> estimate_min(const Histogram& recorded, const Histogram& censored) {
  const std::optional<Duration> least = recorded.min();
  const std::optional<Duration> bound = censored.min();
  if (!bound && !least) return std::nullopt;
  if (!bound || (least && *least <= *bound)) return Estimate{*least, false, least};
  return Estimate{*bound, true, least};
}

std::optional<Estimate> estimate_mean(const Histogram& recorded, const Histogram& censored) {
  if (censored.count() == 0) {
    const std::optional<Duration> mean = recorded.mean();
    if (!mean) return std::nullopt;
    return Estimate{*mean, false, mean};
  }
  const auto sum = [](const Histogram& h) {
    return static_cast<double>(h.mean().value_or(Duration{0}).count()) * static_cast<double>(h.count());
  };
  const double n = static_cast<double>(recorded.count() + censored.count());
  return Estimate{Duration{std::llround((sum(recorded) + sum(censored)) / n)}, true, std::nullopt};
}

std::optional<Estimate> estimate_max(const Histogram& recorded, const Histogram& censored) {
  const Together together(recorded, censored);
  if (together.count() == 0) return std::nullopt;
  if (censored.count() == 0) return Estimate{together.longest(), false, together.longest()};
  return Estimate{together.longest(), true, std::nullopt};
}

DurationInterval quantile_interval(const Histogram& recorded, const Histogram& censored, double q) {
  const Together together(recorded, censored);
  const RankInterval ranks = quantile_ranks(together.count(), q);
  DurationInterval interval;
  if (ranks.low >= 1) interval.low = together.at(ranks.low).value;
  interval.high = together.most_at(ranks.high);
  return interval;
}

DurationInterval mean_interval(const Histogram& recorded, const Histogram& censored) {
  if (censored.count() > 0 || recorded.count() < kLeastForNormalMean) return {};
  const double mean = static_cast<double>(recorded.mean()->count());
  const double deviation = static_cast<double>(recorded.stddev()->count());
  const double reach = kNormal975 * deviation / std::sqrt(static_cast<double>(recorded.count()));
  return {Duration{std::llround(std::max(mean - reach, 0.0))}, Duration{std::llround(mean + reach)}};
}

}  // namespace ringstorm
