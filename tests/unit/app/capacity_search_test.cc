// The search against servers whose knee is known, because they are simulated here.
#include "app/capacity_search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

using End = CapacityAnswer::End;
using Purpose = CapacityStep::Purpose;
using enum StepOutcome;
using Server = std::function<StepOutcome(double load)>;

Server up_to(double knee) {
  return [knee](double load) { return load <= knee ? met : missed; };
}

struct Found {
  CapacityAnswer answer;
  std::vector<CapacitySearch::Tried> steps;
};

/// Ends with every search, or the test fails.
Found search(const CapacityRules& rules, const Server& server) {
  CapacitySearch search(rules);
  while (const auto step = search.next()) {
    EXPECT_EQ(search.next(), step);  // asking changes nothing
    EXPECT_LT(search.steps().size(), rules.most_steps);
    EXPECT_GE(step->load, rules.least);
    EXPECT_LE(step->load, rules.most);
    EXPECT_EQ(step->at_least, step_length(rules, step->load));
    EXPECT_TRUE(!rules.whole || step->load == std::round(step->load));
    if (search.steps().size() >= rules.most_steps) break;
    search.result(*step, server(step->load));
  }
  return {search.answer(), {search.steps().begin(), search.steps().end()}};
}

/// "1000 climb met; ..."
std::string told(const Found& found) {
  std::string text;
  for (const CapacitySearch::Tried& tried : found.steps) {
    if (!text.empty()) text += "; ";
    std::string load = std::to_string(tried.step.load);
    load.erase(load.find_last_not_of('0') + 1);
    if (load.back() == '.') load.pop_back();
    text +=
        load + " " + std::string{to_string(tried.step.purpose)} + " " + std::string{to_string(tried.outcome)};
  }
  return text;
}

