#include "compare/typical_values.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/check.h"
#include "base/prng.h"

namespace ringstorm {
namespace {

constexpr std::size_t kDraws = (std::size_t{1} << TypicalValues::kMostExact) - 1;

/// By the highest bit: a subset's sum is that of the subset without it, and one score more.
std::vector<double> all_subset_means(std::span<const double> scores) {
  const std::size_t subsets = std::size_t{1} << scores.size();
  std::vector<double> sums(subsets, 0.0);
  std::vector<double> means;
  means.reserve(subsets - 1);
  for (std::size_t subset = 1; subset < subsets; ++subset) {
    const auto top = static_cast<std::size_t>(std::bit_width(subset) - 1);
    sums[subset] = sums[subset ^ (std::size_t{1} << top)] + scores[top];
    means.push_back(sums[subset] / static_cast<double>(std::popcount(subset)));
  }
  return means;
}

/// The empty subset, which has no mean, is drawn again: it is the one that p_above counts by itself.
std::vector<double> drawn_subset_means(std::span<const double> scores, std::uint64_t seed) {
  Prng prng(seed);
  std::vector<double> means;
  means.reserve(kDraws);
  while (means.size() < kDraws) {
    double sum = 0;
    std::size_t count = 0;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < scores.size(); ++i, bits >>= 1) {
      if (i % 64 == 0) bits = prng.next();
      if ((bits & 1) == 0) continue;
      sum += scores[i];
      ++count;
    }
    if (count > 0) means.push_back(sum / static_cast<double>(count));
  }
  return means;
}

/// Which places of a shuffled list belong to the second batch, and what exchanging those that moved would
/// say.
std::optional<double> exchanged_difference(std::span<const double> a, std::span<const double> b,
                                           std::span<const std::size_t> second) {
  double from_a = 0;
  double from_b = 0;
  for (const double value : b) from_b += value;
  std::size_t moved = 0;
  for (const std::size_t place : second) {
    if (place >= a.size()) {
      from_b -= b[place - a.size()];  // it stayed
    } else {
      from_a += a[place];
      ++moved;
    }
  }
  if (moved == 0) return std::nullopt;
  return (from_b - from_a) / static_cast<double>(moved);
}

/// How many ways there are to choose k of n; `limit` + 1 for any number above that.
std::size_t choices(std::size_t n, std::size_t k, std::size_t limit) {
  double ways = 1;
  for (std::size_t i = 0; i < std::min(k, n - k); ++i) {
    ways = ways * static_cast<double>(n - i) / static_cast<double>(i + 1);
    if (ways > static_cast<double>(limit)) return limit + 1;
  }
  return static_cast<std::size_t>(std::llround(ways));
}

/// The next choice of places in lexicographic order; false after the last.
bool next_choice(std::vector<std::size_t>& places, std::size_t of) {
  const std::size_t k = places.size();
  for (std::size_t i = k; i-- > 0;) {
    if (places[i] == of - k + i) continue;
    ++places[i];
    for (std::size_t j = i + 1; j < k; ++j) places[j] = places[j - 1] + 1;
    return true;
  }
  return false;
}

/// Shuffles as many as are taken to the front; what order they were in before does not matter.
void draw(std::vector<std::size_t>& places, std::size_t taken, Prng& prng) {
  for (std::size_t i = 0; i < taken; ++i) std::swap(places[i], places[i + prng.below(places.size() - i)]);
}

}  // namespace

TypicalValues TypicalValues::of_scores(std::span<const double> scores, std::uint64_t seed) {
  RS_CHECK(!scores.empty());
  std::vector<double> means =
      scores.size() <= kMostExact ? all_subset_means(scores) : drawn_subset_means(scores, seed);
  std::sort(means.begin(), means.end());
  return TypicalValues(std::move(means));
}

TypicalValues TypicalValues::of_batches(std::span<const double> a, std::span<const double> b,
                                        std::uint64_t seed) {
  RS_CHECK(!a.empty() && !b.empty());
  const std::size_t all = a.size() + b.size();
  std::vector<double> values;
  const auto add = [&](std::span<const std::size_t> second) {
    if (const auto value = exchanged_difference(a, b, second)) values.push_back(*value);
  };
  if (choices(all, b.size(), kDraws) <= kDraws) {
    std::vector<std::size_t> second(b.size());
    for (std::size_t i = 0; i < second.size(); ++i) second[i] = i;
    do {
      add(second);
    } while (next_choice(second, all));
  } else {
    Prng prng(seed);
    std::vector<std::size_t> places(all);
    for (std::size_t i = 0; i < all; ++i) places[i] = i;
    while (values.size() < kDraws) {
      draw(places, b.size(), prng);
      add(std::span<const std::size_t>(places).first(b.size()));
    }
  }
  std::sort(values.begin(), values.end());
  return TypicalValues(std::move(values));
}

// Sums of the same scores in another order differ by rounding: what is that near to theta counts against the
// claim, on either side.
double TypicalValues::slack() const {
  return 1e-12 * std::max(std::abs(values_.front()), std::abs(values_.back()));
}

double TypicalValues::p_above(double theta) const {
  const auto end = std::upper_bound(values_.begin(), values_.end(), theta + slack());
  return static_cast<double>(end - values_.begin() + 1) / parts();
}

double TypicalValues::p_below(double theta) const {
  const auto begin = std::lower_bound(values_.begin(), values_.end(), theta - slack());
  return static_cast<double>(values_.end() - begin + 1) / parts();
}

/// How many parts of the line `alpha` is worth. (Its decimal, 1/64 for example, must not fall short by one.)
std::size_t TypicalValues::rank(double alpha) const {
  return static_cast<std::size_t>(std::floor(alpha * parts() * (1 + 1e-12)));
}

double TypicalValues::spendable(double alpha) const {
  return static_cast<double>(rank(alpha)) / parts();
}

std::optional<double> TypicalValues::upper_bound(double alpha) const {
  const std::size_t beyond = rank(alpha);
  if (beyond == 0 || beyond > values_.size()) return std::nullopt;
  return values_[values_.size() - beyond];
}

std::optional<double> TypicalValues::lower_bound(double alpha) const {
  const std::size_t below = rank(alpha);
  if (below == 0 || below > values_.size()) return std::nullopt;
  return values_[below - 1];
}

std::optional<Interval> TypicalValues::interval(double alpha) const {
  const auto low = lower_bound(alpha / 2);
  const auto high = upper_bound(alpha / 2);
  if (!low || !high) return std::nullopt;
  return Interval{*low, *high};
}

}  // namespace ringstorm
