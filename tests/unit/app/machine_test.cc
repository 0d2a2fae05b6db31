#include "app/machine.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

namespace ringstorm {
namespace {

namespace fs = std::filesystem;

/// A machine made of files in a temporary folder.
class FakeMachine : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "ringstorm-machine-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    const fs::path file = root_ + path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::string root_;
};

TEST_F(FakeMachine, TellsWhatItsFilesSay) {
  write("/proc/sys/kernel/osrelease", "6.1.0-13-amd64\n");
  write("/proc/cpuinfo", "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some CPU @ 2.00GHz\n");
  write("/proc/meminfo", "MemTotal:       32768 kB\nMemAvailable:   12345 kB\n");
  write("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
  write("/proc/sys/net/core/somaxconn", "4096\n");
  write("/proc/sys/net/netfilter/nf_conntrack_max", "262144\n");
  write("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  write("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil\n");

  const MachineFacts facts = gather_machine_facts(root_);
  EXPECT_EQ(facts.kernel_release, "6.1.0-13-amd64");
  EXPECT_EQ(facts.cpu_model, "Some CPU @ 2.00GHz");
  EXPECT_EQ(facts.available_memory_bytes, 12345u * 1024);
  EXPECT_EQ(facts.ephemeral_ports(), 28'232u);
  EXPECT_EQ(facts.somaxconn, 4096u);
  EXPECT_EQ(facts.tracked_connections, 262'144u);
  EXPECT_EQ(facts.clock_source, "tsc");
  EXPECT_EQ(facts.governor, "schedutil");
}

TEST_F(FakeMachine, WithoutFilesIsUnknownAndNotAnError) {
  const MachineFacts facts = gather_machine_facts(root_);
  EXPECT_EQ(facts.kernel_release, "");
  EXPECT_EQ(facts.cpu_model, "");
  EXPECT_EQ(facts.available_memory_bytes, 0u);
  EXPECT_EQ(facts.ephemeral_ports(), 0u);
  EXPECT_EQ(facts.somaxconn, 0u);
  EXPECT_EQ(facts.clock_source, "");
  EXPECT_EQ(limits_of(facts, true).ephemeral_ports, MachineLimits{}.ephemeral_ports);
}

TEST_F(FakeMachine, NonsenseInAFileIsUnknown) {
  write("/proc/meminfo", "MemAvailable: plenty\nMemAvailableToo: 5 kB\n");
  write("/proc/sys/net/ipv4/ip_local_port_range", "60999 32768\n");
  write("/proc/sys/net/core/somaxconn", "many\n");
  const MachineFacts facts = gather_machine_facts(root_);
  EXPECT_EQ(facts.available_memory_bytes, 0u);
  EXPECT_EQ(facts.ephemeral_ports(), 0u);
  EXPECT_EQ(facts.somaxconn, 0u);
}

TEST(Machine, ThisOneHasCoresAndLimits) {
  cpu_set_t set;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(set), &set), 0);
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);

  const MachineFacts facts = gather_machine_facts();
  EXPECT_EQ(facts.cores_usable, static_cast<unsigned>(CPU_COUNT(&set)));
  EXPECT_EQ(facts.open_files_soft, files.rlim_cur);
  EXPECT_EQ(facts.open_files_hard, files.rlim_max);
  EXPECT_NE(facts.kernel_release, "");
}

TEST(Machine, LimitsAreThoseOfTheFacts) {
  MachineFacts facts;
  facts.cores_usable = 3;
  facts.open_files_soft = 1024;
  facts.open_files_hard = 20'000;
  facts.first_ephemeral_port = 1000;
  facts.last_ephemeral_port = 1999;
  facts.available_memory_bytes = 77;
  const MachineLimits limits = limits_of(facts, false);
  EXPECT_EQ(limits.cores, 3u);
  EXPECT_EQ(limits.open_files, 20'000u);
  EXPECT_EQ(limits.ephemeral_ports, 1000u);
  EXPECT_EQ(limits.available_memory_bytes, 77u);
  EXPECT_FALSE(limits.direct_descriptors);
}

TEST(Machine, RaisesTheSoftLimitToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit lowered{std::min<rlim_t>(before.rlim_max, 256), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lowered), 0);

  EXPECT_EQ(raise_open_files(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace ringstorm
