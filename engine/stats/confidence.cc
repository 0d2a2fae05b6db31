#include "stats/confidence.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "base/wide.h"

namespace ringstorm {
namespace {

constexpr double kTail = 0.025;                // left out on either side
constexpr double kMostExactVariance = 10'000;  // some thousand terms, and the normal is close from there on

constexpr std::array<double, kMostBatches - 1> kStudent975{
    12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139,
    2.200985,  2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922, 2.093024};

/// The binomial distribution near its mode, relative to its height there, so that nothing under- or
/// overflows.
class Binomial {
 public:
  /// 0 < q < 1.
  Binomial(std::uint64_t n, double q) : n_(static_cast<double>(n)), odds_(q / (1.0 - q)) {
    const double mode = std::min(std::floor((n_ + 1.0) * q), n_);
    // Beyond ten standard deviations, and as many terms more as a short tail like Poisson's needs, is
    // nothing.
    const double reach = 60.0 + std::ceil(10.0 * std::sqrt(n_ * q * (1.0 - q)));
    first_ = std::max(mode - reach, 0.0);
    last_ = std::min(mode + reach, n_);
    first_weight_ = 1.0;
    for (double x = mode; x > first_; --x) first_weight_ /= growth(x - 1.0);
    double weight = first_weight_;
    for (double x = first_; x <= last_; ++x, weight *= growth(x - 1.0)) total_ += weight;
  }

  /// The least x with P(X <= x) >= p.
  double quantile(double p) const {
    double weight = first_weight_;
    double sum = weight;
    double x = first_;
    while (sum < p * total_ && x < last_) {
      weight *= growth(x);
      ++x;
      sum += weight;
    }
    return x;
  }

 private:
  /// P(X = x + 1) / P(X = x).
  double growth(double x) const { return (n_ - x) / (x + 1.0) * odds_; }

  double n_;
  double odds_;
  double first_ = 0;
  double last_ = 0;
  double first_weight_ = 1.0;
  double total_ = 0;
};

/// Binomial or normal quantiles at the two tails: P(X < low) <= kTail and P(X > high) <= kTail.
Interval central_range(std::uint64_t n, double q) {
  const double mean = static_cast<double>(n) * q;
  const double variance = mean * (1.0 - q);
  if (variance <= kMostExactVariance) {
    const Binomial below(n, q);
    return {below.quantile(kTail), below.quantile(1.0 - kTail)};
  }
  const double reach = kNormal975 * std::sqrt(variance);
  return {std::floor(mean - reach), std::ceil(mean + reach)};
}

struct Batches {
  std::array<RateRow, kMostBatches> rows{};
  std::size_t count = 0;
  RateRow all;
};

/// A row belongs to the batch in which its middle lies: in whole numbers, so that no batch stays empty. (Two
/// middles are never further apart than the longest row, and no batch is shorter than that.)
Batches in_batches(std::span<const RateRow> rows) {
  Batches batches;
  Duration longest{0};
  for (const RateRow& row : rows) {
    RS_CHECK(row.length >= Duration{0});
    longest = std::max(longest, row.length);
    batches.all.length += row.length;
    batches.all.count += row.count;
  }
  if (longest <= Duration{0}) return batches;
  batches.count = std::min(kMostBatches, static_cast<std::size_t>(batches.all.length / longest));
  const Wide twice_all = 2 * static_cast<Wide>(batches.all.length.count());
  Duration start{0};
  for (const RateRow& row : rows) {
    const Wide twice_middle = static_cast<Wide>((2 * start + row.length).count());
    const auto index = static_cast<std::size_t>(twice_middle * batches.count / twice_all);
    RateRow& batch = batches.rows[std::min(index, batches.count - 1)];
    batch.length += row.length;
    batch.count += row.count;
    start += row.length;
  }
  return batches;
}

double per_second(const RateRow& row) {
  return static_cast<double>(row.count) / to_seconds(row.length);
}

}  // namespace

RankInterval quantile_ranks(std::uint64_t n, double q) {
  RS_CHECK(q >= 0.0 && q <= 1.0);
  if (n == 0) return {0, 1};
  if (q == 0.0) return {0, 1};      // no sample is below it: it is at most the least
  if (q == 1.0) return {n, n + 1};  // none is above it
  const Interval below = central_range(n, q);
  const double most = static_cast<double>(n);
  const auto low = static_cast<std::uint64_t>(std::clamp(below.low, 0.0, most));
  const auto high = static_cast<std::uint64_t>(std::clamp(below.high, 0.0, most));
  return {std::min(low, n), std::min(high, n) + 1};
}

std::optional<Interval> ratio_interval(std::uint64_t count, std::uint64_t of) {
  RS_CHECK(count <= of);
  if (of == 0) return std::nullopt;
  const double n = static_cast<double>(of);
  const double p = static_cast<double>(count) / n;
  const double z2 = kNormal975 * kNormal975;
  const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double reach = kNormal975 / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  // Where they are 0 and 1 exactly, rounding must not say otherwise.
  return Interval{count == 0 ? 0.0 : std::max(middle - reach, 0.0),
                  count == of ? 1.0 : std::min(middle + reach, 1.0)};
}

double student_t(std::size_t degrees_of_freedom) {
  RS_CHECK(degrees_of_freedom >= 1 && degrees_of_freedom <= kStudent975.size());
  return kStudent975[degrees_of_freedom - 1];
}

std::optional<Interval> rate_interval(std::span<const RateRow> rows) {
  const Batches batches = in_batches(rows);
  if (batches.count < 2) return std::nullopt;
  double mean = 0;
  for (std::size_t i = 0; i < batches.count; ++i) mean += per_second(batches.rows[i]);
  mean /= static_cast<double>(batches.count);
  double squares = 0;
  for (std::size_t i = 0; i < batches.count; ++i) {
    const double distance = per_second(batches.rows[i]) - mean;
    squares += distance * distance;
  }
  const double n = static_cast<double>(batches.count);
  const double reach = student_t(batches.count - 1) * std::sqrt(squares / (n - 1) / n);
  const double rate = per_second(batches.all);
  return Interval{std::max(rate - reach, 0.0), rate + reach};
}

}  // namespace ringstorm
