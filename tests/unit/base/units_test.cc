#include "base/units.h"

#include <limits>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();

struct DurationCase {
  const char* text;
  std::int64_t nanoseconds;
};
class ParseDuration : public testing::TestWithParam<DurationCase> {};
TEST_P(ParseDuration, Reads) {
  EXPECT_EQ(parse_duration(GetParam().text), Duration{GetParam().nanoseconds}) << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(
    Units, ParseDuration,
    testing::Values(DurationCase{"0", 0}, DurationCase{"0s", 0}, DurationCase{"500ns", 500},
                    DurationCase{"20us", 20'000}, DurationCase{"20\u00b5s", 20'000},
                    DurationCase{"20\u03bcs", 20'000}, DurationCase{"1.5ms", 1'500'000},
                    DurationCase{"1.5 ms", 1'500'000}, DurationCase{"1.5   ms", 1'500'000},
                    DurationCase{"30s", 30'000'000'000}, DurationCase{"2m", 120'000'000'000},
                    DurationCase{"2min", 120'000'000'000}, DurationCase{"1h", 3'600'000'000'000},
                    DurationCase{"5", 5'000'000'000}, DurationCase{"0.1", 100'000'000},
                    DurationCase{"1e3", 1'000'000'000'000}, DurationCase{"1E+3us", 1'000'000},
                    DurationCase{"2e-05", 20'000}, DurationCase{"1e9s", 1'000'000'000'000'000'000},
                    DurationCase{"0.333333333333333333s", 333'333'333}));
INSTANTIATE_TEST_SUITE_P(Rounding, ParseDuration,
                         testing::Values(DurationCase{"0.4ns", 0}, DurationCase{"0.5ns", 1},
                                         DurationCase{"1.49ns", 1}, DurationCase{"0.0000000005s", 1},
                                         DurationCase{"0.00000000049s", 0}, DurationCase{"0.05ns", 0}));
INSTANTIATE_TEST_SUITE_P(Limits, ParseDuration,
                         testing::Values(DurationCase{"9223372036854775807ns", 9'223'372'036'854'775'807},
                                         DurationCase{"9223372036.854775807s", 9'223'372'036'854'775'807},
                                         DurationCase{"00000000000000000000000000000001s", 1'000'000'000}));

class NoDuration : public testing::TestWithParam<const char*> {};
TEST_P(NoDuration, IsRefused) {
  EXPECT_FALSE(parse_duration(GetParam())) << GetParam();
}
INSTANTIATE_TEST_SUITE_P(Text, NoDuration,
                         testing::Values("", " ", "s", "-1s", "+1s", "-0", "1 parsec", "1S", "1M", "1 s ",
                                         " 1s", "1.s", ".5s", "1..5s", "1e", "1es", "1e+s", "nan", "inf",
                                         "Infinity", "NaN", "0x10", "1,5s", "1_000", "1s1s", "1m30s", "1\ts",
                                         "1\ns", "s1", "--", "1k"));
INSTANTIATE_TEST_SUITE_P(TooLarge, NoDuration,
                         testing::Values("9223372036854775808ns", "9223372037s", "1e10s", "293y", "1e400",
                                         "1e99999999999999", "99999999999999999999999999999999999999999"));

struct NumberCase {
  const char* text;
  std::uint64_t value;
};
class ParseBytes : public testing::TestWithParam<NumberCase> {};
TEST_P(ParseBytes, Reads) {
  EXPECT_EQ(parse_bytes(GetParam().text), GetParam().value) << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(Units, ParseBytes,
                         testing::Values(NumberCase{"0", 0}, NumberCase{"125", 125}, NumberCase{"125B", 125},
                                         NumberCase{"16k", 16'000}, NumberCase{"16K", 16'000},
                                         NumberCase{"16kB", 16'000}, NumberCase{"16KB", 16'000},
                                         NumberCase{"16 KiB", 16'384}, NumberCase{"1M", 1'000'000},
                                         NumberCase{"1MB", 1'000'000}, NumberCase{"1MiB", 1'048'576},
                                         NumberCase{"1.5MiB", 1'572'864}, NumberCase{"2G", 2'000'000'000},
                                         NumberCase{"2GB", 2'000'000'000}, NumberCase{"2GiB", 2'147'483'648},
                                         NumberCase{"1TB", 1'000'000'000'000},
                                         NumberCase{"1TiB", 1'099'511'627'776}, NumberCase{"1e3", 1'000},
                                         NumberCase{"1000.0", 1'000}, NumberCase{"0.5KiB", 512},
                                         NumberCase{"18446744073709551615", kMax64}));
class NoBytes : public testing::TestWithParam<const char*> {};
TEST_P(NoBytes, IsRefused) {
  EXPECT_FALSE(parse_bytes(GetParam())) << GetParam();
}
INSTANTIATE_TEST_SUITE_P(Text, NoBytes,
                         testing::Values("", "B", "-1", "0.5", "1.3KiB", "1kib", "1mb", "1m", "1 PB",
                                         "18446744073709551616", "16777216TiB", "1e20", "1 000", "12KiB3"));

class ParseCount : public testing::TestWithParam<NumberCase> {};
TEST_P(ParseCount, Reads) {
  EXPECT_EQ(parse_count(GetParam().text), GetParam().value) << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(Units, ParseCount,
                         testing::Values(NumberCase{"0", 0}, NumberCase{"5000", 5'000},
                                         NumberCase{"50k", 50'000}, NumberCase{"50 k", 50'000},
                                         NumberCase{"1.1k", 1'100}, NumberCase{"1.5M", 1'500'000},
                                         NumberCase{"2G", 2'000'000'000}, NumberCase{"1e6", 1'000'000},
                                         NumberCase{"25e-1k", 2'500}, NumberCase{"0e60", 0},
                                         NumberCase{"18446744073709551615", kMax64}));
class NoCount : public testing::TestWithParam<const char*> {};
TEST_P(NoCount, IsRefused) {
  EXPECT_FALSE(parse_count(GetParam())) << GetParam();
}
INSTANTIATE_TEST_SUITE_P(Text, NoCount,
                         testing::Values("", "k", "-1", "1.5", "1.0005k", "1B", "1KiB", "1m",
                                         "18446744073709551616", "1e400", "1e-1", "ten", "1/s"));

struct RateCase {
  const char* text;
  Rate rate;
};
class ParseRate : public testing::TestWithParam<RateCase> {};
TEST_P(ParseRate, Reads) {
  const auto rate = parse_rate(GetParam().text);
  ASSERT_TRUE(rate) << GetParam().text;
  EXPECT_EQ(rate->events, GetParam().rate.events);
  EXPECT_EQ(rate->per, GetParam().rate.per);
}
INSTANTIATE_TEST_SUITE_P(
    Units, ParseRate,
    testing::Values(RateCase{"1000/s", {1'000, seconds(1)}}, RateCase{"1000", {1'000, seconds(1)}},
                    RateCase{"50k/s", {50'000, seconds(1)}}, RateCase{"50 k / s", {50'000, seconds(1)}},
                    RateCase{"1.5k/s", {1'500, seconds(1)}}, RateCase{"600/m", {600, seconds(60)}},
                    RateCase{"600/min", {600, seconds(60)}}, RateCase{"10/ms", {10, milliseconds(1)}},
                    RateCase{"1/h", {1, seconds(3600)}}, RateCase{"0.5/s", {1, seconds(2)}},
                    RateCase{"1.5", {3, seconds(2)}}, RateCase{"0.001/s", {1, seconds(1000)}},
                    RateCase{"1e3/s", {1'000, seconds(1)}}, RateCase{"3/ns", {3, nanoseconds(1)}},
                    RateCase{"18446744073709551615/s", {kMax64, seconds(1)}}));
class NoRate : public testing::TestWithParam<const char*> {};
TEST_P(NoRate, IsRefused) {
  EXPECT_FALSE(parse_rate(GetParam())) << GetParam();
}
INSTANTIATE_TEST_SUITE_P(Text, NoRate,
                         testing::Values("", "/s", "0", "0/s", "0.0/s", "-1/s", "10/", "10/ ", "10/parsec",
                                         "10//s", "10/s/s", "10/2s", "10 per s", "1KiB/s",
                                         "18446744073709551616/s", "1e-30/s", "1e-50/s", "0.000001/h0"));

TEST(ParseRate, KeepsAFractionExact) {
  const auto rate = parse_rate("0.3/s");
  ASSERT_TRUE(rate);
  EXPECT_EQ(*rate, (Rate{3, seconds(10)}));
}

TEST(FormatDuration, ShowsThreeDigitsAndTheUnitThatFits) {
  EXPECT_EQ(format_duration(nanoseconds(0)), "0 ns");
  EXPECT_EQ(format_duration(nanoseconds(812)), "812 ns");
  EXPECT_EQ(format_duration(nanoseconds(999)), "999 ns");
  EXPECT_EQ(format_duration(nanoseconds(1'000)), "1 us");
  EXPECT_EQ(format_duration(nanoseconds(40'321)), "40.3 us");
  EXPECT_EQ(format_duration(nanoseconds(999'499)), "999 us");
  EXPECT_EQ(format_duration(nanoseconds(999'500)), "1 ms");
  EXPECT_EQ(format_duration(nanoseconds(9'996)), "10 us");
  EXPECT_EQ(format_duration(nanoseconds(1'250'000)), "1.25 ms");
  EXPECT_EQ(format_duration(seconds(30)), "30 s");
  EXPECT_EQ(format_duration(seconds(600)), "600 s");
  EXPECT_EQ(format_duration(seconds(1800)), "30 m");
  EXPECT_EQ(format_duration(seconds(3600)), "1 h");
  EXPECT_EQ(format_duration(seconds(36'000)), "10 h");
  EXPECT_EQ(format_duration(nanoseconds(-1'500)), "-1.5 us");
  EXPECT_EQ(format_duration(Duration::max()), "2562048 h");
  EXPECT_EQ(format_duration(Duration::min()), "-2562048 h");
}

TEST(FormatBytes, ShowsThreeDigitsAndABinaryUnit) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(125), "125 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1.00 KiB");
  EXPECT_EQ(format_bytes(16 * 1024), "16.0 KiB");
  EXPECT_EQ(format_bytes(1024 * 1024 - 1), "1.00 MiB");
  EXPECT_EQ(format_bytes(1'299'227'607), "1.21 GiB");
  EXPECT_EQ(format_bytes(kMax64), "16.0 EiB");
}

TEST(FormatCount, GroupsByThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1'000), "1,000");
  EXPECT_EQ(format_count(1'234'567), "1,234,567");
  EXPECT_EQ(format_count(kMax64), "18,446,744,073,709,551,615");
}

TEST(FormatRate, ShowsEventsPerSecondOrTheNextLongerPeriod) {
  EXPECT_EQ(format_rate({10'000, seconds(1)}), "10k/s");
  EXPECT_EQ(format_rate({1'500, seconds(1)}), "1.5k/s");
  EXPECT_EQ(format_rate({600, seconds(1)}), "600/s");
  EXPECT_EQ(format_rate({600, seconds(60)}), "10/s");
  EXPECT_EQ(format_rate({10, milliseconds(1)}), "10k/s");
  EXPECT_EQ(format_rate({2'500'000, seconds(1)}), "2.5M/s");
  EXPECT_EQ(format_rate({1, seconds(2)}), "0.5/s");
  EXPECT_EQ(format_rate({1, seconds(60)}), "1/m");
  EXPECT_EQ(format_rate({1, seconds(3600)}), "1/h");
}

}  // namespace
}  // namespace ringstorm
