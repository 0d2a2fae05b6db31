#include "app/ab_progress.h"

#include <fmt/format.h>
#include <unistd.h>

namespace ringstorm {
namespace {

std::string estimate_text(const AbMetric& metric, const MetricJudgement& estimate) {
  if (!estimate.change) return metric.name + " unknown";
  std::string text = fmt::format("{} {:+.1f} %", metric.name, *estimate.change * 100);
  if (estimate.interval)
    text += fmt::format(" ({:+.1f} to {:+.1f})", estimate.interval->low * 100, estimate.interval->high * 100);
  return text;
}

std::string reasons_text(const std::map<std::string, std::uint64_t>& reasons) {
  std::string text;
  for (const auto& [reason, pairs] : reasons)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", pairs, reason);
  return text;
}

}  // namespace

std::string ab_round_text(const AbRecord& record, const AbJudgement& judgement) {
  std::string text = fmt::format("round {}", record.rounds.size());
  if (judgement.next_look) text += fmt::format(" (of {} that count)", *judgement.next_look);
  text += fmt::format(": {} pairs kept, {} dropped", judgement.pairs_kept, judgement.pairs_dropped);
  if (!judgement.dropped.empty()) text += " (" + reasons_text(judgement.dropped) + ")";
  const char* separator = "; ";
  for (const MetricJudgement& estimate : estimates_so_far(record)) {
    const AbMetric& metric = record.metrics[estimate.metric];
    if (!metric.gates) continue;
    text += separator + estimate_text(metric, estimate);
    separator = ", ";
  }
  return text;
}

AbProgress::AbProgress(std::FILE* out, bool quiet)
    : out_(out), quiet_(quiet), rewrites_(::isatty(::fileno(out)) != 0) {}

void AbProgress::part(std::size_t round, const char* what) {
  if (quiet_ || !rewrites_) return;
  fmt::print(out_, "\r\033[Kround {}: {}", round, what);
  std::fflush(out_);
  pending_ = true;
}

void AbProgress::round(const AbRecord& record, const AbJudgement& judgement) {
  if (!quiet_) line(ab_round_text(record, judgement));
}

void AbProgress::note(const std::string& text) {
  line(text);
}

void AbProgress::line(const std::string& text) {
  clear();
  fmt::print(out_, "{}\n", text);
  std::fflush(out_);
}

void AbProgress::clear() {
  if (pending_) fmt::print(out_, "\r\033[K");
  pending_ = false;
}

}  // namespace ringstorm
