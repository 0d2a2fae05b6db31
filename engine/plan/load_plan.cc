#include "plan/load_plan.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/wide.h"
#include "plan/json_tree.h"

namespace ringstorm {
namespace {

using Kind = RateForm::Kind;

constexpr std::size_t kMaxStageName = 64;

bool has_rates(const Scenario& scenario) {
  return scenario.rate ||
         std::ranges::any_of(scenario.stages, [](const StageForm& stage) { return stage.rate.has_value(); });
}

bool changes(const RateForm& form) {
  return form.kind == Kind::ramp || form.kind == Kind::steps;
}

bool is_silent(const RateForm& form) {
  return form.kind != Kind::burst && form.from.events == 0 &&
         (form.kind == Kind::steady || form.to.events == 0);
}

std::string name_of(const StageForm& stage, std::size_t index) {
  return stage.name.empty() ? std::to_string(index + 1) : stage.name;
}

// ---- mistakes

class LoadValidation {
 public:
  explicit LoadValidation(const Scenario& scenario) : scenario_(scenario) {}

  std::vector<Error> run() && {
    check_what_excludes_what();
    if (scenario_.rate) check_rate("/rate", *scenario_.rate);
    check_stages();
    check_it_sends();
    return std::move(errors_);
  }

 private:
  void complain(std::string where, std::string what, std::string hint = {}) {
    errors_.push_back({std::move(where), std::move(what), std::move(hint)});
  }

  void check_what_excludes_what() {
    if (!scenario_.stages.empty()) {
      if (scenario_.rate)
        complain("/rate", "a rate and stages exclude each other", "give each stage its rate");
      if (scenario_.duration)
        complain("/duration", "a duration and stages exclude each other",
                 "the stages say how long the run is");
      if (scenario_.messages)
        complain("/messages", "a number of messages and stages exclude each other",
                 "the stages say how long the run is");
    }
    if (scenario_.rate && scenario_.in_flight != 1)
      complain("/in_flight", "in_flight is for a closed loop, and a rate makes this an open one",
               "max_in_flight bounds what is unanswered");
  }

  void check_rate(const std::string& where, const RateForm& form) {
    if (form.kind == Kind::burst && scenario_.arrivals == Arrivals::poisson)
      complain(where, "a burst comes all at once and cannot arrive at random",
               "use \"arrivals\": \"constant\"");
    if (changes(form) && form.from == form.to)
      complain(where, "the rate goes from and to the same value", "give the rate alone");
  }

  void check_stages() {
    std::set<std::string> names;
    const bool rated = has_rates(scenario_) && !scenario_.stages.empty() && !scenario_.stages.front().rate;
    if (rated)
      complain("/stages/0", "the first stage has no rate, and others have", "give it one; 0 is a silence");
    std::uint64_t before = scenario_.connections;
    for (std::size_t i = 0; i < scenario_.stages.size(); ++i) {
      const StageForm& stage = scenario_.stages[i];
      const std::string where = fmt::format("/stages/{}", i);
      if (stage.rate) check_rate(where + "/rate", *stage.rate);
      check_stage_name(where, name_of(stage, i), names);
      const std::uint64_t after = stage.connections.value_or(before);
      if (scenario_.senders == Senders::each && after != before && stage.rate && changes(*stage.rate))
        complain(where, "the rate of each connection and their number change in one stage",
                 "change one after the other, or give the rate of the whole run");
      before = after;
    }
  }

