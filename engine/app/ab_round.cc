#include "app/ab_round.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "app/ab_sides.h"
#include "app/ab_surroundings.h"
#include "base/prng.h"
#include "load/slice_order.h"
#include "plan/slice_load.h"
#include "runner/cores.h"
#include "runner/paired_run.h"
#include "runner/process_tree.h"

namespace ringstorm {
namespace {

/// Its place in kAbMeasured.
enum class Measured : std::uint8_t {
  throughput,
  latency_p50,
  latency_p99,
  latency_p999,
  connection_rate,
  cpu_per_message
};

// A single quantile of so few messages is rough; it is the mean over many slices that is judged.
constexpr std::uint64_t kLeastForP50 = 20;
constexpr std::uint64_t kLeastForP99 = 100;
constexpr std::uint64_t kLeastForP999 = 1000;
constexpr std::size_t kLatencyWarmupPairs = 1;

using Values = std::vector<std::optional<double>>;

void set(Values& values, Measured measured, double value) {
  const auto place = static_cast<std::size_t>(measured);
  if (std::isfinite(value) && value > 0 && place < values.size()) values[place] = value;
}

std::size_t side_index(bool is_first) {
  return is_first ? 0 : 1;
}

/// Slices of one kind of load, one after the other.
struct Layout {
  std::vector<bool> order;  ///< true: side A's
  SliceTiming timing;
  std::size_t warmup = 0;  ///< how many of them come first and are not recorded

  std::vector<StageSpan> spans_of(std::size_t side) const {
    std::vector<StageSpan> spans;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (side_index(order[i]) == side)
        spans.push_back({.name = std::to_string(i), .begin = timing.begin(i), .end = timing.end(i)});
    }
    return spans;
  }
  Duration length() const { return timing.length(order.size()); }
  /// In the middle of every gap.
  std::vector<Duration> moments() const {
    std::vector<Duration> moments;
    for (std::size_t i = 0; i <= order.size(); ++i) moments.push_back(timing.begin(i) - timing.gap / 2);
    return moments;
  }
};

Histogram all_latencies(const StageMeasurements& stage) {
  Histogram all;
  all.merge(stage.latency);
  all.merge(stage.censored);  // at least so long
  return all;
}

std::string most_frequent_failure(const Measurements& measured) {
  const auto rows = measured.failures.rows();
  const auto most = std::ranges::max_element(rows, {}, &FailureTable::Row::count);
  return most == rows.end() ? "no reason was given" : to_string(most->failure);
}

std::optional<Error> refused(std::size_t side, const Measurements& measured, std::uint64_t planned) {
  const Counters& counters = measured.counters;
  // A server that leaves our close unanswered has still served everything.
  std::uint64_t lost = counters.connections_lost;
  for (const FailureTable::Row& row : measured.failures.rows()) {
    if (row.failure.cause == Cause::close_timed_out) lost -= std::min(lost, row.count);
  }
  if (counters.connections_opened == planned && lost == 0) return std::nullopt;
  return Error{fmt::format("server {}", kSideNames[side]),
               fmt::format("of {} connections {} could not be opened and {} were lost: {}", planned,
                           planned - std::min(planned, counters.connections_opened), lost,
                           most_frequent_failure(measured)),
               ""};
}

/// What is measured in one go: the sides of a round, and where the results go.
class Round {
 public:
  Round(const AbSetup& setup, const Site& site, AbSides& sides, AbPace& pace, Instant begin,
        std::uint64_t seed)
      : setup_(setup), site_(site), sides_(sides), pace_(pace), begin_(begin), prng_(seed) {}

  AbRoundResult measure(const std::function<void(const char*)>& tell) {
    tell("saturation");
    if (!measure_saturation()) return std::move(result_);
    tell("latency");
    if (!measure_latency()) return std::move(result_);
    tell("connections");
    measure_connections();
    return std::move(result_);
  }

 private:
  using End = AbRoundResult::End;

  bool fail(std::vector<Error> errors) {
    result_.end = End::failed;
    result_.errors = std::move(errors);
    return false;
  }

  Layout layout(std::size_t warmup_pairs, Duration slice) {
    return {.order = mirrored_order(warmup_pairs + setup_.pairs, prng_.next()),
            .timing = {.slice = slice, .gap = pace_.gap},
            .warmup = 2 * warmup_pairs};
  }

  bool measure_saturation() {
    const Duration pair = 2 * (setup_.slice + pace_.gap);
    const auto warmup_pairs = static_cast<std::size_t>((setup_.warmup + pair - Duration{1}) / pair);
    const Layout slices = layout(warmup_pairs, setup_.slice);
    const auto make = [&](std::size_t side) { return saturating(setup_.scenario, sides_.url(side)); };
    return run(slices, make,
               [&](AbSlice& slice, const StageMeasurements& stage, std::optional<Duration> cpu) {
                 const double answered = static_cast<double>(stage.answered_within);
                 set(slice.values, Measured::throughput, answered / to_seconds(slice.length));
                 answered_[static_cast<std::size_t>(slice.side)] += answered / to_seconds(slice.length);
                 if (cpu && stage.answered > 0)
                   set(slice.values, Measured::cpu_per_message,
                       static_cast<double>(cpu->count()) / static_cast<double>(stage.answered));
               });
  }

