#include "compare/stored_result.h"

#include <array>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "compare/json_object.h"

namespace ringstorm {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kReport = "ringstorm.report";
constexpr std::uint64_t kReportVersion = 1;

// Of the plan: whom it was asked of, and what the plan made of the machine.
constexpr std::array<std::string_view, 14> kNotLoad{
    "description",  "url",           "target",  "headers", "origin",       "segments",
    "server_cores", "server_shards", "sources", "budget",  "memory_bytes", "kernel_memory_bytes",
    "gate",         "payload_text"};

std::string text_of(const Json& json) {
  return json.is_string() ? json.get<std::string>()
                          : json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void put_value(StoredResult& result, const char* name, std::optional<double> value) {
  if (value && std::isfinite(*value) && *value > 0) result.values[name] = *value;
}

void read_latencies(const JsonObject& report, StoredResult& result) {
  const JsonObject intended = report.object("latency").object("intended");
  put_value(result, "latency.p50", intended.number_if("p50_ns"));
  put_value(result, "latency.p99", intended.number_if("p99_ns"));
  put_value(result, "latency.p99.9", intended.number_if("p99_9_ns"));
}

void read_connection_rate(const JsonObject& report, StoredResult& result) {
  const double opening = report.number("opening_s");
  if (opening > 0)
    put_value(result, "connection_rate", report.object("connections").number("opened") / opening);
}

void read_plan(const Json& plan, StoredResult& result) {
  for (const auto& [name, value] : plan.items()) {
    if (std::find(kNotLoad.begin(), kNotLoad.end(), name) == kNotLoad.end())
      result.load["plan " + name] = text_of(value);
  }
}

void read_environment(const JsonObject& report, StoredResult& result) {
  const JsonObject environment = report.object("environment");
  result.machine["cpu"] = environment.text("cpu_model");
  result.machine["cores"] = std::to_string(environment.count("cores"));
  result.machine["kernel"] = environment.text("kernel");
  result.machine["clock"] = environment.text_if("clock_source");
  result.machine["governor"] = environment.text_if("governor");
  result.machine["usable cores"] = std::to_string(report.object("generator").count("cores"));
  result.other["ringstorm"] =
      fmt::format("{} ({})", environment.text("ringstorm_version"), environment.text_if("ringstorm_commit"));
}

std::string why_invalid(const JsonObject& verdict, const std::string& path) {
  if (verdict.flag("valid")) return "";
  const Json& reasons = verdict.list("reasons");
  const std::string why =
      !reasons.empty() && reasons[0].is_string() ? reasons[0].get<std::string>() : "no reason given";
  return fmt::format("{} is not valid: {}", path, why);
}

StoredResult report_from(const JsonObject& report, const Json& json, const std::string& path) {
  expect_schema(report, kReport, kReportVersion);
  StoredResult result;
  result.path = path;
  result.scenario = report.text("scenario");
  result.started_at = report.text("started_at");
  result.measured_s = report.number("duration_s");
  result.invalid = why_invalid(report.object("verdict"), path);
  put_value(result, "throughput", report.object("rates").number("received_per_s"));
  read_latencies(report, result);
  read_connection_rate(report, result);
  const JsonObject plan = report.object("plan");
  result.embedded = plan.object("target").text("kind") == "embedded";
  result.other["url"] = plan.text("url");
  read_plan(json.at("plan"), result);
  read_environment(report, result);
  return result;
}

// --- Google Benchmark

double nanoseconds(const JsonObject& row) {
  const std::string unit = row.text("time_unit");
  const double value = row.number("cpu_time");
  if (unit == "ns") return value;
  if (unit == "us") return value * 1e3;
  if (unit == "ms") return value * 1e6;
  if (unit == "s") return value * 1e9;
  row.refuse("time_unit", "\"ns\", \"us\", \"ms\" or \"s\"");
}

/// "2026-11-25T13:08:58+00:00" as UTC; nothing for another time zone, which no comparison needs to the
/// second.
std::string utc_of(const std::string& date) {
  constexpr std::size_t kLength = 19;
  return date.size() > kLength && date.substr(kLength) == "+00:00" ? date.substr(0, kLength) + "Z" : "";
}

StoredResult empty_run(const JsonObject& document, const std::string& path) {
  const JsonObject context = document.object("context");
  StoredResult run;
  run.kind = StoredResult::Kind::google_benchmark;
  run.path = path;
  run.scenario = std::filesystem::path(context.text_if("executable")).filename().string();
  run.started_at = utc_of(context.text_if("date"));
  run.machine["cores"] = context.has("num_cpus") ? std::to_string(context.count("num_cpus")) : "";
  run.other["MHz"] = context.has("mhz_per_cpu") ? std::to_string(context.count("mhz_per_cpu")) : "";
  run.machine["build"] = context.text_if("library_build_type");
  return run;
}

std::vector<StoredResult> benchmark_from(const JsonObject& document, const std::string& path) {
  const StoredResult empty = empty_run(document, path);
  std::map<std::uint64_t, StoredResult> runs;
  std::size_t index = 0;
  for (const Json& item : document.list("benchmarks")) {
    const JsonObject row(item, fmt::format("{}/benchmarks/{}", document.where(), index++));
    if (row.has("run_type") && row.text("run_type") != "iteration") continue;
    const std::uint64_t repetition = row.count_if("repetition_index").value_or(0);
    StoredResult& run = runs.try_emplace(repetition, empty).first->second;
    const std::string name = row.has("run_name") ? row.text("run_name") : row.text("name");
    if (row.has("error_occurred") && row.flag("error_occurred")) {
      run.invalid = fmt::format("{}: {} failed: {}", path, name, row.text_if("error_message"));
    } else {
      put_value(run, name.c_str(), nanoseconds(row));
    }
  }
  std::vector<StoredResult> list;
  for (auto& [repetition, run] : runs) list.push_back(std::move(run));
  if (list.empty()) document.refuse("benchmarks", "at least one that is no aggregate");
  return list;
}

std::vector<StoredResult> stored_from(const Json& json, const std::string& path) {
  const JsonObject document(json, path + " ");
  if (document.has("context") && document.has("benchmarks")) return benchmark_from(document, path);
  return {report_from(document, json, path)};
}

std::string fact(const StoredResult& result, const char* name) {
  const auto found = result.machine.find(name);
  return found == result.machine.end() ? "" : found->second;
}

/// "6.18.44-x" is "6.18": a fix of a kernel makes no other machine.
std::string major_minor(std::string_view version) {
  const std::size_t first = version.find('.');
  const std::size_t second =
      first == std::string_view::npos ? first : version.find_first_not_of("0123456789", first + 1);
  return std::string(version.substr(0, second));
}

}  // namespace

Result<std::vector<StoredResult>> read_stored(const std::string& path) {
  const Result<Json> json = read_json_file(path);
  if (!json) return json.errors();
  try {
    return stored_from(*json, path);
  } catch (const Misread& misread) {
    return misread.error;
  }
}

std::string folder_name(std::string_view text) {
  std::string name;
  for (const char c : text.substr(0, 100)) {
    const char small = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool allowed =
        (small >= 'a' && small <= 'z') || (small >= '0' && small <= '9') || (small == '.' && !name.empty());
    if (allowed) {
      name += small;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  while (!name.empty() && (name.back() == '-' || name.back() == '.')) name.pop_back();
  return name.empty() ? "unknown" : name;
}

std::string machine_class(const StoredResult& result) {
  return folder_name(fmt::format("{} {} cores linux {}", fact(result, "cpu"), fact(result, "cores"),
                                 major_minor(fact(result, "kernel"))));
}

}  // namespace ringstorm
