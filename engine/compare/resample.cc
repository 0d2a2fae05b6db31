#include "compare/resample.h"

#include <map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ringstorm {
namespace {

using PairOfSlices = std::vector<const AbSlice*>;
/// Which metrics a slice measured.
using Kind = std::vector<bool>;

Kind kind_of(const AbSlice& slice) {
  Kind kind;
  for (const auto& value : slice.values) kind.push_back(value.has_value());
  return kind;
}

/// Pairs that may take each other's place. One whose slices differ in what they measured has its own kind.
std::map<Kind, std::vector<PairOfSlices>> pairs_by_kind(const AbRound& round) {
  std::map<std::uint32_t, PairOfSlices> pairs;
  for (const AbSlice& slice : round.slices) pairs[slice.pair].push_back(&slice);
  std::map<Kind, std::vector<PairOfSlices>> kinds;
  for (auto& [number, pair] : pairs) {
    Kind kind;
    for (const AbSlice* slice : pair) {
      const Kind of_slice = kind_of(*slice);
      kind.insert(kind.end(), of_slice.begin(), of_slice.end());
    }
    kinds[kind].push_back(std::move(pair));
  }
  return kinds;
}

AbSide other(AbSide side) {
  return side == AbSide::a ? AbSide::b : AbSide::a;
}

AbRound drawn(const AbRound& round, bool swapped, Prng& prng) {
  AbRound result;
  result.spoiled = round.spoiled;
  result.values = round.values;
  if (swapped) std::swap(result.values[0], result.values[1]);
  std::uint32_t number = 0;
  Duration start{0};
  for (const auto& [kind, pairs] : pairs_by_kind(round)) {
    for (std::size_t i = 0; i < pairs.size(); ++i, ++number) {
      for (const AbSlice* slice : pairs[prng.below(pairs.size())]) {
        AbSlice& copy = result.slices.emplace_back(*slice);
        copy.pair = number;
        copy.start = start;
        if (swapped) copy.side = other(copy.side);
        start += copy.length;
      }
    }
  }
  return result;
}

}  // namespace

AbRecord resampled(const AbRecord& record, std::size_t rounds, Relabel relabel, Prng& prng) {
  RS_CHECK(!record.rounds.empty());
  AbRecord result = record;
  result.rounds.clear();
  for (std::size_t i = 0; i < rounds; ++i) {
    const AbRound& round = record.rounds[prng.below(record.rounds.size())];
    const bool swapped = relabel == Relabel::by_round && prng.below(2) == 1;
    result.rounds.push_back(drawn(round, swapped, prng));
  }
  return result;
}

void AbVerdictCounts::count(AbVerdict verdict) {
  ++all;
  ok += verdict == AbVerdict::ok;
  regressed += verdict == AbVerdict::regressed;
  inconclusive += verdict == AbVerdict::inconclusive;
}

AbVerdictCounts judge_resampled(const AbRecord& record, Relabel relabel, std::uint64_t most, Duration time,
                                std::uint64_t seed) {
  Prng prng(seed);
  AbVerdictCounts counts;
  const Instant end = MonotonicClock::now() + time;
  do {
    counts.count(judge(resampled(record, record.rules.looks.back(), relabel, prng)).verdict);
  } while (counts.all < most && MonotonicClock::now() < end);
  return counts;
}

}  // namespace ringstorm