  bool measure_latency() {
    if (!pace_.rate) pace_.rate = found_rate();
    const Layout slices = layout(kLatencyWarmupPairs, latency_slice(*pace_.rate, setup_.slice));
    const auto make = [&](std::size_t side) { return paced(setup_.scenario, sides_.url(side), *pace_.rate); };
    return run(slices, make, [&](AbSlice& slice, const StageMeasurements& stage, std::optional<Duration>) {
      const Histogram latencies = all_latencies(stage);
      const auto quantile = [&](Measured measured, double q, std::uint64_t least) {
        if (latencies.count() >= least)
          set(slice.values, measured, static_cast<double>(latencies.quantile(q)->count()));
      };
      quantile(Measured::latency_p50, 0.50, kLeastForP50);
      quantile(Measured::latency_p99, 0.99, kLeastForP99);
      quantile(Measured::latency_p999, 0.999, kLeastForP999);
    });
  }

  Rate found_rate() const {
    if (setup_.scenario.rate) return setup_.scenario.rate->from;
    const double slices = static_cast<double>(setup_.pairs);
    return rate_below(answered_[0] / slices, answered_[1] / slices);
  }

  /// Both loads side by side, and what `value_of` makes of each slice. False when that ended the round.
  template <class MakeScenario, class ValueOf>
  bool run(const Layout& slices, MakeScenario make, ValueOf value_of) {
    std::vector<Plan> plans;
    for (std::size_t side = 0; side < 2; ++side) {
      auto plan = make_plan(make(side), site_.limits());
      if (!plan) return fail(plan.errors());
      slice_load(*plan, slices.spans_of(side), slices.length());
      plans.push_back(std::move(*plan));
    }
    judge_generator_ =
        !server_cores(plans[0]).empty() && setup_.scenario.generator_limits == GeneratorLimits::fail;
    samples_.clear();
    std::optional<Error> death;
    const auto look = [&](std::size_t, Instant due, Instant now) {
      if (samples_.empty()) start_ = due - slices.timing.gap / 2;
      add_sample(due, now);
      death = sides_.ended();
      return !death;
    };
    auto results =
        run_paired({PairedLoad{plans[0], sides_.addresses(0)}, PairedLoad{plans[1], sides_.addresses(1)}},
                   site_.capabilities, {.moments = slices.moments(), .look = look, .first = prng_.below(2)});
    if (!results) return fail(results.errors());
    if (!went_well(*results, plans, death)) return false;
    keep(slices, *results, value_of);
    return true;
  }

  void add_sample(Instant due, Instant now) {
    if (threads_.empty()) threads_ = own_threads();
    AbSample sample = take_ab_sample(now, threads_);
    sample.late = now - due;
    for (std::size_t side = 0; side < 2; ++side) sample.server_cpu[side] = sides_.cpu_time(side);
    samples_.push_back(std::move(sample));
  }

  bool went_well(const std::array<RunResult, 2>& results, const std::vector<Plan>& plans,
                 std::optional<Error> death) {
    return ended_well(results[0], death) && was_served(0, results[0], plans[0]) &&
           was_served(1, results[1], plans[1]);
  }

  bool ended_well(const RunResult& result, std::optional<Error> death) {
    threads_.clear();
    if (result.abandoned) result_.end = End::abandoned;
    if (result.abandoned) return false;
    if (!death) death = sides_.ended();
    if (death) return fail({*death});
    if (result.interrupted) result_.end = End::interrupted;
    return !result.interrupted;
  }

  bool was_served(std::size_t side, const RunResult& result, const Plan& plan) {
    const auto error = refused(side, result.measurements, plan.load.planned_connections);
    return !error || fail({*error});
  }

  template <class ValueOf>
  void keep(const Layout& slices, const std::array<RunResult, 2>& results, ValueOf value_of) {
    std::array<std::size_t, 2> next{};
    Histogram all;
    for (std::size_t i = 0; i < slices.order.size() && i + 1 < samples_.size(); ++i) {
      const std::size_t side = side_index(slices.order[i]);
      const StageMeasurements& stage = results[side].measurements.stages[next[side]++];
      if (i < slices.warmup) continue;
      AbSlice slice =
          new_slice(side, i - slices.warmup, start_ + slices.timing.begin(i), slices.timing.slice);
      slice.longest_pause = stage.longest_pause;
      slice.around = surroundings_between(samples_[i], samples_[i + 1], judge_generator_);
      value_of(slice, stage, server_cpu(side, samples_[i], samples_[i + 1], slices.timing.gap));
      all.merge(stage.latency);
      result_.round.slices.push_back(std::move(slice));
    }
    pairs_before_ += static_cast<std::uint32_t>((slices.order.size() - slices.warmup) / 2);
    longest_ = std::max(longest_, all.quantile(0.999).value_or(Duration{0}));
    pace_.gap = guard_gap(longest_);
  }

