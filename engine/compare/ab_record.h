// What was measured of two sides beside each other: plain data, complete, from which judge() makes its
// verdict and nothing else. It does not know how it was measured: `ringstorm ab` fills it slice by slice,
// `compare` from stored results.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace ringstorm {

/// a is what there was, b is what is new: every change is b against a.
enum class AbSide : std::uint8_t { a, b };

/// One quantity, and what a change of it means.
struct AbMetric {
  enum class Better : std::uint8_t { higher, lower };
  std::string name;  ///< "throughput", "latency.p99", "cpu_per_message"
  std::string unit;  ///< of the values: "per_s", "ns"
  Better better = Better::lower;
  bool gates = false;  ///< decides the verdict; others are only shown
  /// A share of a's value, > 0 and < 1: nothing smaller is ever called a regression.
  double minimum_effect = 0.05;
  /// A share of a's value, >= minimum_effect and < 1: ok says that the metric got worse by less than this.
  double tolerance = 0.10;
  /// The share of a round's pairs left out at *each* end before their mean is taken, >= 0 and < 0.5.
  double trim = 0.20;
  friend bool operator==(const AbMetric&, const AbMetric&) = default;
};

/// What went on around a slice, whichever side was measured in it. Shares of 1, of the machine's processors
/// over the slice; nothing where it was not measured.
struct AbSurroundings {
  std::optional<double> steal;        ///< time the hypervisor gave to others
  std::optional<double> foreign_cpu;  ///< processor time of neither the generator nor a server under test
  std::optional<double>
      cpu_pressure;  ///< some task waited; shown, never a reason: a slow side makes it itself
  /// What else spoils a slice, each a fixed name such as "generator limited", "clock step". Only of what does
  /// not follow from which side was measured, or from its values.
  std::vector<std::string> marks;
  friend bool operator==(const AbSurroundings&, const AbSurroundings&) = default;
};

/// A stretch of time in which one side was measured.
struct AbSlice {
  AbSide side = AbSide::a;
  std::uint32_t pair = 0;  ///< two slices of a round share it, one of each side, next to each other in time
  Duration start{0};       ///< since the record began; with it the order in the round
  Duration length{0};
  /// One for each of AbRecord::metrics, in their order; nothing where this slice did not measure it. > 0.
  std::vector<std::optional<double>> values;
  /// The longest time within it in which nothing was answered while something was outstanding.
  std::optional<Duration> longest_pause;
  AbSurroundings around;
  friend bool operator==(const AbSlice&, const AbSlice&) = default;
};

/// What fresh servers were measured for: the unit of the statistics. Slices of one round resemble one
/// another, by how their servers' memory happened to fall for example; rounds do so less.
struct AbRound {
  std::vector<AbSlice> slices;
  /// Metrics that are measured once in a round, by side and in the order of AbRecord::metrics; empty, or
  /// nothing, where slices measure them. > 0.
  std::array<std::vector<std::optional<double>>, 2> values;
  /// Why the round cannot count, whatever it measured ("the server on side b died"); empty when it can.
  std::string spoiled;
  friend bool operator==(const AbRound&, const AbRound&) = default;
};

/// How it is judged: fixed before the first round, and never changed by what was seen.
struct AbRules {
  /// The chance of a false alarm, over all gated metrics, the stall test and all looks. > 0 and < 1.
  double alpha = 0.01;
  /// The chance that a metric which got worse by its tolerance is called ok, over all looks. > 0 and < 1.
  double beta = 0.05;
  /// The numbers of counting rounds at which it is judged, rising; the last ends it. Not empty, each >= 1.
  std::vector<std::uint32_t> looks{6, 10, 16};
  /// A slice without an answer for longer than this, though something was outstanding, has stalled. Nothing:
  /// stalls are not judged.
  std::optional<Duration> stall_pause = milliseconds(100);
  /// A pair goes when `steal` or `foreign_cpu` of one of its slices is above the first, or differs between
  /// the two by more than the second. Shares of 1.
  double most_steal = 0.20;
  double most_difference = 0.25;
  /// A round with a smaller share of its pairs left does not count. 0 to 1.
  double least_kept = 0.5;
  friend bool operator==(const AbRules&, const AbRules&) = default;
};

/// How the two sides were laid in time.
enum class AbDesign : std::uint8_t {
  alternating,  ///< each round measured both sides in turns: rounds are scored by pairs
  batches,      ///< every round measured one side alone, in an order that was not drawn: no round has a pair
};

/// Who the two sides are.
struct AbSubject {
  std::string label;     ///< "base", "new", a revision; for a person
  std::string what;      ///< a command, a URL, the names of reports
  std::string revision;  ///< a commit or version when it is known, or empty
  friend bool operator==(const AbSubject&, const AbSubject&) = default;
};

/// Something that is not alike on the two sides, or should be known: "kernel", "6.1", "6.18".
struct AbDifference {
  std::string what;
  std::string a;
  std::string b;
  friend bool operator==(const AbDifference&, const AbDifference&) = default;
};

struct AbRecord {
  std::string source;      ///< "ab", "reports", "google-benchmark"
  std::string scenario;    ///< its name
  std::string started_at;  ///< UTC, "2026-11-25T13:08:58Z", or empty
  std::string version;     ///< of ringstorm, with its commit
  std::string machine;     ///< one line, for a person
  std::uint64_t seed = 0;  ///< of the order of the slices, and of sampled sign flips
  AbDesign design = AbDesign::alternating;
  AbSubject a;
  AbSubject b;
  std::vector<AbDifference> differences;
  /// Why no verdict can follow, so that the figures only advise: then it is `inconclusive`. Empty when it
  /// can.
  std::string advisory;
  /// Why nothing can be judged: what failed, each a sentence. Not empty: the verdict is `not_valid`.
  std::vector<std::string> invalid;
  std::vector<AbMetric> metrics;
  AbRules rules;
  std::vector<AbRound> rounds;  ///< in the order they were measured
  friend bool operator==(const AbRecord&, const AbRecord&) = default;
};

}  // namespace ringstorm
