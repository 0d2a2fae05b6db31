#include "app/ab_comparison.h"

#include <algorithm>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "app/build_info.h"
#include "base/prng.h"
#include "compare/ab_gate.h"

namespace ringstorm {
namespace {

// Rounds that do not count are measured again, but not for ever.
constexpr std::size_t kMostSpoiled = 8;

AbSubject subject(const char* label, const AbServer& server) {
  return {.label = label, .what = server.text, .revision = {}};
}

std::string machine_line(const MachineFacts& machine) {
  return fmt::format("{} cores, {}, Linux {}, clock {}", machine.cores_online, machine.cpu_model,
                     machine.kernel_release, machine.clock_source);
}

std::string utc(std::chrono::system_clock::time_point at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

bool wants_a_round(const AbComparison& comparison, bool to_the_end) {
  const AbRecord& record = comparison.record;
  const std::size_t last = record.rules.looks.back();
  if (record.rounds.size() >= last + kMostSpoiled) return false;
  if (to_the_end) return comparison.judgement.rounds_counting < last;
  return comparison.judgement.next_look.has_value();
}

/// Time for another round: the longest so far tells how long one takes.
class TimeLeft {
 public:
  TimeLeft(Instant begin, std::optional<Duration> at_most) : round_begin_(begin) {
    if (at_most) end_ = begin + *at_most;
  }
  bool for_a_round() const { return end_ == kNever || round_begin_ + longest_ <= end_; }
  void round_ended(Instant now) {
    longest_ = std::max(longest_, now - round_begin_);
    round_begin_ = now;
  }

 private:
  Instant round_begin_;
  Instant end_ = kNever;
  Duration longest_{0};
};

}  // namespace

Result<AbRecord> new_ab_record(const AbSetup& setup, const Site& site, std::vector<std::uint32_t> looks) {
  auto metrics = gated_metrics(setup.scenario, measured_metrics(setup));
  if (!metrics) return metrics.errors();
  AbRecord record;
  record.source = "ab";
  record.scenario = setup.scenario.name;
  record.started_at = utc(time_of_day());
  record.version = fmt::format("ringstorm {} ({})", kVersion, kCommit);
  record.machine = machine_line(site.machine);
  record.seed = setup.scenario.seed;
  record.a = subject("A", setup.servers[0]);
  record.b = subject("B", setup.servers[1]);
  record.metrics = std::move(*metrics);
  record.rules = gate_rules(setup.scenario);
  record.rules.looks = std::move(looks);
  return record;
}

AbComparison compare_servers(const AbSetup& setup, const Site& site, const std::string& folder,
                             AbRecord record, bool to_the_end, AbProgress& progress) {
  AbComparison comparison{.record = std::move(record), .judgement = {}};
  AbRecord& filled = comparison.record;
  comparison.judgement = judge(filled);
  const Instant begin = MonotonicClock::now();
  AbRoundRunner runner(setup, site, folder, begin);
  TimeLeft time(begin, setup.at_most);
  Prng seeds(filled.seed);
  while (wants_a_round(comparison, to_the_end) && time.for_a_round()) {
    const std::size_t number = filled.rounds.size() + 1;
    AbRoundResult result =
        runner.measure(seeds.next(), [&](const char* part) { progress.part(number, part); });
    for (const std::string& note : result.notes) progress.note(note);
    comparison.interrupted = result.end == AbRoundResult::End::interrupted;
    comparison.abandoned = result.end == AbRoundResult::End::abandoned;
    for (const Error& error : result.errors) {
      progress.note(to_string(error));
      filled.invalid.push_back(to_string(Error{error.where, error.what, ""}));
    }
    if (result.end == AbRoundResult::End::complete) filled.rounds.push_back(std::move(result.round));
    comparison.judgement = judge(filled);
    if (result.end != AbRoundResult::End::complete) break;
    time.round_ended(MonotonicClock::now());
    progress.round(filled, comparison.judgement);
  }
  return comparison;
}

}  // namespace ringstorm
