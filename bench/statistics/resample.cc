// Comparisons that might have been measured, made of those that were: the rounds of all the given ab.json
// files together, resampled and judged by the engine's own code. For bench/statistics/ab_evidence.
#include "compare/resample.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "compare/comparison_json.h"
#include "stats/confidence.h"

namespace ringstorm {
namespace {

struct Options {
  std::vector<std::string> files;
  std::uint64_t count = 2000;
  double seconds = 600;
  std::uint64_t seed = 1;
};

/// All rounds in one record, which is judged by the rules of the first.
Result<AbRecord> pooled(const std::vector<std::string>& files) {
  AbRecord all;
  for (const std::string& path : files) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto record = parse_comparison(text, path);
    if (!record) return record.errors();
    if (all.rounds.empty()) {
      all = *record;
      continue;
    }
    if (record->metrics != all.metrics || record->rules != all.rules)
      return Error{path, "it has other metrics or rules than " + files.front(), ""};
    all.rounds.insert(all.rounds.end(), record->rounds.begin(), record->rounds.end());
  }
  if (all.rounds.empty()) return Error{"", "there is no round in what was given", ""};
  return all;
}

void print(const char* what, const AbVerdictCounts& counts) {
  const auto share = ratio_interval(counts.regressed, counts.all);
  fmt::print(
      "{}: {} comparisons, {} regressed ({:.2f} %, between {:.2f} and {:.2f} %), {} ok, {} inconclusive\n",
      what, counts.all, counts.regressed,
      100.0 * static_cast<double>(counts.regressed) / static_cast<double>(counts.all), 100 * share->low,
      100 * share->high, counts.ok, counts.inconclusive);
}

int run(const Options& options) {
  const auto record = pooled(options.files);
  if (!record) {
    for (const Error& error : record.errors()) fmt::print(stderr, "ab_resample: {}\n", to_string(error));
    return 1;
  }
  const Duration time{static_cast<Duration::rep>(options.seconds * 1e9 / 2)};
  fmt::print("{} rounds of {} comparisons, resampled to {} rounds each\n", record->rounds.size(),
             options.files.size(), record->rules.looks.back());
  print("as they were labelled", judge_resampled(*record, Relabel::never, options.count, time, options.seed));
  print("sides exchanged by a coin",
        judge_resampled(*record, Relabel::by_round, options.count, time, options.seed + 1));
  return 0;
}

}  // namespace
}  // namespace ringstorm

int main(int argc, char** argv) {
  CLI::App app{"Resamples recorded comparisons and judges them", "ab_resample"};
  ringstorm::Options options;
  app.add_option("files", options.files, "ab.json files of one kind")->required()->check(CLI::ExistingFile);
  app.add_option("--count", options.count, "How many comparisons of each kind")->check(CLI::PositiveNumber);
  app.add_option("--seconds", options.seconds, "For both kinds together")->check(CLI::PositiveNumber);
  app.add_option("--seed", options.seed, "");
  CLI11_PARSE(app, argc, argv);
  return ringstorm::run(options);
}
