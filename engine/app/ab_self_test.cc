#include "app/ab_self_test.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/units.h"
#include "compare/resample.h"
#include "runner/server_under_test.h"
#include "stats/confidence.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kMostResampled = 1000;
constexpr Duration kResamplingTime = seconds(5);
constexpr std::uint64_t kResamplingSeed = 1;

// Fewer than ten rounds could call nothing a regression. Ten of 5 pairs take 35 s.
constexpr Duration kQuickTime = seconds(38);
constexpr std::uint32_t kQuickRounds = 10;
constexpr std::size_t kQuickPairs = 5;
constexpr std::size_t kQuickConnectionPairs = 1;

std::string embedded_server_command() {
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  std::string quoted;
  for (const char c : program) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return fmt::format("exec '{}' serve --mode echo --listen 127.0.0.1:{}", quoted, kPortPlace);
}

std::string false_alarms(const AbRecord& record) {
  const AbVerdictCounts counts =
      judge_resampled(record, Relabel::by_round, kMostResampled, kResamplingTime, kResamplingSeed);
  const auto interval = ratio_interval(counts.regressed, counts.all);
  return fmt::format(
      "self-test    {} of {} comparisons resampled from these rounds cried wolf: {:.2f} %, between {:.2f} "
      "and "
      "{:.2f} %\n"
      "             {} ok, {} inconclusive\n",
      counts.regressed, format_count(counts.all),
      100.0 * static_cast<double>(counts.regressed) / static_cast<double>(counts.all), interval->low * 100,
      interval->high * 100, format_count(counts.ok), format_count(counts.inconclusive));
}

std::string detectable(const AbRecord& record, const AbJudgement& judgement) {
  std::string text;
  const char* label = "detectable  ";
  for (const MetricJudgement& metric : judgement.metrics) {
    const AbMetric& judged = record.metrics[metric.metric];
    text += fmt::format("{} {:<16} {}{}\n", label, judged.name,
                        metric.minimum_detectable
                            ? fmt::format("{:.1f} % worse", *metric.minimum_detectable * 100)
                            : std::string("nothing by so few rounds"),
                        judged.gates ? "" : "  (does not gate)");
    label = "            ";
  }
  return text;
}

}  // namespace

void prepare_self_test(AbSetup& setup, std::vector<std::uint32_t>& looks, bool quick) {
  setup.servers.fill({.text = embedded_server_command(), .is_url = false});
  if (!quick) return;
  looks = {kQuickRounds};
  setup.pairs = kQuickPairs;
  setup.connection_pairs = kQuickConnectionPairs;
  setup.warmup = milliseconds(100);
  setup.at_most = kQuickTime;
}

std::string self_test_text(const AbRecord& record, const AbJudgement& judgement) {
  if (judgement.rounds_counting < record.rules.looks.front())
    return "self-test    too few rounds counted to say how often this machine cries wolf: it is too busy "
           "now\n";
  return false_alarms(record) + detectable(record, judgement);
}

}  // namespace ringstorm
