#include "app/compare_command.h"

#include <fstream>
#include <iterator>
#include <memory>

#include <fmt/format.h>

#include "app/build_info.h"
#include "app/commands.h"
#include "app/result_files.h"
#include "compare/comparison_json.h"
#include "compare/stored_comparison.h"
#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

Result<std::string> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return Error{path, "cannot be read", ""};
  return text;
}

int replay(const CompareOptions& options) {
  const auto text = contents(options.replay);
  if (!text) return complain(text.errors(), exit_code::usage);
  const auto replay = replay_comparison(*text, options.replay);
  if (!replay) return complain(replay.errors(), exit_code::usage);
  const int code = put_out(options.output, replay->record, replay->judgement);
  if (replay->reproduced) {
    fmt::print(stderr, "ringstorm: {} is reproduced byte for byte\n", options.replay);
    return code;
  }
  return complain(
      {{fmt::format("{}:{}", options.replay, replay->differs),
        "is not what its record gives: the file was changed, or another version of ringstorm wrote it", ""}},
      exit_code::not_valid);
}

Result<AbRecord> compared(const CompareOptions& options) {
  std::vector<Error> errors;
  const auto keep = [&](const auto& result) {
    if (!result) errors.insert(errors.end(), result.errors().begin(), result.errors().end());
  };
  const auto base = read_results(options.base);
  const auto fresh = read_results(options.fresh);
  const Result<Scenario> scenario = options.scenario.empty() ? Scenario{} : load_scenario(options.scenario);
  keep(base);
  keep(fresh);
  keep(scenario);
  if (!errors.empty()) return errors;
  return compare_stored(*base, *fresh,
                        {.gate = *scenario,
                         .in_turns = options.in_turns,
                         .seed = options.seed,
                         .version = fmt::format("{} ({})", kVersion, kCommit)});
}

}  // namespace

int compare_command(const CompareOptions& options) {
  if (!options.replay.empty()) return replay(options);
  if (options.base.empty() || options.fresh.empty()) {
    return complain({{"compare", "expected BASE and NEW, or --replay FILE", ""}}, exit_code::usage);
  }
  const Result<AbRecord> record = compared(options);
  if (!record) return complain(record.errors(), exit_code::usage);
  return put_out(options.output, *record, judge(*record));
}

void add_compare_command(CLI::App& app, int& code) {
  const auto options = std::make_shared<CompareOptions>();
  CLI::App* command = app.add_subcommand("compare", "Judge stored results against stored results");
  command->add_option("BASE", options->base,
                      "What there was: a report, a folder of them, or a quoted pattern");
  command->add_option("NEW", options->fresh, "What is new, likewise");
  command
      ->add_option("--scenario", options->scenario, "Take the gates of this scenario instead of the defaults")
      ->type_name("FILE");
  command->add_flag(
      "--in-turns", options->in_turns,
      "The i-th result of each side were measured next to each other, in an order that was drawn");
  command
      ->add_option("--seed", options->seed, "Of sampled rearrangements, where there are too many to try all")
      ->capture_default_str();
  command
      ->add_option("--replay", options->replay, "Judge the record of a comparison again; reads nothing else")
      ->type_name("FILE");
  options->output.add_to(*command);
  command->footer(
      "Examples:\n"
      "  ringstorm compare results/baselines/amd-epyc-2-cores-linux-6.18/echo 'results/*-echo'\n"
      "  ringstorm compare base.json new.json --in-turns          # of Google Benchmark, with repetitions\n"
      "  ringstorm compare --replay results/comparison.json\n"
      "Exit code: 0 ok, 1 regressed, 2 inconclusive, 3 not valid, 4 usage.\n");
  command->callback([options, &code] { code = compare_command(*options); });
}

}  // namespace ringstorm
