// Records with known truths, for the tests of what is made of a record.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>

#include "base/prng.h"
#include "compare/ab_record.h"

namespace ringstorm {

/// "throughput" (higher is better, 2 % and 5 %) and "latency.p99" (lower is better, 5 % and 10 %), both
/// gating.
inline std::vector<AbMetric> example_metrics() {
  return {{"throughput", "per_s", AbMetric::Better::higher, true, 0.02, 0.05, 0.20},
          {"latency.p99", "ns", AbMetric::Better::lower, true, 0.05, 0.10, 0.25}};
}

/// Roughly normal, of mean 0 and deviation 1: twelve uniforms (Irwin, Hall).
inline double bell(Prng& prng) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += prng.unit();
  return sum;
}

struct Truth {
  std::uint32_t rounds = 16;
  std::uint32_t pairs = 8;
  double throughput = 0;       ///< the change of b, as a logarithm
  double latency = 0;          ///< likewise
  double round_noise = 0.003;  ///< of a round's own luck on b
  double pair_noise = 0.02;    ///< of each slice
  std::uint64_t seed = 1;
};

/// Mirrored order: A B B A, or B A A B, as the seed draws.
inline AbRecord example_record(const Truth& truth) {
  Prng prng(truth.seed);
  AbRecord record;
  record.source = "ab";
  record.scenario = "example";
  record.seed = truth.seed;
  record.metrics = example_metrics();
  Duration now{0};
  for (std::uint32_t r = 0; r < truth.rounds; ++r) {
    AbRound round;
    const double luck = truth.round_noise * bell(prng);
    bool a_first = false;
    for (std::uint32_t p = 0; p < truth.pairs; ++p) {
      a_first = p % 2 == 0 ? prng.below(2) == 0 : !a_first;
      for (const bool first : {true, false}) {
        AbSlice slice;
        slice.side = first == a_first ? AbSide::a : AbSide::b;
        slice.pair = p;
        slice.start = now;
        slice.length = milliseconds(100);
        now += milliseconds(105);
        const double on_b = slice.side == AbSide::b ? 1 : 0;
        slice.values = {50'000 * std::exp(on_b * (truth.throughput + luck) + truth.pair_noise * bell(prng)),
                        800'000 * std::exp(on_b * (truth.latency + luck) + truth.pair_noise * bell(prng))};
        round.slices.push_back(slice);
      }
    }
    record.rounds.push_back(round);
  }
  return record;
}

/// The same with the sides exchanged.
inline AbRecord with_sides_exchanged(AbRecord record) {
  for (AbRound& round : record.rounds) {
    for (AbSlice& slice : round.slices) slice.side = slice.side == AbSide::a ? AbSide::b : AbSide::a;
    std::swap(round.values[0], round.values[1]);
  }
  std::swap(record.a, record.b);
  return record;
}

}  // namespace ringstorm
