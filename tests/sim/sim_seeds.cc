#include "sim/sim_seeds.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ringstorm {
namespace {

volatile std::uint64_t current_seed = 0;

void say_seed() {
  char text[64];
  const int size = std::snprintf(text, sizeof text, "reproduce with RINGSTORM_SIM_SEED=%llu\n",
                                 static_cast<unsigned long long>(current_seed));
  if (::write(STDERR_FILENO, text, static_cast<std::size_t>(size)) < 0) return;
}

void on_abort(int) {
  say_seed();
  std::signal(SIGABRT, SIG_DFL);
}

std::uint64_t number_in_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kSanitizerShare = 16;
#else
constexpr std::uint64_t kSanitizerShare = 1;
#endif

}  // namespace

void for_each_seed(std::uint64_t seeds, const std::function<void(std::uint64_t)>& run) {
  const std::uint64_t one = number_in_environment("RINGSTORM_SIM_SEED", 0);
  const std::uint64_t last = number_in_environment("RINGSTORM_SIM_SEEDS", seeds / kSanitizerShare);
  std::signal(SIGABRT, on_abort);
  for (std::uint64_t seed = one != 0 ? one : 1; seed <= (one != 0 ? one : last); ++seed) {
    current_seed = seed;
    run(seed);
    if (testing::Test::HasFailure()) return say_seed();
  }
  std::signal(SIGABRT, SIG_DFL);
}

}  // namespace ringstorm