  // Nothing where it is not told, or when one of the samples holds some of another slice.
  static std::optional<Duration> server_cpu(std::size_t side, const AbSample& begin, const AbSample& end,
                                            Duration gap) {
    const auto& before = begin.server_cpu[side];
    const auto& after = end.server_cpu[side];
    if (!before || !after || std::max(begin.late, end.late) > gap / 2) return std::nullopt;
    return *after - *before;
  }

  AbSlice new_slice(std::size_t side, std::size_t number, Instant start, Duration length) const {
    AbSlice slice;
    slice.side = side == 0 ? AbSide::a : AbSide::b;
    slice.pair = pairs_before_ + static_cast<std::uint32_t>(number / 2);
    slice.start = start - begin_;
    slice.length = length;
    slice.values.resize(measured_metrics(setup_).size());
    return slice;
  }

  bool measure_connections() {
    const std::vector<bool> order = mirrored_order(setup_.connection_pairs, prng_.next());
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (!open_connections(side_index(order[i]), i)) return false;
    }
    return true;
  }

  bool open_connections(std::size_t side, std::size_t number) {
    auto plan = make_plan(connecting(setup_.scenario, sides_.url(side)), site_.limits());
    if (!plan) return fail(plan.errors());
    // It has nothing to say before it is over.
    slice_load(*plan, {{.name = "never", .begin = seconds(1), .end = seconds(2)}}, milliseconds(1));
    samples_.clear();
    const Instant start = MonotonicClock::now();
    add_sample(start, start);
    const auto result = run_plan(*plan, sides_.addresses(side), site_.capabilities, {});
    if (!result) return fail(result.errors());
    add_sample(start + result->total, start + result->total);
    if (!ended_well(*result, std::nullopt) || !was_served(side, *result, *plan)) return false;
    AbSlice slice = new_slice(side, number, start, result->opening);
    slice.around = surroundings_between(samples_[0], samples_[1], judge_generator_);
    set(slice.values, Measured::connection_rate,
        static_cast<double>(result->measurements.counters.connections_opened) / to_seconds(result->opening));
    result_.round.slices.push_back(std::move(slice));
    return true;
  }

  const AbSetup& setup_;
  const Site& site_;
  AbSides& sides_;
  AbPace& pace_;
  const Instant begin_;
  Prng prng_;
  AbRoundResult result_;
  std::vector<pid_t> threads_;
  std::vector<AbSample> samples_;
  Instant start_{};
  bool judge_generator_ = false;
  std::uint32_t pairs_before_ = 0;
  std::array<double, 2> answered_{};  ///< per second, summed over the slices
  Duration longest_{0};               ///< that nearly all messages took
};

}  // namespace

AbRoundResult AbRoundRunner::measure(std::uint64_t seed, const std::function<void(const char*)>& tell) {
  AbRoundResult result;
  const auto failed = [&](const std::vector<Error>& errors) {
    result.end = AbRoundResult::End::failed;
    result.errors = errors;
    return result;
  };
  const auto plan = trial_plan(setup_, site_, 0);
  if (!plan) return failed(plan.errors());
  tell("starting");
  auto sides = AbSides::start(setup_, folder_, server_cores(*plan), seed);
  if (!sides) return failed(sides.errors());
  if (!*sides) {
    result.end = AbRoundResult::End::interrupted;
    return result;
  }
  result = Round(setup_, site_, **sides, pace_, begin_, seed).measure(tell);
  result.notes = (*sides)->stop();
  return result;
}

std::span<const std::string_view> measured_metrics(const AbSetup& setup) {
  const bool ours = !setup.servers[0].is_url && !setup.servers[1].is_url;
  const bool told = ours && descendants_of(::getpid()).has_value();
  return std::span(kAbMeasured).first(told ? kAbMeasured.size() : kAbMeasuredWithoutCpu);
}

Result<Plan> trial_plan(const AbSetup& setup, const Site& site, std::size_t side) {
  const AbServer& server = setup.servers[side];
  return make_plan(
      saturating(setup.scenario, server.is_url ? server.text : local_url(setup.scenario, "127.0.0.1:1")),
      site.limits());
}

std::vector<int> server_cores(const Plan& plan) {
  const std::vector<int> cores = usable_cores();
  if (!plan.scenario.pin || plan.segments.size() >= cores.size()) return {};
  return {cores.begin() + static_cast<std::ptrdiff_t>(plan.segments.size()), cores.end()};
}

}  // namespace ringstorm
