// What a person sees while a run is on: one line that is rewritten on a terminal, plain lines anywhere else,
// nothing when quiet.
#pragma once

#include <cstdio>
#include <string>

#include "runner/runner.h"

namespace ringstorm {

class ProgressLine {
 public:
  enum class Style { quiet, lines, rewritten };

  /// Rewritten when `out` is a terminal.
  ProgressLine(std::FILE* out, bool quiet);
  ~ProgressLine() { finish(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);
  /// Leaves the last line standing.
  void finish();

 private:
  std::FILE* out_;
  Style style_;
  bool pending_ = false;
};

/// "measuring    1,000 up   124,310 msg/s   p99 1.2 ms   0 errors   7 s left".
std::string progress_text(const Progress& progress);

}  // namespace ringstorm
