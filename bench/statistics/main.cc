// What each way of comparing two servers costs in false alarms and misses, on simulated machines. The table
// behind the choice of method, for whoever doubts it or changes it.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "statistics/methods.h"
#include "stats/confidence.h"

namespace ringstorm::statistics {
namespace {

constexpr std::array kMoods{
    Mood{"calm", 0.02, 0.015, 0, 0, 0.01, 0.003, 0},
    Mood{"noisy", 0.08, 0.05, 25, 0.3, 0.03, 0.004, 0},
    Mood{"hostile", 0.40, 0.20, 10, 0.7, 0.15, 0.010, 0},
};
// A disturbance in step with pairs of slices: what a fixed order mistakes for a difference.
constexpr Mood kPeriodic{"periodic", 0.02, 0.015, 0, 0, 0.01, 0.003, 0.2201};

std::uint64_t alarms(const Method& method, const Mood& mood, double effect, std::uint64_t trials,
                     std::uint64_t seed) {
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < trials; ++i) {
    Prng prng(seed + i);
    if (method.alarm({mood, effect, prng})) ++count;
  }
  return count;
}

std::string share(std::uint64_t count, std::uint64_t of) {
  const double percent = 100.0 * static_cast<double>(count) / static_cast<double>(of);
  return fmt::format("{:.{}f} %", percent, percent < 10 ? 1 : 0);
}

void print_methods(double effect, std::uint64_t trials, std::uint64_t seed) {
  fmt::print("| {:<34} ", "false alarms / power");
  for (const Mood& mood : kMoods) fmt::print("| {:<16} ", mood.name);
  fmt::print("| {} |\n|---|---|---|---|---|\n", kPeriodic.name);
  for (const Method& method : kMethods) {
    fmt::print("| {:<34} ", method.name);
    for (const Mood& mood : kMoods) {
      fmt::print("| {:<16} ", share(alarms(method, mood, 0, trials, seed), trials) + " / " +
                                  share(alarms(method, mood, effect, trials, seed), trials));
    }
    fmt::print("| {} |\n", share(alarms(method, kPeriodic, 0, trials, seed), trials));
    std::fflush(stdout);
  }
}

struct Verdicts {
  std::array<std::uint64_t, 4> counts{};
  std::uint64_t rounds = 0;
};

Verdicts verdicts(const Mood& mood, double effect, std::uint64_t trials, std::uint64_t seed) {
  Verdicts all;
  for (std::uint64_t i = 0; i < trials; ++i) {
    Prng prng(seed + i);
    const AbJudgement judgement = with_looks({mood, effect, prng});
    ++all.counts[static_cast<std::size_t>(judgement.verdict)];
    all.rounds += judgement.rounds;
  }
  return all;
}

void print_looks(std::uint64_t trials, std::uint64_t seed) {
  fmt::print(
      "\nRounds of 60 pairs of 0.10 s, looks after 6, 10 and 16 of them:\n\n"
      "| machine, true change | ok | regressed | inconclusive | rounds |\n|---|---|---|---|---|\n");
  for (const Mood& mood : kMoods) {
    for (const double percent : {0.0, -2.0, -5.0, -10.0}) {
      const Verdicts v = verdicts(mood, std::log1p(percent / 100), trials, seed);
      fmt::print("| {}, {:+.0f} % | {} | {} | {} | {:.1f} |\n", mood.name, percent,
                 share(v.counts[0], trials), share(v.counts[1], trials), share(v.counts[2], trials),
                 static_cast<double>(v.rounds) / static_cast<double>(trials));
      std::fflush(stdout);
    }
  }
}

int main_program(int argc, char** argv) {
  CLI::App app("False alarms and misses of ways to compare two servers, on simulated machines");
  std::uint64_t trials = 300;
  std::uint64_t seed = 1;
  double effect = 0.05;
  app.add_option("--trials", trials, "Comparisons for each figure")
      ->check(CLI::Range(10ULL, 1'000'000ULL))
      ->capture_default_str();
  app.add_option("--seed", seed)->capture_default_str();
  app.add_option("--slower", effect, "How much slower b is where power is shown")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  fmt::print(
      "{} comparisons for each figure (1 % of them: 95 % interval {:.2f} to {:.2f} %), each of 120 s of "
      "measuring;\n"
      "false alarms / power at {:.1f} % slower.\n\n",
      trials, 100 * ratio_interval(trials / 100, trials)->low,
      100 * ratio_interval(trials / 100, trials)->high, effect * 100);
  print_methods(std::log1p(-effect), trials, seed);
  print_looks(trials, seed);
  return 0;
}

}  // namespace
}  // namespace ringstorm::statistics

int main(int argc, char** argv) {
  return ringstorm::statistics::main_program(argc, argv);
}
