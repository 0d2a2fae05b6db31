#include "compare/ab_judgement.h"

#include <algorithm>
#include <cmath>

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include "compare/ab_scores.h"
#include "compare/typical_values.h"

namespace ringstorm {
namespace {

constexpr double kShownLevel = 0.05;  // of the interval: 95 %
constexpr double kPower = 0.80;       // of the minimum detectable effect

/// A part of alpha or beta, spent over the looks.
struct Purse {
  double whole = 0;
  double spent = 0;
  double ready(double share) const { return whole * share - spent; }
};

/// A worsening by `share`, as a logarithm: positive.
double worsening(const AbMetric& metric, double share) {
  return metric.better == AbMetric::Better::lower ? std::log1p(share) : -std::log1p(-share);
}

/// +1 where a higher value is worse.
double sign_of_worse(const AbMetric& metric) {
  return metric.better == AbMetric::Better::lower ? 1.0 : -1.0;
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double squares(std::span<const double> values) {
  const double middle = mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - middle) * (value - middle);
  return sum;
}

/// Everything that rounds say of one metric, in logarithms whose larger is worse.
struct Scores {
  std::vector<double> differences;  // of AbDesign::alternating
  std::vector<double> a;            // levels; of AbDesign::batches they are the scores
  std::vector<double> b;
  AbDesign design = AbDesign::alternating;

