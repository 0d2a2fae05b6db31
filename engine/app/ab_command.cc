#include "app/ab_command.h"

#include <algorithm>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/ab_comparison.h"
#include "app/ab_self_test.h"
#include "app/commands.h"
#include "base/units.h"
#include "compare/comparison_json.h"
#include "report/report_folder.h"

namespace ringstorm {
namespace {

constexpr Duration kShortestSlice = milliseconds(20);
constexpr Duration kLongestSlice = seconds(2);
constexpr std::uint64_t kMostPairs = 1000;
constexpr std::uint64_t kMostRounds = 1000;

/// The command line, read.
struct Asked {
  AbSetup setup;
  std::vector<std::uint32_t> looks;
};

class Reading {
 public:
  explicit Reading(const AbOptions& options) : options_(options) {}

  Result<Asked> read() {
    read_scenario();
    if (!options_.self_test) {
      read_server(0, "--a", options_.a);
      read_server(1, "--b", options_.b);
    }
    read_sizes();
    read_looks();
    if (!errors_.empty()) return errors_;
    return asked_;
  }

 private:
  void wrong(const std::string& where, const std::string& what) { errors_.push_back({where, what, ""}); }
  void add(const std::vector<Error>& errors) { errors_.insert(errors_.end(), errors.begin(), errors.end()); }

  void read_scenario() {
    ScenarioOptions options = options_.scenario;
    if (options_.self_test) options.default_to("embedded:echo");
    const auto scenario = options.scenario();
    if (!scenario) return add(scenario.errors());
    asked_.setup.scenario = *scenario;
    if (scenario->warmup > Duration{0}) asked_.setup.warmup = scenario->warmup;
    add(find_ab_mistakes(*scenario));
  }

  void read_server(std::size_t side, const char* flag, const std::string& text) {
    const auto server = parse_ab_server(flag, text);
    if (server) {
      asked_.setup.servers[side] = *server;
    } else {
      add(server.errors());
    }
  }

  template <class T, class Value>
  void take(T& field, const char* flag, const std::string& text, const std::optional<Value>& value,
            Value least, Value most, const char* expected) {
    if (value && *value >= least && *value <= most) {
      field = static_cast<T>(*value);
    } else {
      wrong(fmt::format("{} {}", flag, text), fmt::format("expected {}", expected));
    }
  }

  void read_sizes() {
    AbSetup& setup = asked_.setup;
    take(setup.pairs, "--pairs", options_.pairs, parse_count(options_.pairs), std::uint64_t{2}, kMostPairs,
         "a number from 2 to 1000");
    setup.connection_pairs = std::clamp<std::size_t>(setup.pairs / 4, 1, AbSetup{}.connection_pairs);
    take(setup.slice, "--slice", options_.slice, parse_duration(options_.slice), kShortestSlice,
         kLongestSlice, "a time from 20ms to 2s");
    take(setup.patience, "--patience", options_.patience, parse_duration(options_.patience), milliseconds(1),
         seconds(3600), "a time from 1ms to 1h");
    take(setup.grace, "--grace", options_.grace, parse_duration(options_.grace), Duration{0}, seconds(3600),
         "a time up to 1h");
  }

  void read_looks() {
    std::vector<std::uint32_t>& looks = asked_.looks;
    bool is_right = true;
    std::size_t begin = 0;
    while (begin <= options_.looks.size()) {
      const std::size_t end = std::min(options_.looks.find(',', begin), options_.looks.size());
      const auto count = parse_count(options_.looks.substr(begin, end - begin));
      is_right = is_right && count && *count >= 1 && *count <= kMostRounds &&
                 (looks.empty() || *count > looks.back());
      if (!is_right) break;
      looks.push_back(static_cast<std::uint32_t>(*count));
      begin = end + 1;
    }
    if (!is_right)
      wrong("--rounds " + options_.looks, "expected rising numbers of rounds up to 1000, such as 6,10,16");
  }

