#include "load/distribution.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

Distribution read(std::string_view text) {
  const auto parsed = Distribution::parse(text);
  EXPECT_TRUE(parsed.ok()) << text << ": " << (parsed.ok() ? "" : to_string(parsed.error()));
  return parsed.ok() ? *parsed : Distribution{};
}

struct Known {
  const char* text;
  double q;
  Duration value;
};

// The truths are worked out by hand or with another program (Python's statistics.NormalDist).
class KnownQuantile : public ::testing::TestWithParam<Known> {};

TEST_P(KnownQuantile, IsExact) {
  const Known& row = GetParam();
  EXPECT_EQ(read(row.text).quantile(row.q), row.value) << row.text << " at " << row.q;
}

INSTANTIATE_TEST_SUITE_P(
    Distribution, KnownQuantile,
    ::testing::Values(
        Known{"2ms", 0, milliseconds(2)}, Known{"fixed 2ms", 0.5, milliseconds(2)},
        Known{"fixed 0", 1, Duration{0}}, Known{"1.5", 1, milliseconds(1500)},
        Known{"uniform 1ms 5ms", 0, milliseconds(1)}, Known{"uniform 1ms 5ms", 0.25, milliseconds(2)},
        Known{"uniform 1ms 5ms", 1, milliseconds(5)}, Known{"uniform 3ms 3ms", 0.7, milliseconds(3)},
        Known{"exponential 2ms", 0, Duration{0}},
        Known{"exponential 2ms", 0.5, Duration{1'386'294}},   // 2 ms * ln 2
        Known{"exponential 2ms", 0.99, Duration{9'210'340}},  // 2 ms * ln 100
        Known{"exponential 2ms", 1, Distribution::kLongest}, Known{"exponential 0", 1, Duration{0}},
        Known{"lognormal 2ms 0.5", 0, Duration{0}}, Known{"lognormal 2ms 0.5", 0.5, milliseconds(2)},
        Known{"lognormal 2ms 0.5", 0.8413447460685429, Duration{3'297'443}},  // exp(0.5)
        Known{"lognormal 2ms 0.5", 0.15865525393145705, Duration{1'213'061}},
        Known{"lognormal 2ms 0.5", 0.99, Duration{6'400'148}},
        Known{"lognormal 2ms 0.5", 0.999, Duration{9'377'032}},
        Known{"lognormal 2ms 0", 0.999, milliseconds(2)},
        Known{"lognormal 2ms 0.5", 1, Distribution::kLongest},
        Known{"quantiles 0:1ms 0.5:2ms 0.99:10ms 1:50ms", 0, milliseconds(1)},
        Known{"quantiles 0:1ms 0.5:2ms 0.99:10ms 1:50ms", 0.25, microseconds(1500)},
        Known{"quantiles 0:1ms 0.5:2ms 0.99:10ms 1:50ms", 0.5, milliseconds(2)},
        Known{"quantiles 0:1ms 0.5:2ms 0.99:10ms 1:50ms", 0.745, milliseconds(6)},
        Known{"quantiles 0:1ms 0.5:2ms 0.99:10ms 1:50ms", 0.995, milliseconds(30)},
        Known{"quantiles 0:1ms 0.5:2ms 0.99:10ms 1:50ms", 1, milliseconds(50)},
        Known{"quantiles 0:1ms 0.5:1ms 1:3ms", 0.3, milliseconds(1)}));

struct Refused {
  const char* text;
  const char* what;  ///< part of what the error says
};

