// `ringstorm capacity`: runs the steps that the search asks for, shows them, and writes what came of it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/capacity_report.h"
#include "app/commands.h"
#include "app/execution.h"
#include "base/nearest_name.h"
#include "base/units.h"
#include "plan/plan.h"
#include "report/report_folder.h"
#include "runner/runner.h"

namespace ringstorm {
namespace {

constexpr double kMostLoad = 1e9;
constexpr Duration kLongestStep = seconds(60);

/// What the options come to: the result with its steps still to come, and what each step is made of.
struct Search {
  Scenario base;
  CapacityResult result;
};

std::optional<double> parse_load(const std::string& text, SearchedLoad searched) {
  std::optional<double> load;
  if (searched == SearchedLoad::connections) {
    if (const auto count = parse_count(text)) load = static_cast<double>(*count);
  } else if (const auto rate = parse_rate(text)) {
    load = rate->per_second();
  }
  return load && *load >= 1 && *load <= kMostLoad ? load : std::nullopt;
}

std::optional<double> parse_share(std::string text) {
  if (!text.empty() && text.back() == '%') text.pop_back();
  const auto percent = parse_duration(text + "s");  // the same way of writing a number
  if (!percent || *percent < milliseconds(100) || *percent > seconds(100)) return std::nullopt;
  return to_seconds(*percent) / 100;
}

template <class T, class Parsed>
void take(T& field, const char* flag, const std::string& text, const Parsed& parsed, const char* expected,
          std::vector<Error>& errors) {
  if (parsed) {
    field = *parsed;
  } else {
    errors.push_back({fmt::format("{} {}", flag, text), fmt::format("expected {}", expected), ""});
  }
}

void read_slo(const CapacityOptions& options, Search& search, std::vector<Error>& errors) {
  if (!options.slo.empty()) search.base.thresholds.clear();
  for (const std::string& text : options.slo) {
    const auto threshold = parse_threshold(text);
    if (threshold) {
      search.base.thresholds.push_back(*threshold);
      continue;
    }
    for (const Error& error : threshold.errors())
      errors.push_back({"--slo " + error.where, error.what, error.hint});
  }
  if (options.slo.empty() && search.base.thresholds.empty())
    errors.push_back({"--slo", "nothing says what the target must keep", "--slo 'latency.p99 < 5ms'"});
  search.result.slo = search.base.thresholds;
}

void read_rules(const CapacityOptions& options, Search& search, std::vector<Error>& errors) {
  CapacityResult& result = search.result;
  CapacityRules& rules = result.rules;
  constexpr const char* kLoads = "a load from 1 to 1G, such as 10k/s, or 500 for connections";
  rules.most = kMostLoad;
  rules.whole = result.searched == SearchedLoad::connections;
  if (rules.whole) rules.start = 100;
  if (options.start)
    take(rules.start, "--start", *options.start, parse_load(*options.start, result.searched), kLoads, errors);
  if (options.max)
    take(rules.most, "--max", *options.max, parse_load(*options.max, result.searched), kLoads, errors);
  take(rules.resolution, "--resolution", options.resolution, parse_share(options.resolution),
       "a share from 0.1% to 100%", errors);
  auto step = parse_duration(options.step);
  if (step && (*step < milliseconds(100) || *step > seconds(3600))) step.reset();
  take(rules.shortest, "--step", options.step, step, "a time from 100ms to 1h", errors);
  take(result.settle, "--settle", options.settle, parse_duration(options.settle), "a time such as 500ms",
       errors);
  rules.longest = std::max(kLongestStep, rules.shortest);
  rules.quantile = highest_quantile(result.slo);
  if (result.searched != SearchedLoad::rate) rules.samples_per_unit = 0;
}

Result<Search> read_search(const CapacityOptions& options) {
  const auto scenario = options.scenario.scenario();
  if (!scenario) return scenario.errors();
  Search search{.base = *scenario, .result = {}};
  search.result.url = scenario->url;
  const auto* const name = std::ranges::find(kSearchedLoads, options.search);
  if (name == kSearchedLoads.end())
    return Error{"--search " + options.search, "expected rate, connections or open-rate",
                 did_you_mean(options.search, kSearchedLoads)};
  search.result.searched = static_cast<SearchedLoad>(name - kSearchedLoads.begin());
  std::vector<Error> errors;
  read_slo(options, search, errors);
  read_rules(options, search, errors);
  if (!errors.empty()) return errors;
  return search;
}

/// How one step ended, when it ends the search too.
enum class Course : std::uint8_t { on, ended };

class Searching {
 public:
  Searching(Search& search, const Site& site, bool quiet)
      : base_(search.base), result_(search.result), site_(site), quiet_(quiet) {}

