#include "report/generator_limits.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"

namespace ringstorm {
namespace {

std::string percent(double share) {
  return fmt::format("{:.3g} %", share * 100);
}

class Reasons {
 public:
  void own_delay(const char* what, std::optional<Duration> p99, std::optional<Duration> latency_p99,
                 const GeneratorCutoffs& cutoffs) {
    if (!p99 || !latency_p99) return;
    const Duration share{
        static_cast<Duration::rep>(static_cast<double>(latency_p99->count()) * cutoffs.share_of_latency)};
    const Duration limit = std::max(cutoffs.least_delay, share);
    if (*p99 > limit)
      found_.push_back(
          fmt::format("{} p99 of {} is above {}", what, format_duration(*p99), format_duration(limit)));
  }

  void share(const char* what, std::optional<double> value, double limit) {
    if (value && *value > limit)
      found_.push_back(fmt::format("{} {}, above {}", what, percent(*value), percent(limit)));
  }

  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::vector<std::string> found_;
};

std::optional<double> ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::vector<std::string> generator_limits(const GeneratorFacts& facts, const GeneratorCutoffs& cutoffs) {
  Reasons reasons;
  reasons.own_delay("a send lag", facts.send_lag_p99, facts.latency_p99, cutoffs);
  reasons.own_delay("a receive queueing", facts.receive_queueing_p99, facts.latency_p99, cutoffs);
  reasons.share("messages that were due and could have gone were not sent:",
                ratio(facts.overdue, facts.planned), cutoffs.overdue);
  reasons.share("the run loop was busy", facts.load.loop_busy, cutoffs.loop_busy);
  reasons.share("receives found no buffer:", ratio(facts.out_of_buffers, facts.completions),
                cutoffs.out_of_buffers);
  if (!facts.open_loop) return reasons.take();
  reasons.share("a shard waited for a processor", facts.load.run_delay, cutoffs.run_delay);
  reasons.share("tasks of this machine waited for a processor", facts.load.cpu_pressure,
                cutoffs.cpu_pressure);
  reasons.share("the hypervisor took processor time away:", facts.load.steal, cutoffs.steal);
  return reasons.take();
}

}  // namespace ringstorm
