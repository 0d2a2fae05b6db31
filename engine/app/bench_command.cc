#include "app/bench_command.h"

#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "app/commands.h"
#include "app/machine.h"
#include "app/mask_bench_report.h"
#include "app/surroundings.h"
#include "base/nearest_name.h"
#include "runner/cores.h"

namespace ringstorm {
namespace {

using Kernels = std::vector<detail::MaskKernel>;

constexpr yardstick::RaceRules kThorough{.rounds = 13, .slice = microseconds(2500)};
constexpr yardstick::RaceRules kQuick{.rounds = 7, .slice = microseconds(700)};

std::vector<std::string_view> names_of(std::span<const detail::MaskKernel> kernels) {
  std::vector<std::string_view> names;
  for (const detail::MaskKernel& kernel : kernels) names.push_back(kernel.name);
  return names;
}

Kernels runnable_kernels() {
  Kernels kernels;
  std::ranges::copy_if(detail::mask_kernels(), std::back_inserter(kernels),
                       [](const detail::MaskKernel& kernel) { return kernel.is_supported(); });
  return kernels;
}

Result<Kernels> kernels_to_measure(const std::string& name) {
  const Kernels runnable = runnable_kernels();
  if (name.empty()) return runnable;
  const auto named = [&](const detail::MaskKernel& kernel) { return kernel.name == name; };
  if (const auto found = std::ranges::find_if(runnable, named); found != runnable.end())
    return Kernels{*found};
  const auto built = names_of(detail::mask_kernels());
  if (std::ranges::find(built, name) != built.end()) {
    return Error{"--kernel", fmt::format("this machine cannot run the mask kernel \"{}\"", name),
                 fmt::format("it can run {}", fmt::join(names_of(runnable), ", "))};
  }
  return Error{"--kernel",
               fmt::format("there is no mask kernel \"{}\"; there are {}", name, fmt::join(built, ", ")),
               did_you_mean(name, built)};
}

void print_text(const MaskBenchReport& report, const yardstick::RaceRules& rules,
                const std::vector<std::string>& notes) {
  fmt::print("mask kernels on {}: ns a call, the median of {} slices that take turns.\n",
             report.cpu.empty() ? "an unknown CPU" : report.cpu, rules.rounds);
  fmt::print(
      "Beside a kernel's time: how near it is to the limit (1 is there), and how many times as fast as "
      "memcpy.\n");
  for (const std::string& note : notes) fmt::print("note: {}\n", note);
  fmt::print("\n{}", render_mask_table(report));
}

int bench_mask(const BenchOptions& options) {
  const auto kernels = kernels_to_measure(options.kernel);
  if (!kernels) return complain(kernels.errors(), exit_code::usage);
  pin_this_thread(usable_cores().back());
  const std::vector<std::string> notes = remarks(gather_surroundings());
  const yardstick::RaceRules rules = options.quick ? kQuick : kThorough;
  auto rows = measure_masks(*kernels, rules, thread_cpu_time);
  if (!rows) return complain(rows.errors(), exit_code::not_valid);

  const MaskBenchReport report{gather_machine_facts().cpu_model, std::string(active_mask_kernel()),
                               *std::move(rows)};
  if (options.json) {
    std::fputs(render_mask_json(report).c_str(), stdout);
    return exit_code::fine;
  }
  print_text(report, rules, notes);
  const std::string judged = options.kernel.empty() ? report.kernel : options.kernel;
  fmt::print("{}\n", mask_verdict(report.rows, judged));
  return exit_code::fine;
}

}  // namespace

int bench_command(const BenchOptions& options) {
  constexpr std::string_view kWhat[] = {"mask"};
  if (options.what == kWhat[0]) return bench_mask(options);
  return complain({{"bench", fmt::format("there is no benchmark \"{}\"; there is {}", options.what, kWhat[0]),
                    did_you_mean(options.what, kWhat)}},
                  exit_code::usage);
}

void add_bench_command(CLI::App& app, int& code) {
  const auto options = std::make_shared<BenchOptions>();
  CLI::App* command = app.add_subcommand(
      "bench", "Measure the mask kernels of this machine beside the least they could take");
  command->add_option("what", options->what, "mask")->required();
  command->add_option("--kernel", options->kernel,
                      "Only this one, such as avx2; all that can run here when not given");
  command->add_flag("--quick", options->quick, "A sixth of the time, and less exact");
  command->add_flag("--json", options->json, "As JSON, every row");
  command->footer(
      "Examples:\n  ringstorm bench mask\n  ringstorm bench mask --kernel avx2 --json > avx2.json\n");
  command->callback([options, &code] { code = bench_command(*options); });
}

}  // namespace ringstorm
