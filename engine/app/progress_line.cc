#include "app/progress_line.h"

#include <fmt/core.h>
#include <unistd.h>

#include "base/units.h"

namespace ringstorm {
namespace {

const char* name_of(Progress::Stage stage) {
  switch (stage) {
    case Progress::Stage::opening: return "opening";
    case Progress::Stage::warming_up: return "warming up";
    case Progress::Stage::measuring: return "measuring";
    case Progress::Stage::draining: return "draining";
    case Progress::Stage::closing: return "closing";
  }
  return "";
}

}  // namespace

std::string progress_text(const Progress& progress) {
  std::string text = fmt::format("{:>5.1f} s  {:<10}  {} up  {} msg/s", to_seconds(progress.elapsed),
                                 name_of(progress.stage), format_count(progress.connections_up),
                                 format_count(static_cast<std::uint64_t>(progress.messages_per_second)));
  if (progress.latency_p99) text += "  p99 " + format_duration(*progress.latency_p99);
  if (progress.errors > 0)
    text += "  " + format_count(progress.errors) + (progress.errors == 1 ? " error" : " errors");
  if (progress.left && progress.stage <= Progress::Stage::measuring) {
    text += fmt::format("  {:.0f} s left", to_seconds(*progress.left));
  }
  return text;
}

ProgressLine::ProgressLine(std::FILE* out, bool quiet)
    : out_(out),
      style_(quiet                          ? Style::quiet
             : ::isatty(::fileno(out)) != 0 ? Style::rewritten
                                            : Style::lines) {}

void ProgressLine::show(const Progress& progress) {
  if (style_ == Style::quiet) return;
  const std::string text = progress_text(progress);
  if (style_ == Style::lines) {
    fmt::print(out_, "{}\n", text);
  } else {
    fmt::print(out_, "\r\033[K{}", text);
    pending_ = true;
  }
  std::fflush(out_);
}

void ProgressLine::finish() {
  if (pending_) fmt::print(out_, "\n");
  pending_ = false;
}

}  // namespace ringstorm