  bool enough() const {
    return design == AbDesign::alternating ? !differences.empty() : !a.empty() && !b.empty();
  }
  std::size_t rounds() const {
    return design == AbDesign::alternating ? differences.size() : a.size() + b.size();
  }
  double effect() const { return design == AbDesign::alternating ? mean(differences) : mean(b) - mean(a); }
  TypicalValues typical(std::uint64_t seed) const {
    return design == AbDesign::alternating ? TypicalValues::of_scores(differences, seed)
                                           : TypicalValues::of_batches(a, b, seed);
  }
  /// One less for each mean that is taken from the scores.
  std::size_t freedom() const {
    const std::size_t means = design == AbDesign::alternating ? 1 : 2;
    return rounds() < means ? 0 : rounds() - means;
  }
  /// Standard error of effect() if there were `times` as many rounds.
  double standard_error(double times) const {
    const double freedom = static_cast<double>(this->freedom());
    if (design == AbDesign::alternating) {
      return std::sqrt(squares(differences) / freedom / static_cast<double>(differences.size()) / times);
    }
    const double variance = (squares(a) + squares(b)) / freedom;
    return std::sqrt(variance * (1 / static_cast<double>(a.size()) + 1 / static_cast<double>(b.size())) /
                     times);
  }
};

Scores scores_of(const AbRecord& record, std::span<const AbCountingRound> rounds, std::size_t metric) {
  Scores scores;
  scores.design = record.design;
  const double sign = sign_of_worse(record.metrics[metric]);
  for (const AbCountingRound& round : rounds) {
    if (const auto score = round_score(record, round, metric)) scores.differences.push_back(sign * *score);
    if (const auto level = round_level(record, round, metric, AbSide::a)) scores.a.push_back(sign * *level);
    if (const auto level = round_level(record, round, metric, AbSide::b)) scores.b.push_back(sign * *level);
  }
  return scores;
}

/// Student's t for the noise, where rearranging so many rounds can reach `alpha` at all.
std::optional<double> minimum_detectable(const AbMetric& metric, const Scores& scores,
                                         const TypicalValues& typical, const AbRules& rules, double alpha) {
  if (scores.freedom() == 0) return std::nullopt;
  const bool batches = scores.design == AbDesign::batches;  // they are all there from the start
  const double rounds = static_cast<double>(scores.rounds());
  const double last = batches ? rounds : std::max(rounds, static_cast<double>(rules.looks.back()));
  if (batches ? typical.spendable(alpha) <= 0 : alpha < std::exp2(-last)) return std::nullopt;
  const boost::math::students_t student(batches ? static_cast<double>(scores.freedom()) : last - 1);
  const double error = scores.standard_error(last / rounds);
  const double power = boost::math::quantile(student, kPower);
  const double noise = (boost::math::quantile(boost::math::complement(student, alpha)) + power) * error;
  const double least = std::max(noise, worsening(metric, metric.minimum_effect) + power * error);
  return metric.better == AbMetric::Better::lower ? std::expm1(least) : -std::expm1(-least);
}

std::optional<double> level_of(const std::vector<double>& levels, double sign) {
  if (levels.empty()) return std::nullopt;
  return std::exp(sign * mean(levels));
}

/// The change of the value, from a logarithm whose larger is worse.
AbChange change_of(const AbMetric& metric, double worse) {
  return std::expm1(sign_of_worse(metric) * worse);
}

Interval change_of(const AbMetric& metric, Interval worse) {
  const AbChange one = change_of(metric, worse.low);
  const AbChange other = change_of(metric, worse.high);
  return {std::min(one, other), std::max(one, other)};
}

/// One metric through all looks: what it has spent.
struct MetricCourse {
  Purse alpha;
  Purse beta;
};

/// What can be shown of a metric before anything is spent on it.
struct Estimate {
  MetricJudgement judgement;
  std::optional<TypicalValues> typical;
  double effect = 0;
};

Estimate estimate(const AbRecord& record, std::span<const AbCountingRound> rounds, std::size_t index,
                  double alpha) {
  const AbMetric& metric = record.metrics[index];
  const Scores scores = scores_of(record, rounds, index);
  Estimate found;
  MetricJudgement& judgement = found.judgement;
  judgement.metric = index;
  judgement.rounds = scores.rounds();
  judgement.value_a = level_of(scores.a, sign_of_worse(metric));
  judgement.value_b = level_of(scores.b, sign_of_worse(metric));
  if (!scores.enough()) return found;
  found.typical = scores.typical(record.seed);
  found.effect = scores.effect();
  judgement.change = change_of(metric, found.effect);
  if (const auto interval = found.typical->interval(kShownLevel)) {
    judgement.interval = change_of(metric, *interval);
  }
  judgement.p_worse = found.typical->p_above(0);
  judgement.minimum_detectable = minimum_detectable(metric, scores, *found.typical, record.rules, alpha);
  return found;
}

/// `share` of the rounds of the last look are here.
MetricJudgement judge_metric(const AbRecord& record, std::span<const AbCountingRound> rounds,
                             std::size_t index, double share, MetricCourse& course) {
  Estimate found = estimate(record, rounds, index, course.alpha.whole);
  MetricJudgement& judgement = found.judgement;
  if (!found.typical) return judgement;
  const AbMetric& metric = record.metrics[index];
  const double least = worsening(metric, metric.minimum_effect);
  judgement.level = found.typical->spendable(course.alpha.ready(share));
  course.alpha.spent += judgement.level;
  const bool regressed = *judgement.p_worse <= judgement.level && found.effect >= least;
  judgement.improved = found.typical->p_below(0) <= judgement.level && found.effect <= -least;

  const double beta = found.typical->spendable(course.beta.ready(share));
  course.beta.spent += beta;
  const auto bound = found.typical->upper_bound(beta);
  if (bound) judgement.worse_bound = change_of(metric, *bound);
  // What looks like a regression waits for the last look to be called ok: more rounds may show that it is
  // one.
  const bool wait = found.effect >= least && share < 1;
  const bool ok = bound && *bound < worsening(metric, metric.tolerance) && !wait;
  if (regressed) {
    judgement.verdict = AbVerdict::regressed;
  } else if (ok) {
    judgement.verdict = AbVerdict::ok;
  }
  return judgement;
}

StallJudgement judge_stalls(std::span<const AbCountingRound> rounds, Duration pause, double share,
                            Purse& purse) {
  const StallCounts counts = stalls(rounds, pause);
  StallJudgement judgement;
  judgement.a = counts.a;
  judgement.b = counts.b;
  judgement.level = purse.ready(share);
  purse.spent += judgement.level;
  if (counts.b > 0) {
    const boost::math::binomial even(static_cast<double>(counts.a + counts.b), 0.5);
    judgement.p_more = boost::math::cdf(boost::math::complement(even, static_cast<double>(counts.b) - 1));
  }
  judgement.regressed = judgement.p_more <= judgement.level;
  return judgement;
}

bool judges_stalls(const AbRecord& record) {
  return record.design == AbDesign::alternating && record.rules.stall_pause.has_value();
}

std::size_t gated(const AbRecord& record) {
  return static_cast<std::size_t>(
      std::count_if(record.metrics.begin(), record.metrics.end(), [](const AbMetric& m) { return m.gates; }));
}

/// alpha of each hypothesis.
double part_of_alpha(const AbRecord& record) {
  const std::size_t hypotheses = gated(record) + (judges_stalls(record) ? 1 : 0);
  return record.rules.alpha / static_cast<double>(std::max<std::size_t>(hypotheses, 1));
}

std::string percent(double share) {
  return fmt::format("{:.2g} %", share * 100);
}

void reason_of(const AbRecord& record, const MetricJudgement& judgement, std::vector<std::string>& reasons) {
  const AbMetric& metric = record.metrics[judgement.metric];
  if (!metric.gates) return;
  if (judgement.verdict == AbVerdict::regressed) {
    reasons.push_back(fmt::format("{} changed by {:+.2f} % (p {:.2g}; at most {:.2g} could be chance)",
                                  metric.name, *judgement.change * 100, *judgement.p_worse, judgement.level));
  } else if (judgement.verdict == AbVerdict::inconclusive) {
    reasons.push_back(!judgement.change
                          ? fmt::format("{} was not measured on both sides", metric.name)
                          : fmt::format("{}: a worsening by {} can neither be shown nor ruled out",
                                        metric.name, percent(metric.tolerance)));
  }
}

/// The whole out of its parts. Reasons of regressions alone when there is one.
void conclude(const AbRecord& record, AbJudgement& judgement) {
  const auto any = [&](AbVerdict verdict) {
    return std::any_of(judgement.metrics.begin(), judgement.metrics.end(), [&](const MetricJudgement& m) {
      return record.metrics[m.metric].gates && m.verdict == verdict;
    });
  };
  const bool stalls = judgement.stalls && judgement.stalls->regressed;
  judgement.verdict = any(AbVerdict::regressed) || stalls ? AbVerdict::regressed
                      : any(AbVerdict::inconclusive)      ? AbVerdict::inconclusive
                                                          : AbVerdict::ok;
  judgement.reasons.clear();
  for (const MetricJudgement& metric : judgement.metrics) {
    if (metric.verdict == judgement.verdict) reason_of(record, metric, judgement.reasons);
  }
  if (stalls) {
    judgement.reasons.push_back(
        fmt::format("{} stalls longer than {} on b, {} on a (p {:.2g})", judgement.stalls->b,
                    fmt::format("{} ms", record.rules.stall_pause->count() / 1'000'000), judgement.stalls->a,
                    judgement.stalls->p_more));
  }
}

/// All metrics, through all looks.
class Course {
 public:
  explicit Course(const AbRecord& record)
      : record_(record),
        metrics_(record.metrics.size(), MetricCourse{{part_of_alpha(record)}, {record.rules.beta}}),
        stalls_{part_of_alpha(record)} {}