class RefusedText : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedText, SaysWhatWasFoundAndExpected) {
  const auto parsed = Distribution::parse(GetParam().text);
  ASSERT_FALSE(parsed.ok()) << GetParam().text << " was read as " << parsed->to_string();
  const std::string message = to_string(parsed.error());
  EXPECT_NE(message.find(GetParam().what), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(
    Distribution, RefusedText,
    ::testing::Values(
        Refused{"", "found nothing, expected a distribution"},
        Refused{"exponental 2ms", "did you mean \"exponential\"?"},
        Refused{"normal 2ms", "fixed, uniform, exponential, lognormal or quantiles"},
        Refused{"exponential", "found nothing, expected the mean"},
        Refused{"exponential 2 parsecs", "found \"parsecs\", expected nothing more"},
        Refused{"fixed 2 ms", "without a space, such as 2ms"}, Refused{"2ms 3ms", "expected nothing more"},
        Refused{"uniform 5ms", "found nothing, expected the longest time"},
        Refused{"uniform 5ms 1ms", "found \"1ms\", expected the longest time to be no shorter than 5ms"},
        Refused{"uniform -1ms 1ms", "found \"-1ms\""}, Refused{"lognormal 2ms", "expected sigma"},
        Refused{"lognormal 2ms x", "found \"x\", expected sigma"}, Refused{"lognormal 2ms -1", "sigma"},
        Refused{"lognormal 2ms nan", "sigma"}, Refused{"lognormal 2ms inf", "sigma"},
        Refused{"lognormal 2ms 11", "sigma, a number from 0 to 10"},
        Refused{"quantiles", "found nothing, expected points"},
        Refused{"quantiles 0.5:1ms 1:2ms", "the first point to be at 0"},
        Refused{"quantiles 0:1ms 0.5:2ms", "found \"0.5\", expected the last point to be at 1"},
        Refused{"quantiles 0:2ms 1:1ms", "points that ascend"},
        Refused{"quantiles 0:1ms 0:2ms 1:3ms", "points that ascend"},
        Refused{"quantiles 0:1ms 2:2ms", "found \"2:2ms\""}, Refused{"quantiles 0:1ms 1", "found \"1\""},
        Refused{"quantiles 0:1ms 1:2ms x", "found \"x\""},
        Refused{"fixed 800h", "found \"800h\", expected a time below 720 h"},
        Refused{"a\x01\nb", "found \"a??b\""}));

TEST(Distribution, QuotesAtMostFortyBytesOfAMistake) {
  const auto parsed = Distribution::parse(std::string(100'000, 'x'));
  ASSERT_FALSE(parsed.ok());
  EXPECT_LT(to_string(parsed.error()).size(), 250U);
  const auto cut = Distribution::parse(std::string(39, 'x') + "\u00e9");
  EXPECT_NE(to_string(cut.error()).find(std::string(39, 'x') + "\u2026"), std::string::npos)
      << "never half of a character";
}

TEST(Distribution, MorePointsThanAnyoneNeedsAreRefused) {
  std::string text = "quantiles 0:0ns";
  for (int i = 1; i <= 1000; ++i) text += " " + std::to_string(i / 1001.0) + ":" + std::to_string(i) + "ns";
  const auto parsed = Distribution::parse(text + " 1:2us");
  ASSERT_FALSE(parsed.ok());
  EXPECT_NE(to_string(parsed.error()).find("at most 1,000 points"), std::string::npos);
}

TEST(Distribution, WritesWhatReadsBackAsTheSame) {
  const struct {
    const char* text;
    const char* written;
  } rows[] = {
      {"2ms", "fixed 2ms"},
      {"0", "fixed 0ns"},
      {"fixed  1.5ms ", "fixed 1500us"},
      {"uniform 1us 90s", "uniform 1us 90s"},
      {"exponential 60s", "exponential 1m"},
      {"lognormal 1ms 0.1", "lognormal 1ms 0.1"},
      {"quantiles 0:1ms\t0.333:2ms 1.0:1h", "quantiles 0:1ms 0.333:2ms 1:1h"},
  };
  for (const auto& row : rows) {
    const Distribution distribution = read(row.text);
    EXPECT_EQ(distribution.to_string(), row.written);
    EXPECT_EQ(read(row.written), distribution);
  }
}

// The empirical distribution of n draws lies within 1.63 / sqrt(n) of the true one with 99 % probability
// (Kolmogorov); the seed is fixed, so a pass stays one.
TEST(Distribution, DrawsFollowTheQuantiles) {
  constexpr std::size_t kDraws = 100'000;
  const double bound = 1.63 / std::sqrt(static_cast<double>(kDraws));
  for (const char* text : {"uniform 1ms 5ms", "exponential 2ms", "lognormal 2ms 0.5",
                           "quantiles 0:1ms 0.5:2ms 0.99:10ms 1:50ms"}) {
    const Distribution distribution = read(text);
    Prng random{7};
    std::vector<Duration> draws(kDraws);
    for (Duration& draw : draws) draw = distribution.sample(random);
    std::sort(draws.begin(), draws.end());
    for (const double q : {0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999}) {
      const auto below = std::upper_bound(draws.begin(), draws.end(), distribution.quantile(q));
      EXPECT_NEAR(static_cast<double>(below - draws.begin()) / kDraws, q, bound) << text << " at " << q;
    }
  }
}

TEST(Distribution, QuantilesNeverDescend) {
  for (const char* text : {"uniform 1ms 5ms", "exponential 2ms", "lognormal 2ms 2", "lognormal 2ms 0.01",
                           "quantiles 0:1ms 0.5:2ms 1:50ms"}) {
    const Distribution distribution = read(text);
    Duration last{0};
    for (int i = 0; i <= 100'000; ++i) {
      const Duration value = distribution.quantile(i / 1e5);
      ASSERT_GE(value, last) << text << " at " << i / 1e5;
      last = value;
    }
  }
}

TEST(Distribution, ADrawTakesOneNumberWhateverTheShape) {
  for (const char* text : {"2ms", "uniform 1ms 5ms", "exponential 2ms", "lognormal 2ms 0.5"}) {
    Prng drawing{3};
    Prng plain{3};
    read(text).sample(drawing);
    plain.next();
    EXPECT_EQ(drawing.next(), plain.next()) << text;
  }
}

}  // namespace
}  // namespace ringstorm
