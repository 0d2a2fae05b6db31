#include "compare/comparison_json.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "compare/ab_scores.h"
#include "compare/comparison_rows.h"
#include "compare/json_object.h"
#include "report/json_sink.h"

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "ringstorm.comparison";
constexpr std::uint64_t kVersion = 1;

// Figures are rounded: logarithms and exponentials of two libraries may differ in their last bits.

Json rounded_or_null(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(rounded(*value)) : Json(nullptr);
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json ns_or_null(std::optional<Duration> duration) {
  return duration ? Json(duration->count()) : Json(nullptr);
}

const char* name_of(AbMetric::Better better) {
  return better == AbMetric::Better::higher ? "higher" : "lower";
}
const char* name_of(AbDesign design) {
  return design == AbDesign::alternating ? "alternating" : "batches";
}

// --- what was judged

Json verdict_json(const AbRecord& record, const AbJudgement& judgement) {
  return {{"result", to_string(judgement.verdict)},
          {"exit_code", static_cast<int>(judgement.verdict)},
          {"advisory", !record.advisory.empty()},
          {"reasons", judgement.reasons},
          {"rounds", judgement.rounds},
          {"rounds_counting", judgement.rounds_counting},
          {"next_look", or_null(judgement.next_look)},
          {"pairs_kept", judgement.pairs_kept},
          {"pairs_dropped", judgement.pairs_dropped},
          {"dropped", judgement.dropped},
          {"spoiled", judgement.spoiled}};
}

Json metric_json(const AbRecord& record, const MetricJudgement& judged) {
  const AbMetric& metric = record.metrics[judged.metric];
  const auto& interval = judged.interval;
  return {{"name", metric.name},
          {"unit", metric.unit},
          {"better", name_of(metric.better)},
          {"gates", metric.gates},
          {"verdict", to_string(judged.verdict)},
          {"improved", judged.improved},
          {"rounds", judged.rounds},
          {"a", rounded_or_null(judged.value_a)},
          {"b", rounded_or_null(judged.value_b)},
          {"change", rounded_or_null(judged.change)},
          {"change_low", interval ? Json(rounded(interval->low)) : Json(nullptr)},
          {"change_high", interval ? Json(rounded(interval->high)) : Json(nullptr)},
          {"worse_bound", rounded_or_null(judged.worse_bound)},
          {"p_worse", rounded_or_null(judged.p_worse)},
          {"level", rounded(judged.level)},
          {"minimum_detectable", rounded_or_null(judged.minimum_detectable)}};
}

Json stalls_json(const std::optional<StallJudgement>& stalls) {
  if (!stalls) return nullptr;
  return {{"a", stalls->a},
          {"b", stalls->b},
          {"p_more", rounded(stalls->p_more)},
          {"level", rounded(stalls->level)},
          {"regressed", stalls->regressed}};
}

// --- the record

Json subject_json(const AbSubject& subject) {
  return {{"label", subject.label}, {"what", subject.what}, {"revision", subject.revision}};
}

Json definition_json(const AbMetric& metric) {
  return {{"name", metric.name},
          {"unit", metric.unit},
          {"better", name_of(metric.better)},
          {"gates", metric.gates},
          {"minimum_effect", metric.minimum_effect},
          {"tolerance", metric.tolerance},
          {"trim", metric.trim}};
}

Json rules_json(const AbRules& rules) {
  return {{"alpha", rules.alpha},           {"beta", rules.beta},
          {"looks", rules.looks},           {"stall_pause_ns", ns_or_null(rules.stall_pause)},
          {"most_steal", rules.most_steal}, {"most_difference", rules.most_difference},
          {"least_kept", rules.least_kept}};
}

Json record_json(const AbRecord& record) {
  Json differences = Json::array();
  for (const AbDifference& d : record.differences) {
    differences.push_back({{"what", d.what}, {"a", d.a}, {"b", d.b}});
  }
  Json metrics = Json::array();
  for (const AbMetric& metric : record.metrics) metrics.push_back(definition_json(metric));
  return {{"source", record.source},
          {"scenario", record.scenario},
          {"started_at", record.started_at},
          {"version", record.version},
          {"machine", record.machine},
          {"seed", seed_to_json(record.seed)},
          {"design", name_of(record.design)},
          {"a", subject_json(record.a)},
          {"b", subject_json(record.b)},
          {"differences", differences},
          {"advisory", record.advisory},
          {"invalid", record.invalid},
          {"metrics", metrics},
          {"rules", rules_json(record.rules)}};
}

Json values_json(const std::vector<std::optional<double>>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(or_null(value));
  return list;
}

Json slice_json(const AbSlice& slice) {
  return {{"side", slice.side == AbSide::a ? "a" : "b"},
          {"pair", slice.pair},
          {"start_ns", slice.start.count()},
          {"length_ns", slice.length.count()},
          {"values", values_json(slice.values)},
          {"longest_pause_ns", ns_or_null(slice.longest_pause)},
          {"steal", or_null(slice.around.steal)},
          {"foreign_cpu", or_null(slice.around.foreign_cpu)},
          {"cpu_pressure", or_null(slice.around.cpu_pressure)},
          {"marks", slice.around.marks}};
}

/// What a scenario or a server wrote need not be UTF-8, which JSON is: such bytes become U+FFFD.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string round_text(const AbRound& round) {
  std::string text = fmt::format("    {{\"spoiled\": {}, \"values\": {{\"a\": {}, \"b\": {}}}, \"slices\": [",
                                 line_of(round.spoiled), line_of(values_json(round.values[0])),
                                 line_of(values_json(round.values[1])));
  const char* separator = "\n";
  for (const AbSlice& slice : round.slices) {
    text += fmt::format("{}      {}", separator, line_of(slice_json(slice)));
    separator = ",\n";
  }
  return text + (round.slices.empty() ? "]}" : "\n    ]}");
}

