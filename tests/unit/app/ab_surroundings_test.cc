// What is said of a slice's surroundings, from counters that a test brings.
#include "app/ab_surroundings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ringstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

AbSample sample(std::int64_t ms) {
  AbSample sample;
  sample.at = Instant{milliseconds(ms)};
  sample.pressure.at = sample.at;
  sample.pressure.ticks = PressureReading::Ticks{};
  sample.server_cpu = {Duration{0}, Duration{0}};
  return sample;
}

/// Two processors for one second: 200 ticks of 10 ms, whatever this machine's tick is.
AbSample a_second_later(std::uint64_t busy, std::uint64_t steal) {
  const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  AbSample later = sample(1000);
  later.pressure.ticks = PressureReading::Ticks{
      .steal = steal * per_second / 100, .busy = busy * per_second / 100, .all = 2 * per_second};
  return later;
}

TEST(AbSurroundings, ForeignTimeIsWhatNeitherTheGeneratorNorAServerTook) {
  AbSample later = a_second_later(100, 20);
  later.own_cpu = milliseconds(300);
  later.server_cpu = {milliseconds(200), milliseconds(100)};
  const AbSurroundings around = surroundings_between(sample(0), later, true);
  EXPECT_NEAR(*around.foreign_cpu, 0.2, 1e-9);
  EXPECT_NEAR(*around.steal, 0.1, 1e-9);
  EXPECT_THAT(around.marks, IsEmpty());
}

TEST(AbSurroundings, ForeignTimeIsNeverBelowNothing) {
  AbSample later = a_second_later(10, 0);
  later.own_cpu = milliseconds(300);  // the kernel's ticks are coarse
  EXPECT_EQ(surroundings_between(sample(0), later, true).foreign_cpu, 0.0);
}

TEST(AbSurroundings, WithAServerThatIsNotOursNobodyKnows) {
  AbSample later = a_second_later(100, 0);
  later.server_cpu[1].reset();
  EXPECT_EQ(surroundings_between(sample(0), later, true).foreign_cpu, std::nullopt);
}

TEST(AbSurroundings, AGeneratorThatWaitedSpoilsASliceWhereItIsJudged) {
  AbSample begin = sample(0);
  AbSample later = a_second_later(0, 0);
  begin.pressure.run_delays = {milliseconds(100), milliseconds(100)};
  later.pressure.run_delays = {milliseconds(590), milliseconds(100)};
  EXPECT_THAT(surroundings_between(begin, later, true).marks, IsEmpty());
  later.pressure.run_delays[0] = milliseconds(610);
  EXPECT_THAT(surroundings_between(begin, later, true).marks,
              ElementsAre("generator waited for a processor"));
  EXPECT_THAT(surroundings_between(begin, later, false).marks, IsEmpty());
}

TEST(AbSample, ReadsThisProcess) {
  const AbSample one = take_ab_sample(MonotonicClock::now(), {::gettid()});
  EXPECT_GT(one.own_cpu, Duration{0});
  EXPECT_EQ(one.pressure.run_delays.size(), 1U);
}

}  // namespace
}  // namespace ringstorm
