// What a person sees while a comparison is on: on a terminal what it is doing, and everywhere a line for each
// round with the estimate so far.
#pragma once

#include <cstdio>
#include <string>

#include "compare/ab_judgement.h"
#include "compare/ab_record.h"

namespace ringstorm {

class AbProgress {
 public:
  AbProgress(std::FILE* out, bool quiet);
  ~AbProgress() { clear(); }
  AbProgress(const AbProgress&) = delete;
  AbProgress& operator=(const AbProgress&) = delete;

  /// A part of round `round`, from 1, begins.
  void part(std::size_t round, const char* what);
  void round(const AbRecord& record, const AbJudgement& judgement);
  void note(const std::string& text);

 private:
  void clear();
  void line(const std::string& text);

  std::FILE* out_;
  bool quiet_;
  bool rewrites_;
  bool pending_ = false;
};

/// "round 3 (look at 6): 171 pairs kept, 9 dropped; throughput +0.3 % (-1.2 to 1.9 %), latency.p99 ...". Of
/// the metrics that gate.
std::string ab_round_text(const AbRecord& record, const AbJudgement& judgement);

}  // namespace ringstorm
