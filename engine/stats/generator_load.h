// What the machine and the generator itself were up to while it measured: what a verdict on the generator
// rests on. Shares of the measured window, in [0, 1]; nothing where the machine does not say.
#pragma once

#include <optional>

namespace ringstorm {

struct GeneratorLoad {
  /// Of the busiest shard: the time its loop spent outside the system call that submits and waits.
  std::optional<double> loop_busy;
  /// Of the shard that waited most: the time it was ready to run and had no processor (schedstat).
  std::optional<double> run_delay;
  /// The time in which at least one task of the machine waited for a processor (/proc/pressure/cpu, "some").
  std::optional<double> cpu_pressure;
  /// The processor time that the hypervisor gave to others (/proc/stat, "steal").
  std::optional<double> steal;
};

}  // namespace ringstorm
