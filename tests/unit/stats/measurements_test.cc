#include "stats/measurements.h"

#include <array>
#include <bit>
#include <string>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

TEST(Counters, AddCoversEveryField) {
  // As bare numbers, so that a counter that add() forgets is found without being named here.
  constexpr std::size_t kFields = sizeof(Counters) / sizeof(std::uint64_t);
  using Numbers = std::array<std::uint64_t, kFields>;
  Numbers a;
  Numbers b;
  for (std::size_t i = 0; i < kFields; ++i) {
    a[i] = i + 1;
    b[i] = 1000 * (i + 1);
  }
  Counters sum = std::bit_cast<Counters>(a);
  sum.add(std::bit_cast<Counters>(b));
  const Numbers result = std::bit_cast<Numbers>(sum);
  for (std::size_t i = 0; i < kFields; ++i) EXPECT_EQ(result[i], 1001 * (i + 1)) << "field " << i;
}

constexpr Failure http(std::uint16_t status) {
  return {Cause::http_status, status};
}

TEST(FailureTable, CountsByCauseAndDetailAndKeepsTheFirstSample) {
  FailureTable table;
  table.count(http(403));
  table.count(http(403), "HTTP/1.1 403 Forbidden\r\n");
  table.count(http(403), "HTTP/1.1 403 Something else\r\n");
  table.count(http(500), "oops");
  table.count({Cause::connection_reset, 0});
  ASSERT_EQ(table.rows().size(), 3U);
  EXPECT_EQ(table.rows()[0].failure, http(403));
  EXPECT_EQ(table.rows()[0].count, 3U);
  EXPECT_EQ(table.rows()[0].sample_text(), "HTTP/1.1 403 Forbidden\r\n");
  EXPECT_EQ(table.rows()[1].sample_text(), "oops");
  EXPECT_EQ(table.rows()[2].sample_text(), "");
  EXPECT_EQ(table.total(), 5U);
}

TEST(FailureTable, CutsASampleToItsRoom) {
  FailureTable table;
  table.count(http(200), std::string(10'000, 'x'));
  EXPECT_EQ(table.rows()[0].sample_text(), std::string(FailureTable::kSampleBytes, 'x'));
}

TEST(FailureTable, FurtherKindsAreOther) {
  FailureTable table;
  for (std::uint16_t status = 1; status <= 200; ++status) table.count(http(status), "s");
  table.count(http(1));    // still known
  table.count(http(150));  // not known
  ASSERT_EQ(table.rows().size(), FailureTable::kCapacity);
  EXPECT_EQ(table.rows()[0].count, 2U);
  EXPECT_EQ(table.rows()[FailureTable::kCapacity - 2].failure, http(63));
  EXPECT_EQ(table.rows().back().failure, Failure{});
  EXPECT_EQ(table.rows().back().count, 200U - 63U + 1U);
  EXPECT_EQ(table.total(), 202U);
}

TEST(FailureTable, NoCauseIsOtherWhateverItsNumber) {
  FailureTable table;
  table.count({Cause::none, 7});
  for (std::uint16_t status = 1; status <= 200; ++status) table.count(http(status));
  ASSERT_LE(table.rows().size(), FailureTable::kCapacity);
  EXPECT_EQ(table.rows()[0].failure, Failure{});
  EXPECT_EQ(table.rows()[0].count, 1U + 200U - (FailureTable::kCapacity - 2));
  EXPECT_EQ(table.total(), 201U);
}

TEST(FailureTable, MergeAddsCountsAndTakesTheSampleThatWasMissing) {
  FailureTable a;
  FailureTable b;
  a.count(http(403));
  b.count(http(403), "from b");
  b.count(http(403), "later");
  b.count(http(500));
  a.merge(b);
  ASSERT_EQ(a.rows().size(), 2U);
  EXPECT_EQ(a.rows()[0].count, 3U);
  EXPECT_EQ(a.rows()[0].sample_text(), "from b");
  EXPECT_EQ(a.rows()[1].count, 1U);
  EXPECT_EQ(b.total(), 3U);
}

TEST(FailureTable, MergingFullTablesLosesNoCount) {
  FailureTable a;
  FailureTable b;
  for (std::uint16_t status = 1; status <= 100; ++status) {
    a.count(http(status));
    b.count(http(static_cast<std::uint16_t>(status + 50)));
  }
  a.merge(b);
  EXPECT_EQ(a.rows().size(), FailureTable::kCapacity);
  EXPECT_EQ(a.total(), 200U);
}

TEST(FailureTable, ResetLeavesNothingBehind) {
  FailureTable table;
  table.count(http(403), "old");
  table.reset();
  EXPECT_EQ(table.total(), 0U);
  table.count(http(500));
  EXPECT_EQ(table.rows()[0].count, 1U);
  EXPECT_EQ(table.rows()[0].sample_text(), "");
}

Measurements sample(std::uint64_t scale) {
  const auto each = [&](std::int64_t factor) {
    return nanoseconds(factor * static_cast<std::int64_t>(scale));
  };
  Measurements m;
  m.counters.messages_sent = scale;
  m.connect.record(each(1));
  m.upgrade.record(each(2));
  m.first_message.record(each(3));
  m.service.record(each(4));
  m.close.record(each(5));
  m.failures.count(http(static_cast<std::uint16_t>(scale)));
  return m;
}

TEST(Measurements, MergeAndResetCoverEveryPart) {
  Measurements m = sample(1);
  m.merge(sample(10));
  EXPECT_EQ(m.counters.messages_sent, 11U);
  EXPECT_EQ(m.failures.total(), 2U);
  const std::array histograms{&m.connect, &m.upgrade, &m.first_message, &m.service, &m.close};
  for (std::size_t i = 0; i < histograms.size(); ++i) {
    EXPECT_EQ(histograms[i]->count(), 2U) << i;
    EXPECT_EQ(histograms[i]->min(), nanoseconds(static_cast<std::int64_t>(i) + 1)) << i;
    EXPECT_EQ(histograms[i]->max(), nanoseconds(10 * (static_cast<std::int64_t>(i) + 1))) << i;
  }
  m.reset();
  EXPECT_EQ(m.counters.messages_sent, 0U);
  EXPECT_EQ(m.failures.total(), 0U);
  for (const Histogram* h : histograms) EXPECT_EQ(h->count(), 0U);
}

}  // namespace
}  // namespace ringstorm
