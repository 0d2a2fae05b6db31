// How far a measured figure may be from the truth: 95 % confidence intervals that assume no distribution of
// what was measured. Pure functions of counts; they know neither histograms nor what is being measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"

namespace ringstorm {

struct Interval {
  double low = 0;
  double high = 0;
};

/// Ranks of sorted samples, from 1. `low` is 0 and `high` is n + 1 where the samples bound the quantile on
/// that side by nothing.
struct RankInterval {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const RankInterval&, const RankInterval&) = default;
};

/// The order statistics of `n` independent samples between which their population's q-quantile lies with a
/// probability of at least 95 %, at most 2.5 % on either side (Conover, Practical Nonparametric Statistics,
/// 3rd edition, section 3.2): how many samples fall below the quantile is binomial. The binomial is summed
/// exactly while its variance n q (1 - q) is up to 10,000, and taken for normal beyond, rounded outwards. 0
/// <= q <= 1. Samples that wait for one another, as behind a stall, are fewer than they seem: then the true
/// interval is wider.
RankInterval quantile_ranks(std::uint64_t n, double q);

/// Wilson's score interval of a ratio (Wilson 1927; Brown, Cai, DasGupta 2001): within [0, 1], and of a
/// positive width for 0 of n and n of n too. `count` <= `of`. Nothing of nothing.
std::optional<Interval> ratio_interval(std::uint64_t count, std::uint64_t of);

/// How many events an interval of a time series had.
struct RateRow {
  Duration length{0};
  std::uint64_t count = 0;
};

/// Batches that rate_interval() makes at most: neighbouring seconds resemble one another, longer batches do
/// so less, and more than 10 to 30 of them narrow an interval no further (Schmeiser 1982).
inline constexpr std::size_t kMostBatches = 20;

/// Events per second by batch means: adjacent rows are put together into up to kMostBatches batches of about
/// equal length, as many as the longest row fits into the whole, and Student's t of their rates put around
/// the rate of all. `rows` are adjacent and in order. Nothing from fewer than two batches.
std::optional<Interval> rate_interval(std::span<const RateRow> rows);

/// The 0.975 quantile of Student's t with 1 to kMostBatches - 1 degrees of freedom.
double student_t(std::size_t degrees_of_freedom);

/// The 0.975 quantile of the standard normal distribution.
inline constexpr double kNormal975 = 1.959963984540054;

}  // namespace ringstorm
