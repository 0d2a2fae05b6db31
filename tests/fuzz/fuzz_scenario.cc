// Any bytes as a scenario file, and any first line as a URL, a duration, a size, a count, a rate and a
// threshold: never a crash, and whatever is accepted keeps its promises.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/units.h"
#include "plan/scenario_file.h"
#include "plan/target.h"
#include "plan/threshold.h"

namespace {

using namespace ringstorm;

/// The text itself, so that it may include itself, or a table.
Result<std::string> file_for(std::string_view text, const std::string& path) {
  if (path == "again.json") return std::string(text);
  if (path.ends_with(".csv")) return std::string("name,city\nAnn,Oslo\n");
  return Error{path, "is not there", ""};
}

/// Lays the last line over it as a setting.
void read_scenario(std::string_view text) {
  const ReadFile read = [text](const std::string& path) { return file_for(text, path); };
  std::vector<std::string> settings;
  if (const std::size_t end = text.rfind('\n'); end != std::string_view::npos)
    settings.emplace_back(text.substr(end + 1));
  (void)parse_scenario(text, "fuzz.json", settings, read);
  const auto scenario = parse_scenario(text, "fuzz.json", {}, read);
  if (scenario) {
    RS_CHECK(validate(*scenario).empty());
    RS_CHECK(!scenario->name.empty() || text.find("name") != std::string_view::npos);
    return;
  }
  for (const Error& error : scenario.errors()) {
    RS_CHECK(error.where.starts_with("fuzz.json:") || error.where.starts_with("again.json:"));
    RS_CHECK(!error.what.empty());
    RS_CHECK(error.where.size() + error.what.size() + error.hint.size() < 2000);
  }
}

void read_url(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) {
    RS_CHECK(!target.error().what.empty());
    return;
  }
  RS_CHECK(!target->host.empty());
  RS_CHECK(target->resource.starts_with('/'));
  for (const char c : target->resource + target->host_header) RS_CHECK(c > ' ' && c < 0x7F);
  if (target->kind == Target::Kind::network) RS_CHECK(target->port != 0);
  (void)is_local(*target);
}

void read_units(std::string_view text) {
  if (const auto duration = parse_duration(text)) RS_CHECK(*duration >= Duration::zero());
  if (const auto bytes = parse_bytes(text)) RS_CHECK(!format_bytes(*bytes).empty());
  if (const auto count = parse_count(text)) RS_CHECK(!format_count(*count).empty());
  if (const auto rate = parse_rate(text)) {
    RS_CHECK(rate->events > 0);
    RS_CHECK(rate->per > Duration::zero());
    RS_CHECK(!format_rate(*rate).empty());
  }
}

void read_threshold(std::string_view text) {
  const auto threshold = parse_threshold(text);
  if (threshold) {
    const std::string written = to_string(*threshold);
    const auto again = parse_threshold(written);
    RS_CHECK(again && to_string(*again) == written);
    RS_CHECK(again->metric == threshold->metric && again->stage == threshold->stage);
    return;
  }
  for (const Error& error : threshold.errors()) {
    RS_CHECK(!error.what.empty());
    RS_CHECK(error.where.size() + error.what.size() + error.hint.size() < 1000);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::string_view line = text.substr(0, text.find('\n'));
  read_scenario(text);
  read_url(line);
  read_units(line);
  read_threshold(line);
  return 0;
}
