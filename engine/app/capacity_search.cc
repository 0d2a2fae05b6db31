#include "app/capacity_search.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "report/figure_text.h"
#include "stats/histogram.h"

namespace ringstorm {

using End = CapacityAnswer::End;

CapacitySearch::CapacitySearch(const CapacityRules& rules) : rules_(rules) {
  RS_CHECK(rules.factor > 1 && rules.resolution > 0);
  RS_CHECK(rules.most_steps > 0 && rules.most_confirmations > 0);
  if (rules.whole) {
    rules_.least = std::ceil(rules.least);
    rules_.most = std::floor(rules.most);
    rules_.start = std::round(rules.start);
  }
  RS_CHECK(rules_.least > 0 && rules_.least <= rules_.most);
  go_to(std::clamp(rules_.start, rules_.least, rules_.most), Purpose::climb);
}

std::optional<CapacityStep> CapacitySearch::next() const {
  return step_;
}

const CapacityAnswer& CapacitySearch::answer() const {
  RS_CHECK(!step_);
  return answer_;
}

void CapacitySearch::result(const CapacityStep& step, StepOutcome outcome) {
  RS_CHECK(step_ == step);
  tried_.push_back({step, outcome});
  const bool last = tried_.size() == rules_.most_steps;
  if (!last && repeat(outcome)) return;
  repeats_ = 0;
  if (outcome == StepOutcome::invalid) {
    bound_ = step.load;
    return end(End::not_judged);
  }
  learn(outcome);
  if (step.purpose == Purpose::confirm) return after_confirmation(outcome);
  after_search();
}

/// The same step again, when another run may tell more.
bool CapacitySearch::repeat(StepOutcome outcome) {
  const bool disturbed = outcome == StepOutcome::generator_limited && step_->load <= made_;
  if (outcome != StepOutcome::invalid && !disturbed) return false;
  if (repeats_ == rules_.most_repeats) return false;
  ++repeats_;
  return true;
}

void CapacitySearch::learn(StepOutcome outcome) {
  const double load = step_->load;
  if (outcome == StepOutcome::met) {
    met_ = load;
  } else {
    bound_ = load;
    bound_is_generators_ = outcome == StepOutcome::generator_limited;
  }
  if (outcome != StepOutcome::generator_limited) made_ = std::max(made_, load);
}

void CapacitySearch::after_search() {
  const std::size_t left = rules_.most_steps - tried_.size();
  if (left == 0) return end(End::out_of_steps);
  if (!met_) return descend();
  if (left == 1) return go_to(*met_, Purpose::confirm);
  if (!bound_) return climb();
  bisect();
}

void CapacitySearch::climb() {
  if (*met_ >= rules_.most) return go_to(*met_, Purpose::confirm);
  go_to(std::min(tidy_beyond(*met_, *met_ * rules_.factor), rules_.most), Purpose::climb);
}

void CapacitySearch::descend() {
  if (*bound_ <= rules_.least) return end(bound_is_generators_ ? End::generator_limited : End::never_met);
  go_to(std::max(tidy_beyond(*bound_, *bound_ / rules_.factor), rules_.least), Purpose::climb);
}

void CapacitySearch::bisect() {
  if (is_narrow()) return go_to(*met_, Purpose::confirm);
  go_to(between(), Purpose::bisect);
}

bool CapacitySearch::is_narrow() const {
  if (*bound_ <= *met_ * (1 + rules_.resolution)) return true;
  return rules_.whole && *bound_ - *met_ <= 1;
}

/// The geometric mean, tidy where that is still between.
double CapacitySearch::between() const {
  const double middle = std::sqrt(*met_ * *bound_);
  const double rounded = tidy(middle);
  if (rounded > *met_ && rounded < *bound_) return rounded;
  return rules_.whole ? std::clamp(std::round(middle), *met_ + 1, *bound_ - 1) : middle;
}

void CapacitySearch::after_confirmation(StepOutcome outcome) {
  if (outcome == StepOutcome::met) {
    const bool cut_short = !bound_ && *met_ < rules_.most;
    const bool still_wide = bound_ && failed_confirmations_ == 0 && !is_narrow();
    return end(cut_short || still_wide ? End::out_of_steps : end_of_the_range(), true);
  }
  if (outcome == StepOutcome::generator_limited) return end(End::generator_limited);
  met_.reset();
  ++failed_confirmations_;
  if (failed_confirmations_ == rules_.most_confirmations) return end(End::unconfirmed);
  if (tried_.size() == rules_.most_steps) return end(End::out_of_steps);
  step_down();
}

void CapacitySearch::step_down() {
  const double doublings = static_cast<double>(failed_confirmations_ - 1);
  const double share = std::min(rules_.resolution * std::exp2(doublings), 0.5);
  const double load = step_->load;
  if (load <= rules_.least) return end(End::unconfirmed);
  go_to(std::max(tidy_beyond(load, load * (1 - share)), rules_.least), Purpose::confirm);
}

End CapacitySearch::end_of_the_range() const {
  if (!bound_) return End::most_reached;
  return bound_is_generators_ ? End::generator_limited : End::found;
}

/// Three significant digits, and whole where loads are: nobody measures more, and it reads better.
double CapacitySearch::tidy(double load) const {
  const double unit = std::pow(10.0, std::floor(std::log10(load)) - 2);
  const double rounded = std::round(load / unit) * unit;
  return rules_.whole || rounded >= 100 ? std::round(rounded) : rounded;
}

/// `to`, tidy where that is still on its side of `from`.
double CapacitySearch::tidy_beyond(double from, double to) const {
  const bool up = to > from;
  const double rounded = tidy(to);
  if (up ? rounded > from : rounded < from) return rounded;
  if (rules_.whole) return up ? from + 1 : from - 1;
  return to;
}

void CapacitySearch::go_to(double load, Purpose purpose) {
  step_ = CapacityStep{load, purpose, step_length(rules_, load)};
}

void CapacitySearch::end(End end, bool confirmed) {
  step_.reset();
  answer_ = {end, met_, confirmed, bound_};
}

Duration step_length(const CapacityRules& rules, double load) {
  const double per_second = load * rules.samples_per_unit;
  if (rules.quantile <= 0 || per_second <= 0) return rules.shortest;
  const double samples = rules.sample_margin * static_cast<double>(Histogram::sample_floor(rules.quantile));
  const double needed_s = samples / per_second;
  if (needed_s >= to_seconds(rules.longest)) return rules.longest;
  return std::max(rules.shortest, Duration{std::llround(std::ceil(needed_s * 1e9))});
}

std::string_view to_string(CapacityStep::Purpose purpose) {
  constexpr std::array<std::string_view, 3> kNames{"climb", "bisect", "confirm"};
  return kNames[static_cast<std::size_t>(purpose)];
}

std::string_view to_string(StepOutcome outcome) {
  constexpr std::array<std::string_view, 4> kNames{"met", "missed", "generator limited", "invalid"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string explain(const CapacityAnswer& answer, std::string_view unit) {
  const auto text = [&](std::optional<double> load) {
    return load ? figure_text(MetricUnit::count, *load).append(unit) : std::string{"nothing"};
  };
  const std::string load = text(answer.load);
  const std::string beyond = text(answer.beyond);
  const std::string met = answer.confirmed ? "meets the thresholds, confirmed" : "met the thresholds once";
  switch (answer.end) {
    case End::found: return fmt::format("{} {}; {} does not", load, met, beyond);
    case End::most_reached: return fmt::format("{}, the most that was to be tried, {}", load, met);
    case End::generator_limited:
      if (!answer.load)
        return fmt::format("the generator is the limit even at {}: nothing is known of the server", beyond);
      return fmt::format("at least {}, which {}; at {} the limit is the generator, not the server", load, met,
                         beyond);
    case End::never_met: return fmt::format("even {} does not meet the thresholds", beyond);
    case End::unconfirmed:
      return fmt::format("what met the thresholds once did not again, down to {}", beyond);
    case End::not_judged:
      return fmt::format("a run at {} could not be judged; {}", beyond,
                         answer.load ? fmt::format("{} {}", load, met) : "no lower load met the thresholds");
    case End::out_of_steps:
      return fmt::format("it ended for want of steps; {}",
                         answer.load ? fmt::format("{} {}", load, met) : "no load met the thresholds");
  }
  return {};
}

}  // namespace ringstorm
