#include "io/capabilities.h"

#include <cstdio>
#include <string>

#include <gtest/gtest.h>
#include <sys/utsname.h>

namespace ringstorm {
namespace {

/// The kernel's version as it says itself: an oracle, though a distribution may have carried a feature back.
int kernel_version() {
  utsname name{};
  int major = 0;
  int minor = 0;
  if (::uname(&name) != 0 || std::sscanf(name.release, "%d.%d", &major, &minor) != 2) return 0;
  return major * 1'000 + minor;
}

TEST(CapabilitiesTest, ThisKernelHasWhatItsVersionPromises) {
  const Capabilities found = probe_capabilities();
  if (!found.io_uring) GTEST_SKIP() << found.error;
  EXPECT_EQ(found.error, "");
  const int version = kernel_version();
  for (const Capability& capability : found.list()) {
    int major = 0;
    int minor = 0;
    ASSERT_EQ(std::sscanf(capability.since, "Linux %d.%d", &major, &minor), 2) << capability.since;
    if (version >= major * 1'000 + minor) {
      EXPECT_TRUE(capability.present) << capability.name;
    }
  }
}

TEST(CapabilitiesTest, ProbingTwiceFindsTheSame) {
  const auto first = probe_capabilities().list();
  const auto second = probe_capabilities().list();
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_EQ(first[i].present, second[i].present) << first[i].name;
}

TEST(CapabilitiesTest, WhatIsRequiredDecidesWhetherItSuffices) {
  Capabilities all{.io_uring = true,
                   .error = {},
                   .ext_arg = true,
                   .cqe_skip = true,
                   .direct_sockets = true,
                   .buffer_ring = true,
                   .multishot_receive = true,
                   .multishot_accept = true};
  EXPECT_TRUE(all.sufficient());
  for (const Capability& capability : all.list()) {
    EXPECT_EQ(capability.present, std::string(capability.without) == "required") << capability.name;
  }
  for (bool Capabilities::*required :
       {&Capabilities::io_uring, &Capabilities::ext_arg, &Capabilities::cqe_skip,
        &Capabilities::direct_sockets, &Capabilities::buffer_ring, &Capabilities::multishot_receive,
        &Capabilities::multishot_accept}) {
    Capabilities without = all;
    without.*required = false;
    EXPECT_FALSE(without.sufficient());
  }
}

}  // namespace
}  // namespace ringstorm
