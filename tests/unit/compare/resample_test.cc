// Resampled comparisons: what must stay, what must be drawn, and what the counts say of a record whose truth
// is known.
#include "compare/resample.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "compare/ab_scores.h"
#include "unit/compare/example_record.h"

namespace ringstorm {
namespace {

TEST(Resampled, HasRoundsOfTheRecordWithAsManyPairsOfEachKind) {
  const AbRecord record = example_record({.rounds = 6});
  Prng prng(1);
  const AbRecord other = resampled(record, 10, Relabel::never, prng);
  ASSERT_EQ(other.rounds.size(), 10U);
  EXPECT_TRUE(check_record(other)) << "pairs are numbered anew, one slice of each side";
  EXPECT_EQ(other.metrics, record.metrics);
  EXPECT_EQ(other.rules, record.rules);
  std::set<std::vector<std::optional<double>>> known;
  for (const AbRound& round : record.rounds) {
    for (const AbSlice& slice : round.slices) known.insert(slice.values);
  }
  for (const AbRound& round : other.rounds) {
    EXPECT_EQ(round.slices.size(), record.rounds[0].slices.size());
    for (const AbSlice& slice : round.slices) EXPECT_EQ(known.count(slice.values), 1U);
  }
}

TEST(Resampled, PairsStayTogetherAndSidesChangePlacesByRounds) {
  AbRecord record = example_record({.rounds = 1});
  for (AbSlice& slice : record.rounds[0].slices)
    slice.values[0] = 1000.0 * (slice.pair + 1) + (slice.side == AbSide::a ? 1 : 2);
  Prng prng(1);
  std::size_t exchanged = 0;
  for (const AbRound& round : resampled(record, 400, Relabel::by_round, prng).rounds) {
    std::set<double> of_a;
    for (std::size_t i = 0; i < round.slices.size(); i += 2) {
      EXPECT_EQ(round.slices[i].pair, round.slices[i + 1].pair);
      EXPECT_EQ(static_cast<int>(*round.slices[i].values[0] / 1000),
                static_cast<int>(*round.slices[i + 1].values[0] / 1000));
    }
    for (const AbSlice& slice : round.slices) {
      if (slice.side == AbSide::a) of_a.insert(std::fmod(*slice.values[0], 10));
    }
    ASSERT_EQ(of_a.size(), 1U) << "a whole round at once";
    exchanged += *of_a.begin() == 2;
  }
  EXPECT_NEAR(static_cast<double>(exchanged), 200, 60);
}

TEST(Resampled, IsAFunctionOfItsGenerator) {
  const AbRecord record = example_record({.rounds = 6});
  Prng one(7);
  Prng other(7);
  EXPECT_EQ(resampled(record, 6, Relabel::by_round, one), resampled(record, 6, Relabel::by_round, other));
}

TEST(JudgeResampled, FindsWhatIsThereAndNothingOnceTheSidesAreExchanged) {
  AbRecord record = example_record({.rounds = 10, .throughput = -0.2});
  record.rules.looks = {10};
  const AbVerdictCounts found = judge_resampled(record, Relabel::never, 50, seconds(60), 1);
  EXPECT_EQ(found.all, 50U);
  EXPECT_EQ(found.regressed, 50U);
  const AbVerdictCounts exchanged = judge_resampled(record, Relabel::by_round, 50, seconds(60), 1);
  EXPECT_LE(exchanged.regressed, 3U);
  EXPECT_EQ(exchanged.all, exchanged.ok + exchanged.regressed + exchanged.inconclusive);
}

TEST(JudgeResampled, JudgesOneEvenWithoutTime) {
  EXPECT_EQ(judge_resampled(example_record({.rounds = 6}), Relabel::never, 50, Duration{0}, 1).all, 1U);
}

}  // namespace
}  // namespace ringstorm