  void look(std::span<const AbCountingRound> rounds, AbJudgement& judgement) {
    const double share = static_cast<double>(rounds.size()) / static_cast<double>(record_.rules.looks.back());
    judgement.rounds = rounds.size();
    judgement.metrics.clear();
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      judgement.metrics.push_back(judge_metric(record_, rounds, i, share, metrics_[i]));
    }
    if (judges_stalls(record_)) {
      judgement.stalls = judge_stalls(rounds, *record_.rules.stall_pause, share, stalls_);
    }
    conclude(record_, judgement);
  }

 private:
  const AbRecord& record_;
  std::vector<MetricCourse> metrics_;
  Purse stalls_;
};

std::vector<MetricJudgement> estimates(const AbRecord& record, std::span<const AbCountingRound> rounds) {
  std::vector<MetricJudgement> found;
  for (std::size_t i = 0; i < record.metrics.size(); ++i) {
    found.push_back(estimate(record, rounds, i, part_of_alpha(record)).judgement);
  }
  return found;
}

void judge_looks(const AbRecord& record, std::span<const AbCountingRound> rounds, AbJudgement& judgement) {
  Course course(record);
  for (const std::uint32_t look : record.rules.looks) {
    if (rounds.size() < look) {
      judgement.next_look = look;
      break;
    }
    course.look(rounds.first(look), judgement);
    if (judgement.verdict != AbVerdict::inconclusive) return;
  }
  if (judgement.rounds == 0) {
    judgement.metrics = estimates(record, rounds);
    judgement.reasons = {fmt::format("{} of the {} rounds that the first look needs", rounds.size(),
                                     record.rules.looks.front())};
  }
}

}  // namespace

std::string_view to_string(AbVerdict verdict) {
  switch (verdict) {
    case AbVerdict::ok: return "ok";
    case AbVerdict::regressed: return "regressed";
    case AbVerdict::inconclusive: return "inconclusive";
    case AbVerdict::not_valid: return "not valid";
  }
  return "";
}

AbChange as_change(const AbMetric& metric, double share) {
  return metric.better == AbMetric::Better::lower ? share : -share;
}

AbJudgement judge(const AbRecord& record) {
  AbJudgement judgement;
  if (const Status status = check_record(record); !status) {
    judgement.verdict = AbVerdict::not_valid;
    for (const Error& error : status.errors()) judgement.reasons.push_back(to_string(error));
    return judgement;
  }
  AbCounted counts = counted(record);
  judgement.rounds_counting = counts.rounds.size();
  judgement.pairs_kept = counts.pairs_kept;
  judgement.pairs_dropped = counts.pairs_dropped;
  judgement.dropped = std::move(counts.dropped);
  judgement.spoiled = std::move(counts.spoiled);
  if (gated(record) == 0) {
    judgement.metrics = estimates(record, counts.rounds);
    judgement.reasons = {"no metric gates"};
  } else {
    judge_looks(record, counts.rounds, judgement);
  }
  if (!record.advisory.empty()) {
    judgement.verdict = AbVerdict::inconclusive;
    judgement.reasons.insert(judgement.reasons.begin(), record.advisory);
    judgement.next_look.reset();
  }
  if (!record.invalid.empty()) {
    judgement.verdict = AbVerdict::not_valid;
    judgement.reasons = record.invalid;
    judgement.next_look.reset();
  }
  return judgement;
}

std::vector<MetricJudgement> estimates_so_far(const AbRecord& record) {
  if (!check_record(record)) return {};
  return estimates(record, counted(record).rounds);
}

}  // namespace ringstorm