  const AbOptions& options_;
  Asked asked_;
  std::vector<Error> errors_;
};

/// The record in the folder, and everything else where it was asked for.
int deliver(const AbComparison& comparison, const AbOptions& options, const std::string& folder) {
  const AbRecord& record = comparison.record;
  const AbJudgement& judgement = comparison.judgement;
  const auto written = write_document(folder, {"ab.json", comparison_json(record, judgement)});
  const int code = put_out(options.output, record, judgement);
  const bool is_text = options.output.format == "text";
  if (is_text && options.self_test) fmt::print("{}", self_test_text(record, judgement));
  if (!written) return complain(written.errors(), exit_code::usage);
  if (is_text) fmt::print("\nrecord       {}/ab.json\n", *written);
  const bool undecided = judgement.verdict == AbVerdict::inconclusive;
  return comparison.interrupted && undecided && code != exit_code::usage ? exit_code::inconclusive : code;
}

/// A seed for everything, drawn now when none was given; and what is wrong with the load, before a server is
/// started for it.
std::vector<Error> settle(AbSetup& setup, const Site& site) {
  for (std::size_t side = 0; side < 2; ++side) {
    const auto plan = trial_plan(setup, site, side);
    if (!plan) return plan.errors();
    setup.scenario.seed = plan->seed;
    setup.scenario.name = plan->scenario.name;
  }
  return {};
}

}  // namespace

int ab_command(const AbOptions& options) {
  auto asked = Reading(options).read();
  if (!asked) return complain(asked.errors(), exit_code::usage);
  const auto site = prepare_site();
  if (!site) return complain(site.errors(), exit_code::usage);
  if (options.self_test) prepare_self_test(asked->setup, asked->looks, options.quick);
  if (const auto errors = settle(asked->setup, *site); !errors.empty())
    return complain(errors, exit_code::usage);
  auto record = new_ab_record(asked->setup, *site, asked->looks);
  if (!record) return complain(record.errors(), exit_code::usage);
  const auto folder = make_report_folder(options.out, asked->setup.scenario.name + "-ab", time_of_day());
  if (!folder) return complain(folder.errors(), exit_code::usage);
  AbProgress progress(stderr, options.quiet);
  const AbComparison comparison =
      compare_servers(asked->setup, *site, *folder, std::move(*record), options.self_test, progress);
  if (comparison.abandoned) return exit_code::interrupted;
  if (comparison.interrupted) progress.note("interrupted: the rounds before are judged as they are");
  return deliver(comparison, options, *folder);
}

void add_ab_command(CLI::App& app, int& code) {
  const auto options = std::make_shared<AbOptions>();
  CLI::App* command = app.add_subcommand("ab", "Measure two servers beside each other: is B worse than A?");
  options->scenario.add_to(*command);
  command->add_option("--a", options->a,
                      "The command that starts the server as it was, with {port}; or its URL");
  command->add_option("--b", options->b, "The same for the server as it is now");
  command->add_option("--rounds", options->looks, "At how many rounds a verdict is looked for")
      ->capture_default_str();
  command->add_option("--pairs", options->pairs, "Pairs of slices in each part of a round")
      ->capture_default_str();
  command->add_option("--slice", options->slice, "How long one side is measured before the other")
      ->capture_default_str();
  command->add_option("--patience", options->patience, "How long a server may take until it listens")
      ->capture_default_str();
  command->add_option("--grace", options->grace, "How long a server may take to end before it is killed")
      ->capture_default_str();
  options->output.add_to(*command);
  command->add_option("--out", options->out, "The folder for ab.json and the servers' output");
  command->add_flag(
      "--self-test", options->self_test,
      "The embedded server on both sides: false alarms, and what can be detected on this machine");
  command->add_flag("--quick", options->quick, "A self-test of less than 45 s");
  command->add_flag("-q,--quiet", options->quiet, "No progress");
  command->footer(
      "Examples:\n"
      "  ringstorm ab scenarios/echo.json --a './old --port {port}' --b './new --port {port}'\n"
      "  ringstorm ab scenarios/echo.json --a ws://127.0.0.1:9001/ --b ws://127.0.0.1:9002/\n"
      "  ringstorm ab --self-test --quick\n"
      "Exit codes: 0 ok, 1 regressed, 2 inconclusive, 3 not valid, 4 usage.\n");
  command->callback([options, &code] { code = ab_command(*options); });
}

}  // namespace ringstorm
