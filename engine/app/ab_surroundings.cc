#include "app/ab_surroundings.h"

#include <algorithm>

#include <unistd.h>

namespace ringstorm {
namespace {

// Of a slice: a generator that waited longer for a processor measures the machine more than a server.
constexpr double kMostRunDelay = 0.5;

/// The processors' time that neither the generator nor a server took, as a share of all there was. The kernel
/// counts in ticks of 10 ms, so a slice of 100 ms knows it to a tenth.
std::optional<double> foreign_share(const AbSample& begin, const AbSample& end) {
  const auto& before = begin.pressure.ticks;
  const auto& after = end.pressure.ticks;
  if (!before || !after || after->all <= before->all) return std::nullopt;
  Duration ours = end.own_cpu - begin.own_cpu;
  for (std::size_t side = 0; side < 2; ++side) {
    if (!begin.server_cpu[side] || !end.server_cpu[side]) return std::nullopt;
    ours += *end.server_cpu[side] - *begin.server_cpu[side];
  }
  static const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const double foreign =
      static_cast<double>(after->busy - before->busy) - to_seconds(ours) * ticks_per_second;
  return std::clamp(foreign / static_cast<double>(after->all - before->all), 0.0, 1.0);
}

}  // namespace

AbSample take_ab_sample(Instant now, const std::vector<pid_t>& threads) {
  AbSample sample;
  sample.at = now;
  sample.pressure = read_pressure(now, threads);
  sample.own_cpu = process_cpu_time();
  return sample;
}

AbSurroundings surroundings_between(const AbSample& begin, const AbSample& end, bool judge_generator) {
  const GeneratorLoad load = pressure_between(begin.pressure, end.pressure);
  AbSurroundings around{.steal = load.steal,
                        .foreign_cpu = foreign_share(begin, end),
                        .cpu_pressure = load.cpu_pressure,
                        .marks = {}};
  if (judge_generator && load.run_delay.value_or(0) > kMostRunDelay)
    around.marks.emplace_back("generator waited for a processor");
  return around;
}

}  // namespace ringstorm