  /// The exit code and errors when nothing can be reported.
  std::optional<Execution> run() {
    CapacitySearch search(result_.rules);
    if (!quiet_) fmt::print("{}\n", capacity_head(result_.searched));
    while (const auto step = search.next()) {
      if (!result_.steps.empty() && sleep_or_signal(MonotonicClock::now() + result_.settle)) {
        result_.interrupted = true;
        return std::nullopt;
      }
      const Course course = take_step(*step);
      if (failed_) return std::move(failed_);
      if (course == Course::ended) return std::nullopt;
      search.result(*step, result_.steps.back().outcome);
    }
    result_.answer = search.answer();
    return std::nullopt;
  }

 private:
  Course take_step(const CapacityStep& step) {
    const auto plan =
        make_plan(scenario_at(base_, result_.searched, step.load, step.at_least), site_.limits());
    if (!plan && result_.steps.empty()) return fail(plan.errors(), exit_code::usage);
    if (!plan) return record(impossible_step(step, plan.errors()));
    const Execution done = execute(*plan, site_, {});
    if (!done.report) return fail(done.errors, done.exit_code);
    const Report& report = *done.report;
    record(record_of(step, result_.searched, report));
    result_.interrupted = report.interrupted;
    if (is_gone(report)) result_.failure = report.verdict.reasons;
    return result_.interrupted || !result_.failure.empty() ? Course::ended : Course::on;
  }

  // A target that fails under more than it has carried has missed; one that never served, or serves nobody
  // any more, ends the search.
  bool is_gone(const Report& report) const {
    if (report.verdict.exit_code != Verdict::target_failed) return false;
    const bool ever_met = std::ranges::any_of(
        result_.steps, [](const CapacityRecord& step) { return step.outcome == StepOutcome::met; });
    return !ever_met || report.measurements.counters.connections_opened == 0;
  }

  Course record(CapacityRecord record) {
    result_.steps.push_back(std::move(record));
    if (!quiet_) fmt::print("{}\n", capacity_row(result_.steps.back(), result_.searched));
    std::fflush(stdout);
    return Course::on;
  }

  Course fail(const std::vector<Error>& errors, int code) {
    failed_ = Execution{.report = {}, .errors = errors, .exit_code = code};
    return Course::ended;
  }

  const Scenario& base_;
  CapacityResult& result_;
  const Site& site_;
  bool quiet_;
  std::optional<Execution> failed_;
};

int deliver(const CapacityResult& result, const std::string& out,
            std::chrono::system_clock::time_point started_at) {
  fmt::print("{}\n", closing_line(result));
  const int code = exit_code_of(result);
  const NamedDocument document{"capacity.json", capacity_json(result)};
  const auto folder = out.empty() ? write_document_under("results", "capacity", started_at, document)
                                  : write_document(out, document);
  if (!folder) return complain(folder.errors(), code != exit_code::fine ? code : exit_code::usage);
  fmt::print("steps        {}/capacity.json\n", *folder);
  return code;
}

}  // namespace

int capacity_command(const CapacityOptions& options) {
  auto search = read_search(options);
  if (!search) return complain(search.errors(), exit_code::usage);
  if (!options.out.empty()) {
    if (auto status = check_report_folder(options.out); !status)
      return complain(status.errors(), exit_code::usage);
  }
  const auto site = prepare_site();
  if (!site) return complain(site.errors(), exit_code::usage);
  const auto started_at = time_of_day();
  if (const auto failed = Searching(*search, *site, options.quiet).run())
    return complain(failed->errors, failed->exit_code);
  return deliver(search->result, options.out, started_at);
}

void add_capacity_command(CLI::App& app, int& code) {
  const auto options = std::make_shared<CapacityOptions>();
  CLI::App* command =
      app.add_subcommand("capacity", "Search the highest load that still meets the thresholds");
  options->scenario.add_to(*command);
  command
      ->add_option("--slo", options->slo,
                   "What must hold, such as 'latency.p99 < 5ms'; may be given several times; the scenario's "
                   "thresholds when not given")
      ->allow_extra_args(false);
  command->add_option("--search", options->search, "Of what: rate, connections or open-rate");
  command->add_option("--start", options->start, "The first load tried, such as 1k/s");
  command->add_option("--max", options->max, "No higher load is tried");
  command->add_option("--resolution", options->resolution, "How near the answer is to the limit, such as 5%");
  command->add_option("--step", options->step, "The least time that a step measures");
  command->add_option("--settle", options->settle, "The pause between steps");
  command->add_option("--out", options->out, "The folder for capacity.json; a fresh one under results/");
  command->add_flag("-q,--quiet", options->quiet, "Only the closing line");
  command->footer("Example:\n  ringstorm capacity scenarios/echo.json --slo 'latency.p99 < 5ms'\n");
  command->callback([options, &code] { code = capacity_command(*options); });
}

}  // namespace ringstorm