  void check_stage_name(const std::string& where, const std::string& name, std::set<std::string>& names) {
    const bool right = std::ranges::all_of(
        name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
    if (!right || name.size() > kMaxStageName)
      complain(where + "/name",
               fmt::format("found \"{}\", expected up to {} of the characters a-z, 0-9 and \"-\"",
                           shortened(name, 40), kMaxStageName));
    if (!names.insert(name).second)
      complain(where + "/name", fmt::format("a stage before it is named \"{}\" too", name));
  }

  void check_it_sends() {
    if (!has_rates(scenario_)) return;
    const bool silent = (!scenario_.rate || is_silent(*scenario_.rate)) &&
                        std::ranges::all_of(scenario_.stages,
                                            [](const StageForm& s) { return !s.rate || is_silent(*s.rate); });
    if (silent) complain(scenario_.rate ? "/rate" : "/stages", "a load of rate 0 never sends a message");
  }

  const Scenario& scenario_;
  std::vector<Error> errors_;
};

// ---- the shape

/// `rate` of each of `connections` together.
Rate times(Rate rate, std::uint64_t connections) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  const Wide events = Wide{rate.events} * connections;
  if (events <= kMost) return {static_cast<std::uint64_t>(events), rate.per};
  return {static_cast<std::uint64_t>(std::min<Wide>(events / connections, kMost)),
          Duration{std::max<Duration::rep>(1, rate.per.count() / static_cast<Duration::rep>(connections))}};
}

class ShapeBuilder {
 public:
  explicit ShapeBuilder(const Scenario& scenario)
      : each_(scenario.senders == Senders::each), connections_(scenario.connections) {}

  /// A stage of the form's rate, in which the connections go from as many as there are to `connections`.
  void add(const RateForm& form, Duration length, std::uint64_t connections) {
    const std::uint64_t before = std::exchange(connections_, connections);
    switch (form.kind) {
      case Kind::steady: add_line(total(form.from, before), total(form.from, connections), length); break;
      case Kind::ramp: add_line(total(form.from, before), total(form.to, connections), length); break;
      case Kind::steps: add_steps(form, length); break;
      case Kind::burst:
        shape_.push_back({.kind = Stage::Kind::burst,
                          .burst = each_ ? form.burst * before : form.burst,
                          .every = form.every,
                          .length = length});
        break;
    }
  }

  std::vector<Stage> take() { return std::move(shape_); }

 private:
  Rate total(Rate rate, std::uint64_t connections) const { return each_ ? times(rate, connections) : rate; }

  void add_line(Rate from, Rate to, Duration length) {
    const bool level = from == to;
    shape_.push_back(
        {.kind = level ? Stage::Kind::steady : Stage::Kind::ramp, .from = from, .to = to, .length = length});
  }

  // Steps are exact fractions of the way between two rates of the same denominator.
  void add_steps(const RateForm& form, Duration length) {
    const std::uint64_t last = form.steps - 1;
    Duration begin{0};
    for (std::uint64_t i = 0; i <= last; ++i) {
      const double share = static_cast<double>(i) / static_cast<double>(last);
      const double per_second = form.from.per_second() * (1 - share) + form.to.per_second() * share;
      // To the thousandth of a message a second.
      const Rate rate{static_cast<std::uint64_t>(per_second * 1000 + 0.5), seconds(1000)};
      const Duration end{
          static_cast<Duration::rep>(cut(static_cast<std::uint64_t>(length.count()), i + 1, form.steps))};
      const Rate exact = i == 0 ? form.from : i == last ? form.to : rate;
      add_line(total(exact, connections_), total(exact, connections_), end - begin);
      begin = end;
    }
  }

