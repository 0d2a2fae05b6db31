// `ringstorm run`: from a scenario to a report.
#include <cstdio>
#include <string>

#include <fmt/core.h>

#include "app/commands.h"
#include "app/execution.h"
#include "app/progress_line.h"
#include "plan/plan.h"
#include "report/report_folder.h"
#include "report/sink.h"

namespace ringstorm {
namespace {

int deliver(const Report& report, const RunOptions& options) {
  fmt::print("{}", text_report(report));
  const auto folder =
      options.out.empty() ? write_report_under("results", report) : write_report(options.out, report);
  if (!folder) {
    complain(folder.errors(), 0);
    return report.verdict.exit_code != exit_code::fine ? report.verdict.exit_code : exit_code::usage;
  }
  fmt::print("\nreport       {}/report.json\n", *folder);
  return report.verdict.exit_code;
}

}  // namespace

int run_command(const RunOptions& options) {
  const auto scenario = options.scenario.scenario();
  if (!scenario) return complain(scenario.errors(), exit_code::usage);
  const auto site = prepare_site();
  if (!site) return complain(site.errors(), exit_code::usage);
  if (options.once) return once_command(*scenario, *site);
  const auto plan = make_plan(*scenario, site->limits());
  if (!plan) return complain(plan.errors(), exit_code::usage);
  if (!options.out.empty()) {
    if (auto status = check_report_folder(options.out); !status)
      return complain(status.errors(), exit_code::usage);
  }
  if (plan->target.tls && plan->scenario.tls_insecure)
    fmt::print(stderr, "ringstorm: insecure: no certificate of {} is verified\n", plan->target.host_header);
  ProgressLine progress(stderr, options.quiet);
  const Execution done = execute(*plan, *site, [&](const Progress& now) { progress.show(now); });
  progress.finish();
  if (!done.report) return complain(done.errors, done.exit_code);
  return deliver(*done.report, options);
}

}  // namespace ringstorm
