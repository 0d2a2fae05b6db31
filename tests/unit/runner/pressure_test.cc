#include "runner/pressure.h"

#include <array>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ringstorm {
namespace {

/// A /proc of our own.
class PressureFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "pressure-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  PressureReading read(Duration at) const { return read_pressure(Instant{at}, kThreads, root_); }

  static constexpr std::array<pid_t, 2> kThreads{7, 8};
  std::string root_;
};

TEST_F(PressureFiles, SharesOfTheTimeBetweenTwoReadings) {
  write("/proc/self/task/7/schedstat", "5000 1000000000 3\n");
  write("/proc/self/task/8/schedstat", "5000 2000000000 3\n");
  write("/proc/pressure/cpu",
        "some avg10=1.00 avg60=0.50 avg300=0.10 total=1000000\nfull avg10=0.00 total=0\n");
  write("/proc/stat", "cpu  100 0 100 700 50 25 15 10 40 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
  const PressureReading begin = read(seconds(10));
  write("/proc/self/task/7/schedstat", "5000 1100000000 9\n");
  write("/proc/self/task/8/schedstat", "5000 2500000000 9\n");
  write("/proc/pressure/cpu", "some avg10=1.00 avg60=0.50 avg300=0.10 total=1500000\n");
  write("/proc/stat", "cpu  150 0 150 1550 50 25 15 60 40 0\n");
  const GeneratorLoad load = pressure_between(begin, read(seconds(12)));
  EXPECT_DOUBLE_EQ(load.run_delay.value(), 0.25) << "of the shard that waited most";
  EXPECT_DOUBLE_EQ(load.cpu_pressure.value(), 0.25);
  EXPECT_DOUBLE_EQ(load.steal.value(), 0.05) << "50 of 1,000 ticks; a guest's are in the user's already";
  EXPECT_FALSE(load.loop_busy);
}

TEST_F(PressureFiles, AMachineThatDoesNotSay) {
  const GeneratorLoad load = pressure_between(read(seconds(1)), read(seconds(2)));
  EXPECT_FALSE(load.run_delay || load.cpu_pressure || load.steal);
}

TEST_F(PressureFiles, FilesOfAnotherForm) {
  write("/proc/self/task/7/schedstat", "none\n");
  write("/proc/pressure/cpu", "full avg10=0.00 total=9\n");
  write("/proc/stat", "cpu 1 2 3\n");
  const PressureReading reading = read(seconds(1));
  EXPECT_FALSE(reading.run_delays[0]);
  EXPECT_FALSE(reading.cpu_some);
  EXPECT_FALSE(reading.ticks);
}

TEST_F(PressureFiles, NoTimeBetweenThem) {
  write("/proc/pressure/cpu", "some avg10=0 avg60=0 avg300=0 total=5\n");
  const PressureReading once = read(seconds(1));
  EXPECT_FALSE(pressure_between(once, once).cpu_pressure);
}

}  // namespace
}  // namespace ringstorm