  bool each_;
  std::uint64_t connections_;
  std::vector<Stage> shape_;
};

/// The rate that a form begins with, for as long as the warm-up takes.
RateForm first_rate(const RateForm& form) {
  return form.kind == Kind::burst ? form : RateForm{.from = form.from};
}
/// The rate that a stage without one goes on with.
RateForm last_rate(const RateForm& form) {
  return changes(form) ? RateForm{.from = form.to} : form;
}

std::vector<Stage> shape_of(const Scenario& scenario) {
  ShapeBuilder builder(scenario);
  const RateForm& first = scenario.rate ? *scenario.rate : *scenario.stages.front().rate;
  if (scenario.warmup > Duration{0}) builder.add(first_rate(first), scenario.warmup, scenario.connections);
  if (scenario.rate)
    builder.add(*scenario.rate, scenario.duration.value_or(Duration::max()), scenario.connections);
  RateForm current = first;
  std::uint64_t connections = scenario.connections;
  for (const StageForm& stage : scenario.stages) {
    current = stage.rate.value_or(last_rate(current));
    connections = stage.connections.value_or(connections);
    builder.add(current, stage.length, connections);
  }
  return builder.take();
}

// ---- stages

std::vector<StageSpan> spans_of(const Scenario& scenario) {
  std::vector<StageSpan> spans;
  Duration at = scenario.warmup;
  for (std::size_t i = 0; i < scenario.stages.size(); ++i) {
    const StageForm& stage = scenario.stages[i];
    spans.push_back({.name = name_of(stage, i), .begin = at, .end = at + stage.length});
    at += stage.length;
  }
  return spans;
}

std::vector<ConnectionStage> connection_stages_of(const Scenario& scenario) {
  std::vector<ConnectionStage> stages;
  std::uint64_t connections = scenario.connections;
  for (const StageForm& stage : scenario.stages) {
    connections = stage.connections.value_or(connections);
    stages.push_back({.to = connections, .length = stage.length});
  }
  return stages;
}

/// The number of the first arrival at or after `time`.
std::uint64_t arrivals_before(const LoadShape& shape, const Scenario& scenario, Duration time) {
  if (scenario.arrivals == Arrivals::constant) return shape.count_before(time);
  ArrivalSequence arrivals(shape, scenario.arrivals, scenario.seed, Share{1, 0, 1});
  while (arrivals.due() < time) arrivals.advance();
  return arrivals.index();
}

}  // namespace

std::vector<Error> find_load_mistakes(const Scenario& scenario) {
  return LoadValidation{scenario}.run();
}

/// Thresholds of stages that there are not.
std::vector<Error> find_unknown_stages(const Scenario& scenario) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < scenario.stages.size(); ++i) names.push_back(name_of(scenario.stages[i], i));
  const std::vector<std::string_view> known(names.begin(), names.end());
  std::vector<Error> errors;
  for (std::size_t i = 0; i < scenario.thresholds.size(); ++i) {
    std::optional<Error> unknown = unknown_stage(scenario.thresholds[i], known);
    if (!unknown) continue;
    unknown->where = fmt::format("/thresholds/{}", i);
    errors.push_back(std::move(*unknown));
  }
  return errors;
}

std::vector<Error> find_load_gaps(const Scenario& scenario) {
  std::vector<Error> errors;
  const auto without_a_rate = [&](const char* where, const char* what) {
    errors.push_back(
        {where, fmt::format("{}, and there is none", what), "give a rate, or stages with rates"});
  };
  if (scenario.rate && changes(*scenario.rate) && !scenario.duration)
    errors.push_back({"/rate", "a rate that changes needs to know how long to take", "give a duration"});
  std::ranges::move(find_unknown_stages(scenario), std::back_inserter(errors));
  if (has_rates(scenario)) return errors;
  if (scenario.arrivals != Arrivals::constant)
    without_a_rate("/arrivals", "arrivals at random are those of a rate");
  if (scenario.senders != Senders::round_robin)
    without_a_rate("/senders", "senders are chosen for the messages of a rate");
  if (scenario.when_full != WhenFull::wait)
    without_a_rate("/when_full", "only a rate makes messages due that find no room");
  return errors;
}

std::optional<Duration> length_of_stages(const Scenario& scenario) {
  if (scenario.stages.empty()) return std::nullopt;
  Duration length{0};
  for (const StageForm& stage : scenario.stages) length += stage.length;
  return length;
}

LoadPlan plan_load(const Scenario& scenario) {
  LoadPlan load;
  load.initial_connections = scenario.connections;
  load.connection_stages = connection_stages_of(scenario);
  const ConnectionCurve curve(scenario.connections, load.connection_stages);
  load.most_connections = curve.most();
  load.planned_connections = curve.opened();
  load.stages = spans_of(scenario);
  if (!has_rates(scenario)) return load;
  load.shape = shape_of(scenario);
  const bool random = scenario.senders == Senders::random ||
                      (scenario.senders == Senders::each && scenario.arrivals == Arrivals::poisson);
  load.senders = random ? Senders::random : Senders::round_robin;
  const LoadShape shape(load.shape);
  if (scenario.messages)
    load.arrivals_end = arrivals_before(shape, scenario, scenario.warmup) + *scenario.messages;
  if (scenario.arrivals == Arrivals::constant && scenario.duration)
    load.planned_messages =
        std::min(shape.count_before(scenario.warmup + *scenario.duration), load.arrivals_end);
  return load;
}

}  // namespace ringstorm
