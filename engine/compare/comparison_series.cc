// What programs that keep a history read: the values of side b, one point of a series.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compare/comparison_rows.h"
#include "compare/comparison_sinks.h"
#include "compare/utc.h"

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;

std::string document(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// The interval of the change, laid around side a's level.
std::optional<Interval> value_interval(const MetricJudgement& judgement) {
  if (!judgement.interval || !judgement.value_a) return std::nullopt;
  return Interval{*judgement.value_a * (1 + judgement.interval->low),
                  *judgement.value_a * (1 + judgement.interval->high)};
}

std::string action_benchmark(const AbRecord& record, const AbJudgement& judgement, AbMetric::Better better) {
  Json list = Json::array();
  for (const MetricJudgement& judged : judgement.metrics) {
    const AbMetric& metric = record.metrics[judged.metric];
    if (metric.better != better || !judged.value_b) continue;
    const ComparisonRow row = row_of(record, judged);
    Json item{{"name", record.scenario + " " + metric.name},
              {"unit", metric.unit},
              {"value", rounded(*judged.value_b)}};
    if (const auto interval = value_interval(judged)) {
      item["range"] = fmt::format("{:.6g}", (interval->high - interval->low) / 2);
    }
    item["extra"] = fmt::format("{}: {} against {} ({})", row.verdict, row.change, row.a, row.interval);
    list.push_back(item);
  }
  return document(list);
}

}  // namespace

std::string action_benchmark_smaller(const AbRecord& record, const AbJudgement& judgement) {
  return action_benchmark(record, judgement, AbMetric::Better::lower);
}
std::string action_benchmark_bigger(const AbRecord& record, const AbJudgement& judgement) {
  return action_benchmark(record, judgement, AbMetric::Better::higher);
}

std::string bencher_metrics(const AbRecord& record, const AbJudgement& judgement) {
  Json measures = Json::object();
  for (const MetricJudgement& judged : judgement.metrics) {
    if (!judged.value_b) continue;
    Json measure{{"value", rounded(*judged.value_b)}};
    if (const auto interval = value_interval(judged)) {
      measure["lower_value"] = rounded(interval->low);
      measure["upper_value"] = rounded(interval->high);
    }
    measures[record.metrics[judged.metric].name] = measure;
  }
  return document({{record.scenario.empty() ? "comparison" : record.scenario, measures}});
}

std::string otava_point(const AbRecord& record, const AbJudgement& judgement) {
  Json metrics = Json::array();
  for (const MetricJudgement& judged : judgement.metrics) {
    if (judged.value_b)
      metrics.push_back({{"name", record.metrics[judged.metric].name}, {"value", rounded(*judged.value_b)}});
  }
  Json point{{"timestamp", seconds_since_1970(record.started_at).value_or(0)},
             {"metrics", metrics},
             {"attributes", {{"branch", record.b.label}, {"commit", record.b.revision}}}};
  return document(Json::array({point}));
}

}  // namespace ringstorm