TEST(CapacitySearch, ClimbsThenBisectsThenConfirms) {
  const Found found = search({}, up_to(5'300));
  EXPECT_EQ(told(found),
            "1000 climb met; 2000 climb met; 4000 climb met; 8000 climb missed; "
            "5660 bisect missed; 4760 bisect met; 5190 bisect met; 5420 bisect missed; "
            "5190 confirm met");
  EXPECT_EQ(found.answer.end, End::found);
  EXPECT_EQ(found.answer.load, 5'190);
  EXPECT_EQ(found.answer.beyond, 5'420);
  EXPECT_TRUE(found.answer.confirmed);
  EXPECT_EQ(explain(found.answer, "/s"), "5,190/s meets the thresholds, confirmed; 5,420/s does not");
}

TEST(CapacitySearch, GoesDownWhenTheFirstStepMisses) {
  const Found found = search({}, up_to(130));
  EXPECT_EQ(told(found),
            "1000 climb missed; 500 climb missed; 250 climb missed; 125 climb met; "
            "177 bisect missed; 149 bisect missed; 136 bisect missed; 130 bisect met; 130 confirm met");
  EXPECT_EQ(found.answer.end, End::found);
}

/// An upper bound that does not follow the search's own steps.
double most_steps_for(const CapacityRules& rules, double knee) {
  const double away = std::abs(std::log(knee / rules.start)) / std::log(rules.factor);
  const double halvings = std::log2(std::log(rules.factor) / std::log1p(rules.resolution));
  return std::ceil(away) + 1 + std::max(0.0, std::ceil(halvings) + 1) + 1;
}

TEST(CapacitySearch, FindsAKneeWithinItsResolutionInFewSteps) {
  Prng random(1);
  for (int run = 0; run < 20'000; ++run) {
    CapacityRules rules;
    rules.start = std::pow(10.0, random.unit() * 5);
    rules.factor = 1.2 + random.unit() * 3;
    rules.resolution = 0.01 + random.unit() * 0.2;
    rules.whole = random.below(2) == 0;
    rules.most_steps = 200;
    const double knee = 1 + std::pow(10.0, random.unit() * 6);
    const Found found = search(rules, up_to(knee));
    SCOPED_TRACE(testing::Message() << "run " << run << " knee " << knee << ": " << told(found));
    ASSERT_EQ(found.answer.end, End::found);
    ASSERT_TRUE(found.answer.confirmed);
    ASSERT_LE(*found.answer.load, knee);
    ASSERT_GT(*found.answer.beyond, knee);
    const double one = rules.whole ? 1 : 0;
    ASSERT_LE(*found.answer.beyond,
              std::max(*found.answer.load * (1 + rules.resolution), *found.answer.load + one));
    ASSERT_LE(static_cast<double>(found.steps.size()), most_steps_for(rules, knee) + (rules.whole ? 2 : 0));
  }
}

TEST(CapacitySearch, FindsEverySmallNumberOfConnectionsExactly) {
  CapacityRules rules;
  rules.whole = true;
  for (const double start : {1, 2, 3, 7, 10, 100}) {
    rules.start = start;
    for (double knee = 1; knee <= 20; ++knee) {
      const Found found = search(rules, up_to(knee));
      ASSERT_EQ(found.answer.load, knee) << told(found);
      ASSERT_EQ(found.answer.beyond, knee + 1);
    }
  }
}

TEST(CapacitySearch, StopsAtTheMostThatIsToBeTried) {
  CapacityRules rules;
  rules.most = 10'000;
  const Found found = search(rules, up_to(1e9));
  EXPECT_EQ(
      told(found),
      "1000 climb met; 2000 climb met; 4000 climb met; 8000 climb met; 10000 climb met; 10000 confirm met");
  EXPECT_EQ(found.answer.end, End::most_reached);
  EXPECT_EQ(found.answer.load, 10'000);
  EXPECT_FALSE(found.answer.beyond);
  EXPECT_EQ(explain(found.answer, " connections"),
            "10,000 connections, the most that was to be tried, meets the thresholds, confirmed");
  EXPECT_EQ(search(rules, up_to(10'000)).answer.end, End::most_reached);
  EXPECT_EQ(search(rules, up_to(9'999)).answer.end, End::found);
  rules.start = 50'000;  // never above it
  EXPECT_EQ(search(rules, up_to(1e9)).answer.load, 10'000);
}

TEST(CapacitySearch, SaysWhenNothingIsMet) {
  CapacityRules rules;
  rules.least = 100;
  const Found found = search(rules, up_to(0));
  EXPECT_EQ(told(found),
            "1000 climb missed; 500 climb missed; 250 climb missed; 125 climb missed; 100 climb missed");
  EXPECT_EQ(found.answer.end, End::never_met);
  EXPECT_FALSE(found.answer.load);
  EXPECT_FALSE(found.answer.confirmed);
  EXPECT_EQ(explain(found.answer, "/s"), "even 100/s does not meet the thresholds");
}

Server with_generator_up_to(double most, Server server) {
  return [most, server = std::move(server)](double load) {
    return load > most ? generator_limited : server(load);
  };
}

TEST(CapacitySearch, NeverTakesTheGeneratorsLimitForTheServers) {
  const Found found = search({}, with_generator_up_to(5'300, up_to(1e9)));
  EXPECT_EQ(found.answer.end, End::generator_limited);
  EXPECT_EQ(found.answer.load, 5'190);
  EXPECT_EQ(found.answer.beyond, 5'420);
  EXPECT_TRUE(found.answer.confirmed);
  EXPECT_EQ(explain(found.answer, "/s"),
            "at least 5,190/s, which meets the thresholds, confirmed; at 5,420/s the limit is the generator, "
            "not the "
            "server");

  // The server's knee lies below what the generator can do, though the climb met the generator's limit first.
  const Found servers = search({}, with_generator_up_to(7'000, up_to(5'300)));
  EXPECT_EQ(servers.answer.end, End::found);
  EXPECT_EQ(servers.answer.load, 5'190);

  Prng random(2);
  for (int run = 0; run < 5'000; ++run) {
    const double knee = 1 + random.unit() * 1e5;
    const double generator = 1 + random.unit() * 1e5;
    const Found any = search({}, with_generator_up_to(generator, up_to(knee)));
    ASSERT_LE(*any.answer.load, std::min(knee, generator));
    ASSERT_GT(*any.answer.load * 1.05, std::min(knee, generator) * 0.999) << told(any);
    if (any.answer.end == End::found) {
      ASSERT_LE(knee, *any.answer.beyond);
    } else {
      ASSERT_EQ(any.answer.end, End::generator_limited);
      ASSERT_LT(generator, *any.answer.beyond);
    }
  }
}

TEST(CapacitySearch, KnowsNothingOfTheServerWhenTheGeneratorIsAlwaysTheLimit) {
  const Found found = search({}, with_generator_up_to(0, up_to(1e9)));
  EXPECT_EQ(found.answer.end, End::generator_limited);
  EXPECT_FALSE(found.answer.load);
  EXPECT_EQ(explain(found.answer, "/s"),
            "the generator is the limit even at 1/s: nothing is known of the server");
}

TEST(CapacitySearch, RepeatsAStepThatWasDisturbed) {
  int runs = 0;
  const Found found = search({}, [&](double load) {
    ++runs;
    if (runs == 2 || runs == 9) return invalid;  // once in the climb, once in the confirmation
    if (runs == 6) return generator_limited;     // below a load that it has made
    return load <= 5'300 ? met : missed;
  });
  EXPECT_EQ(told(found),
            "1000 climb met; 2000 climb invalid; 2000 climb met; 4000 climb met; 8000 climb missed; "
            "5660 bisect generator limited; 5660 bisect missed; 4760 bisect met; 5190 bisect invalid; "
            "5190 bisect met; 5420 bisect missed; 5190 confirm met");
  EXPECT_EQ(found.answer.end, End::found);
}

TEST(CapacitySearch, EndsWhenAStepCannotBeJudged) {
  const Found found = search({}, [](double load) { return load < 3'000 ? met : invalid; });
  EXPECT_EQ(told(found), "1000 climb met; 2000 climb met; 4000 climb invalid; 4000 climb invalid");
  EXPECT_EQ(found.answer.end, End::not_judged);
  EXPECT_EQ(found.answer.load, 2'000);
  EXPECT_FALSE(found.answer.confirmed);
  EXPECT_EQ(explain(found.answer, "/s"),
            "a run at 4,000/s could not be judged; 2,000/s met the thresholds once");
  const Found none = search({}, [](double) { return invalid; });
  EXPECT_EQ(explain(none.answer, "/s"),
            "a run at 1,000/s could not be judged; no lower load met the thresholds");
}

TEST(CapacitySearch, StepsDownWhenTheConfirmationMisses) {
  // It met 5,190 once; from then on it meets 4,700 at most.
  bool tired = false;
  const auto server = [&](double load) {
    const bool holds = load <= (tired ? 4'700 : 5'300);
    tired = tired || load == 5'420;
    return holds ? met : missed;
  };
  const Found found = search({}, server);
  EXPECT_EQ(told(found).substr(told(found).find("5420")),
            "5420 bisect missed; 5190 confirm missed; 4930 confirm missed; 4440 confirm met");
  EXPECT_EQ(found.answer.end, End::found);
  EXPECT_EQ(found.answer.load, 4'440);
  EXPECT_EQ(found.answer.beyond, 4'930);
  EXPECT_TRUE(found.answer.confirmed);
}

TEST(CapacitySearch, GivesUpConfirmingAfterAWhile) {
  int runs = 0;
  const Found found = search({}, [&](double load) { return ++runs <= 8 && load <= 5'300 ? met : missed; });
  EXPECT_EQ(told(found).substr(told(found).find("5190 confirm")),
            "5190 confirm missed; 4930 confirm missed; 4440 confirm missed; 3550 confirm missed");
  EXPECT_EQ(found.answer.end, End::unconfirmed);
  EXPECT_FALSE(found.answer.load);
  EXPECT_EQ(explain(found.answer, "/s"), "what met the thresholds once did not again, down to 3,550/s");
}

TEST(CapacitySearch, TheGeneratorInTheConfirmationIsRepeatedOnce) {
  bool disturbed = false;
  const auto server = [&](double load) {
    if (disturbed) return generator_limited;
    disturbed = load == 5'420;
    return load <= 5'300 ? met : missed;
  };
  const Found found = search({}, server);
  EXPECT_EQ(told(found).substr(told(found).find("5190 confirm")),
            "5190 confirm generator limited; 5190 confirm generator limited");
  EXPECT_EQ(found.answer.end, End::generator_limited);
  EXPECT_EQ(found.answer.load, 5'190);
  EXPECT_FALSE(found.answer.confirmed);
}

TEST(CapacitySearch, ALoadThatWasMadeOnceCanBeMadeAgain) {
  CapacityRules rules;
  rules.most = rules.start;  // no higher one was made
  int runs = 0;
  const Found found = search(rules, [&](double) { return ++runs == 2 ? generator_limited : met; });
  EXPECT_EQ(told(found), "1000 climb met; 1000 confirm generator limited; 1000 confirm met");
  EXPECT_EQ(found.answer.end, End::most_reached);
}

TEST(CapacitySearch, ANoisyKneeIsFoundNearTheTruth) {
  // The share of runs that miss rises from 12 % to 88 % between 4 % below and 4 % above the knee.
  constexpr double kKnee = 20'000;
  int near = 0;
  constexpr int kRuns = 1'000;
  for (int run = 0; run < kRuns; ++run) {
    Prng random(static_cast<std::uint64_t>(run));
    const Found found = search({}, [&](double load) {
      const double missing = 1 / (1 + std::exp(-(load / kKnee - 1) / 0.02));
      return random.unit() < missing ? missed : met;
    });
    ASSERT_LE(found.steps.size(), 16U) << told(found);
    ASSERT_TRUE(found.answer.end == End::found || found.answer.end == End::unconfirmed);
    if (found.answer.end != End::found) continue;
    ASSERT_TRUE(found.answer.confirmed);
    near += std::abs(*found.answer.load / kKnee - 1) <= 0.1 ? 1 : 0;
  }
  EXPECT_GE(near, kRuns * 95 / 100);
}

TEST(CapacitySearch, EndsWhateverItIsTold) {
  Prng random(3);
  for (int run = 0; run < 20'000; ++run) {
    CapacityRules rules;
    rules.start = std::pow(10.0, random.unit() * 4);
    rules.least = rules.start / (1 + random.unit() * 50);
    rules.most = rules.start * (1 + random.unit() * 50);
    rules.factor = 1.0001 + random.unit() * 2;
    rules.resolution = 0.0001 + random.unit();
    rules.whole =
        rules.least >= 1 && random.below(2) == 0 && std::ceil(rules.least) <= std::floor(rules.most);
    rules.most_steps = 1 + random.below(30);
    rules.most_confirmations = 1 + random.below(4);
    rules.most_repeats = random.below(3);
    const Found found = search(rules, [&](double) { return static_cast<StepOutcome>(random.below(4)); });
    ASSERT_LE(found.steps.size(), rules.most_steps) << told(found);
    ASSERT_FALSE(explain(found.answer, "/s").empty());
    // What it calls met was met, and what it calls confirmed was met by the last run.
    const auto times_met = std::ranges::count_if(found.steps, [&](const CapacitySearch::Tried& tried) {
      return tried.outcome == met && tried.step.load == found.answer.load;
    });
    ASSERT_TRUE(!found.answer.load || times_met >= 1) << told(found);
    ASSERT_TRUE(!found.answer.confirmed || found.steps.back().outcome == met) << told(found);
    ASSERT_TRUE(found.answer.end != End::found || *found.answer.load < *found.answer.beyond) << told(found);
  }
}

TEST(CapacitySearch, TheLastStepConfirms) {
  CapacityRules rules;
  rules.most_steps = 4;
  const Found found = search(rules, up_to(1e9));
  EXPECT_EQ(told(found), "1000 climb met; 2000 climb met; 4000 climb met; 4000 confirm met");
  EXPECT_EQ(found.answer.end, End::out_of_steps);
  EXPECT_EQ(found.answer.load, 4'000);
  EXPECT_TRUE(found.answer.confirmed);
  EXPECT_EQ(explain(found.answer, "/s"),
            "it ended for want of steps; 4,000/s meets the thresholds, confirmed");
  rules.most_steps = 6;  // the range was still too wide
  EXPECT_EQ(search(rules, up_to(5'300)).answer.end, End::out_of_steps);
  rules.most_steps = 9;
  EXPECT_EQ(search(rules, up_to(5'300)).answer.end, End::found);
}

TEST(StepLength, IsWhatThePercentileNeeds) {
  struct Row {
    double quantile;
    double load;
    double samples_per_unit;
    Duration length;
  };
  const std::vector<Row> rows{
      {0.99, 1'000, 1, seconds(5)},      // 2,000 samples in 2 s: no shorter than that
      {0.99, 100, 1, seconds(20)},       // 2,000 samples
      {0.99, 10, 1, seconds(60)},        // it would take 200 s: too few samples are for the caller to see
      {0.999, 1'000, 1, seconds(20)},    // 20,000 samples
      {0.9999, 20'000, 1, seconds(10)},  // 200,000 samples
      {0.999, 3'000, 1, nanoseconds(6'666'666'667)},
      {0.99, 50, 2, seconds(20)},  // 50 connections of 2 messages a second each
      {0.99, 50, 0, seconds(5)},   // not known
      {0, 1, 1, seconds(5)},       // no percentile is asked for
      {0.5, 1, 1, seconds(40)},
  };
  for (const Row& row : rows) {
    CapacityRules rules;
    rules.quantile = row.quantile;
    rules.samples_per_unit = row.samples_per_unit;
    EXPECT_EQ(step_length(rules, row.load), row.length) << row.quantile << " " << row.load;
  }
}

}  // namespace
}  // namespace ringstorm
