// How `ringstorm capacity` looks for the most a server carries: a pure policy that says which load to run
// next and for how long, is told how it went, and ends with an answer and its reason. It runs nothing and
// knows no units: the load is messages per second, connections, or connections per second, as the caller
// means it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace ringstorm {

struct CapacityRules {
  double start = 1'000;                                   ///< the first load tried
  double least = 1;                                       ///< no lower one is tried; > 0
  double most = std::numeric_limits<double>::infinity();  ///< no higher one is tried
  double factor = 2;                                      ///< from one step of the climb to the next; > 1
  double resolution = 0.05;  ///< it ends when what was missed is at most this share above what was met; > 0
  bool whole = false;        ///< connections come whole
  std::size_t most_steps = 40;         ///< in all, repeats and confirmations too; > 0
  std::size_t most_confirmations = 4;  ///< each that fails goes down by twice as much as the one before
  std::size_t most_repeats = 1;        ///< of a step that could not be judged

  // A step lasts until its least certain threshold has enough samples.
  double quantile = 0.99;       ///< the highest one in a threshold; 0 when there is none
  double samples_per_unit = 1;  ///< samples a second for each unit of load: 1 for a rate, the messages a
                                ///< second of each connection for a count; 0 when it is not known
  double sample_margin = 2;     ///< times the sample floor: a run at the limit answers less than it is asked
  Duration shortest = seconds(5);
  Duration longest = seconds(60);
};

struct CapacityStep {
  enum class Purpose : std::uint8_t { climb, bisect, confirm };
  double load = 0;
  Purpose purpose = Purpose::climb;
  Duration at_least{0};  ///< how long to measure
  friend bool operator==(const CapacityStep&, const CapacityStep&) = default;
};

/// How a step went.
enum class StepOutcome : std::uint8_t {
  met,                ///< every threshold held
  missed,             ///< one failed, and the generator was not the reason
  generator_limited,  ///< the load was not made as planned: this says nothing about the server
  invalid,            ///< it could not be judged: cut short, or too few samples
};

struct CapacityAnswer {
  enum class End : std::uint8_t {
    found,              ///< `load` is met and confirmed, `beyond` is not met
    most_reached,       ///< as for CapacityRules::most; the server carries at least that
    generator_limited,  ///< the server carries at least `load`; at `beyond` the generator is the limit
    never_met,          ///< not even the least load is met
    unconfirmed,        ///< what was met once was not met again, down to `beyond`
    not_judged,         ///< a run at `beyond` could not be judged, though it was repeated
    out_of_steps,
  };
  End end = End::out_of_steps;
  std::optional<double> load;    ///< the highest that met the thresholds; nothing when none did
  bool confirmed = false;        ///< the run to confirm it met them
  std::optional<double> beyond;  ///< the lowest tried that ends the range, for the reason that `end` names
};

/// Climbs by `factor` from `start` while steps are met, or down until one is; bisects (by the geometric mean)
/// between what was met and what was not; runs the highest that was met once more. A confirmation that fails
/// goes down by `resolution`, then by twice and four times that.
///
/// Where the generator is the limit, the range ends as it does at a miss, but the answer is "at least": never
/// the server's capacity. A step is repeated, up to `most_repeats` times, when it was invalid or when the
/// generator was the limit at a load that it has already made.
///
/// With a server that meets exactly what is up to its knee: the answer lies within `resolution` below it,
/// after about log(knee / start) / log(factor) + log2(log(factor) / log(1 + resolution)) + 3 steps.
class CapacitySearch {
 public:
  struct Tried {
    CapacityStep step;
    StepOutcome outcome;
  };

  explicit CapacitySearch(const CapacityRules& rules);

  /// The step to run now; the same until its result is told. Nothing when the search has ended.
  std::optional<CapacityStep> next() const;
  /// How next() went. Not to be called after the end.
  void result(const CapacityStep& step, StepOutcome outcome);

  const CapacityAnswer& answer() const;  ///< after the end
  std::span<const Tried> steps() const { return tried_; }

 private:
  using Purpose = CapacityStep::Purpose;

  bool repeat(StepOutcome outcome);
  void learn(StepOutcome outcome);
  void after_search();
  void after_confirmation(StepOutcome outcome);
  void climb();
  void descend();
  void bisect();
  void step_down();
  bool is_narrow() const;
  double between() const;
  double tidy(double load) const;
  double tidy_beyond(double from, double to) const;
  void go_to(double load, Purpose purpose);
  void end(CapacityAnswer::End end, bool confirmed = false);
  CapacityAnswer::End end_of_the_range() const;

  CapacityRules rules_;
  std::optional<CapacityStep> step_;
  std::optional<double> met_;    ///< the highest so far, and below `bound_`
  std::optional<double> bound_;  ///< the lowest that was not met
  bool bound_is_generators_ = false;
  double made_ = 0;  ///< the highest load that the generator made as planned
  std::size_t repeats_ = 0;
  std::size_t failed_confirmations_ = 0;
  std::vector<Tried> tried_;
  CapacityAnswer answer_;
};

/// How long a step at `load` must measure: `sample_margin` times the sample floor of the quantile, within
/// `shortest` and `longest`.
Duration step_length(const CapacityRules& rules, double load);

std::string_view to_string(CapacityStep::Purpose purpose);
std::string_view to_string(StepOutcome outcome);
/// "10,200/s meets the thresholds, confirmed; 10,700/s does not". `unit` follows each load: "/s", "
/// connections".
std::string explain(const CapacityAnswer& answer, std::string_view unit);

}  // namespace ringstorm
