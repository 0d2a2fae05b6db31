#include "app/surroundings.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A machine of three files.
class Files {
 public:
  Files() { std::filesystem::create_directories(root_); }
  ~Files() { std::filesystem::remove_all(root_); }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::ofstream(root_ + path) << text;
  }
  const std::string root_ = testing::TempDir() + "surroundings." + std::to_string(::getpid());
};

TEST(Surroundings, AreReadFromTheMachine) {
  const Files files;
  files.write("/proc/loadavg", "2.31 1.00 0.50 3/200 4711\n");
  files.write("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  files.write("/sys/devices/system/cpu/smt/active", "1\n");
  const Surroundings found = gather_surroundings(files.root_);
  EXPECT_DOUBLE_EQ(found.load_average, 2.31);
  EXPECT_EQ(found.governor, "powersave");
  EXPECT_TRUE(found.simultaneous_threads);
}

TEST(Surroundings, AMachineThatSaysNothingIsQuiet) {
  const Files files;
  const Surroundings found = gather_surroundings(files.root_);
  EXPECT_EQ(found.load_average, 0);
  EXPECT_EQ(found.governor, "");
  EXPECT_FALSE(found.simultaneous_threads);
  EXPECT_THAT(remarks(found), IsEmpty());
}

TEST(Remarks, OneForEachThingThatSpoilsAFigure) {
  EXPECT_THAT(remarks({.load_average = 0.2, .governor = "performance"}), IsEmpty());
  EXPECT_THAT(remarks({.load_average = 2.31}), ElementsAre(HasSubstr("load average 2.31")));
  EXPECT_THAT(remarks({.governor = "powersave"}), ElementsAre(HasSubstr("governor powersave")));
  EXPECT_THAT(remarks({.simultaneous_threads = true}), ElementsAre(HasSubstr("SMT")));
}

}  // namespace
}  // namespace ringstorm