// --- back again

std::optional<double> value_from(const nlohmann::json& json, const std::string& where) {
  if (json.is_null()) return std::nullopt;
  if (!json.is_number()) throw Misread{{where, "expected a list of numbers or null", ""}};
  return json.get<double>();
}

std::vector<std::optional<double>> values_from(const JsonObject& object, const char* key) {
  std::vector<std::optional<double>> values;
  for (const auto& item : object.list(key)) values.push_back(value_from(item, object.where() + "/" + key));
  return values;
}

std::vector<std::string> texts_from(const JsonObject& object, const char* key) {
  std::vector<std::string> texts;
  for (const auto& item : object.list(key)) {
    if (!item.is_string()) object.refuse(key, "a list of strings");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::uint32_t small_count(const JsonObject& object, const char* key) {
  const std::uint64_t value = object.count(key);
  if (value > UINT32_MAX) object.refuse(key, "a number below 2^32");
  return static_cast<std::uint32_t>(value);
}

Duration duration_from(const JsonObject& object, const char* key) {
  const std::uint64_t value = object.count(key);
  if (value > static_cast<std::uint64_t>(INT64_MAX)) object.refuse(key, "nanoseconds");
  return Duration{static_cast<std::int64_t>(value)};
}

std::optional<Duration> duration_if(const JsonObject& object, const char* key) {
  if (!object.has(key)) return std::nullopt;
  return duration_from(object, key);
}

/// 0 for the first of `names`, 1 for the second.
bool second_of(const JsonObject& object, const char* key, std::string_view first, std::string_view second) {
  const std::string text = object.text(key);
  if (text != first && text != second) object.refuse(key, fmt::format("\"{}\" or \"{}\"", first, second));
  return text == second;
}

AbSubject subject_from(const JsonObject& object) {
  return {object.text("label"), object.text("what"), object.text("revision")};
}

AbMetric definition_from(const JsonObject& object) {
  AbMetric metric;
  metric.name = object.text("name");
  metric.unit = object.text("unit");
  metric.better =
      second_of(object, "better", "higher", "lower") ? AbMetric::Better::lower : AbMetric::Better::higher;
  metric.gates = object.flag("gates");
  metric.minimum_effect = object.number("minimum_effect");
  metric.tolerance = object.number("tolerance");
  metric.trim = object.number("trim");
  return metric;
}

AbRules rules_from(const JsonObject& object) {
  AbRules rules;
  rules.alpha = object.number("alpha");
  rules.beta = object.number("beta");
  rules.looks.clear();
  for (const auto& look : object.list("looks")) {
    if (!look.is_number_unsigned() || look.get<std::uint64_t>() > UINT32_MAX) {
      object.refuse("looks", "a list of numbers of rounds");
    }
    rules.looks.push_back(look.get<std::uint32_t>());
  }
  rules.stall_pause = duration_if(object, "stall_pause_ns");
  rules.most_steal = object.number("most_steal");
  rules.most_difference = object.number("most_difference");
  rules.least_kept = object.number("least_kept");
  return rules;
}

AbSlice slice_from(const JsonObject& object) {
  AbSlice slice;
  slice.side = second_of(object, "side", "a", "b") ? AbSide::b : AbSide::a;
  slice.pair = small_count(object, "pair");
  slice.start = duration_from(object, "start_ns");
  slice.length = duration_from(object, "length_ns");
  slice.values = values_from(object, "values");
  slice.longest_pause = duration_if(object, "longest_pause_ns");
  slice.around.steal = object.number_if("steal");
  slice.around.foreign_cpu = object.number_if("foreign_cpu");
  slice.around.cpu_pressure = object.number_if("cpu_pressure");
  slice.around.marks = texts_from(object, "marks");
  return slice;
}

/// The items of a list as objects that know their place.
template <class Visit>
void for_each_object(const JsonObject& object, const char* key, Visit visit) {
  std::size_t i = 0;
  for (const auto& item : object.list(key))
    visit(JsonObject(item, fmt::format("{}/{}/{}", object.where(), key, i++)));
}

AbRound round_from(const JsonObject& object) {
  AbRound round;
  round.spoiled = object.text("spoiled");
  const JsonObject values = object.object("values");
  round.values = {values_from(values, "a"), values_from(values, "b")};
  for_each_object(object, "slices",
                  [&](const JsonObject& slice) { round.slices.push_back(slice_from(slice)); });
  return round;
}

AbRecord record_from(const JsonObject& document) {
  const JsonObject object = document.object("record");
  AbRecord record;
  record.source = object.text("source");
  record.scenario = object.text("scenario");
  record.started_at = object.text("started_at");
  record.version = object.text("version");
  record.machine = object.text("machine");
  record.seed = object.seed("seed");
  record.design =
      second_of(object, "design", "alternating", "batches") ? AbDesign::batches : AbDesign::alternating;
  record.a = subject_from(object.object("a"));
  record.b = subject_from(object.object("b"));
  for_each_object(object, "differences", [&](const JsonObject& d) {
    record.differences.push_back({d.text("what"), d.text("a"), d.text("b")});
  });
  record.advisory = object.text("advisory");
  record.invalid = texts_from(object, "invalid");
  for_each_object(object, "metrics",
                  [&](const JsonObject& m) { record.metrics.push_back(definition_from(m)); });
  record.rules = rules_from(object.object("rules"));
  for_each_object(document, "rounds", [&](const JsonObject& r) { record.rounds.push_back(round_from(r)); });
  return record;
}

std::size_t first_difference(std::string_view one, std::string_view other) {
  if (one == other) return 0;
  const auto [end, unused] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  return 1 + static_cast<std::size_t>(std::count(one.begin(), end, '\n'));
}

}  // namespace

std::string comparison_json(const AbRecord& record, const AbJudgement& judgement) {
  Json json;
  json["schema"] = fmt::format("{}/{}", kSchema, kVersion);
  json["verdict"] = verdict_json(record, judgement);
  json["metrics"] = Json::array();
  for (const MetricJudgement& metric : judgement.metrics)
    json["metrics"].push_back(metric_json(record, metric));
  json["stalls"] = stalls_json(judgement.stalls);
  json["record"] = record_json(record);
  std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace);
  text.resize(text.size() - 2);  // its closing newline and brace: the rounds follow, in lines of their own
  text += ",\n  \"rounds\": [";
  const char* separator = "\n";
  for (const AbRound& round : record.rounds) {
    text += separator + round_text(round);
    separator = ",\n";
  }
  return text + (record.rounds.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

Result<AbRecord> parse_comparison(std::string_view text, const std::string& where) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{where, "is no JSON, or it was cut off", ""};
  try {
    const JsonObject document(json, where + " ");
    expect_schema(document, kSchema, kVersion);
    AbRecord record = record_from(document);
    if (const Status status = check_record(record); !status) {
      std::vector<Error> errors = status.errors();
      for (Error& error : errors) error.where = where + " " + error.where;
      return errors;
    }
    return record;
  } catch (const Misread& misread) {
    return misread.error;
  }
}

Result<Replay> replay_comparison(std::string_view text, const std::string& where) {
  Result<AbRecord> record = parse_comparison(text, where);
  if (!record) return record.errors();
  Replay replay{std::move(*record), {}, false, 0};
  replay.judgement = judge(replay.record);
  replay.differs = first_difference(comparison_json(replay.record, replay.judgement), text);
  replay.reproduced = replay.differs == 0;
  return replay;
}

}  // namespace ringstorm
