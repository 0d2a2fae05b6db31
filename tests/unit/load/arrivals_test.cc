#include "load/arrivals.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

const std::vector<Stage> kSteady{{.from = {2'000, seconds(1)}, .length = seconds(10)}};
const std::vector<Stage> kMixed{
    {.kind = Stage::Kind::ramp, .from = {0, seconds(1)}, .to = {3'000, seconds(1)}, .length = seconds(2)},
    {.from = {3'000, seconds(1)}, .length = seconds(1)},
    {.kind = Stage::Kind::burst, .burst = 40, .every = milliseconds(50), .length = seconds(1)}};

struct Arrival {
  std::uint64_t index;
  Duration due;
  friend auto operator<=>(const Arrival&, const Arrival&) = default;
};

std::vector<Arrival> all_of(const std::vector<Stage>& stages, Arrivals arrivals, Share share,
                            std::uint64_t seed = 1) {
  const LoadShape shape(stages);
  std::vector<Arrival> found;
  for (ArrivalSequence sequence(shape, arrivals, seed, share); sequence.due() != Duration::max();
       sequence.advance())
    found.push_back({sequence.index(), sequence.due()});
  return found;
}

// The rate is cut over shards exactly: their arrivals together are the plan, to the nanosecond.
TEST(ArrivalSequence, IsTheSamePlanWhateverTheNumberOfShards) {
  for (const auto& stages : {kSteady, kMixed}) {
    for (const Arrivals arrivals : {Arrivals::constant, Arrivals::poisson}) {
      const std::vector<Arrival> plan = all_of(stages, arrivals, Share(10, 0, 1));
      ASSERT_GT(plan.size(), 1'000U);
      for (const std::uint64_t shards : {2U, 3U, 7U, 10U}) {
        std::vector<Arrival> together;
        for (std::uint64_t i = 0; i < shards; ++i) {
          const std::vector<Arrival> part = all_of(stages, arrivals, Share(10, i, shards));
          together.insert(together.end(), part.begin(), part.end());
        }
        std::ranges::sort(together);
        ASSERT_EQ(together.size(), plan.size());
        ASSERT_TRUE(together == plan) << shards << " shards";
      }
    }
  }
}

TEST(ArrivalSequence, ConstantArrivalsAreTheShapeItself) {
  const LoadShape shape(kMixed);
  for (const Arrival& arrival : all_of(kMixed, Arrivals::constant, Share(1, 0, 1)))
    ASSERT_EQ(arrival.due, shape.due_at({arrival.index, 0}));
}

TEST(ArrivalSequence, TheSeedDecides) {
  EXPECT_EQ(all_of(kSteady, Arrivals::poisson, Share(1, 0, 1), 5),
            all_of(kSteady, Arrivals::poisson, Share(1, 0, 1), 5));
  EXPECT_NE(all_of(kSteady, Arrivals::poisson, Share(1, 0, 1), 5),
            all_of(kSteady, Arrivals::poisson, Share(1, 0, 1), 6));
}

// Gaps of a Poisson process are exponential: the mean is the period, as is the standard deviation, and the
// share above t is exp(-t / mean). 20,000 gaps put each within a few percent.
TEST(ArrivalSequence, PoissonGapsAreExponential) {
  const std::vector<Arrival> arrivals = all_of(kSteady, Arrivals::poisson, Share(1, 0, 1), 99);
  EXPECT_NEAR(static_cast<double>(arrivals.size()), 20'000, 4 * std::sqrt(20'000.0));
  std::vector<double> gaps;
  for (std::size_t i = 1; i < arrivals.size(); ++i)
    gaps.push_back(static_cast<double>((arrivals[i].due - arrivals[i - 1].due).count()));
  double sum = 0;
  double squares = 0;
  for (const double gap : gaps) sum += gap;
  const double mean = sum / static_cast<double>(gaps.size());
  for (const double gap : gaps) squares += (gap - mean) * (gap - mean);
  EXPECT_NEAR(mean, 500'000, 15'000);
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(gaps.size())), mean, 0.03 * mean);
  for (const double t : {0.1, 0.5, 1.0, 2.0, 4.0}) {
    const auto above = std::ranges::count_if(gaps, [&](double gap) { return gap > t * mean; });
    EXPECT_NEAR(static_cast<double>(above) / static_cast<double>(gaps.size()), std::exp(-t), 0.012) << t;
  }
}

// Seen through a ramp, as many come in each part of it as the area under it says.
TEST(ArrivalSequence, PoissonArrivalsFollowTheShape) {
  std::vector<double> first_half;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto arrivals = all_of(kMixed, Arrivals::poisson, Share(1, 0, 1), seed);
    first_half.push_back(static_cast<double>(
        std::ranges::count_if(arrivals, [](const Arrival& a) { return a.due < seconds(1); })));
  }
  double sum = 0;
  for (const double count : first_half) sum += count;
  EXPECT_NEAR(sum / 40, 750, 4 * std::sqrt(750.0 / 40));
}

}  // namespace
}  // namespace ringstorm
