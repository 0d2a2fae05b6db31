// A run and what is round it: see execution.h.
#include "app/execution.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

#include "app/build_info.h"
#include "app/calibration.h"
#include "app/commands.h"
#include "app/redirects.h"
#include "io/listener.h"
#include "io/socket_options.h"
#include "plan/feasibility.h"
#include "plan/route_plan.h"
#include "plan/scenario_fields.h"
#include "plan/socket_fields.h"
#include "report/threshold_inputs.h"
#include "report/verdict.h"
#include "runner/cores.h"
#include "runner/destination.h"
#include "runner/server_process.h"

namespace ringstorm {
namespace {

constexpr Duration kServerPatience = seconds(10);

// The peak of this process's resident memory. Not getrusage's: that one remembers what ran before the exec.
std::uint64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

// The kernel's numbers of the plan's cores, "2,3".
std::string core_list(const std::vector<int>& planned) {
  const std::vector<int> cores = usable_cores();
  std::string text;
  for (const int core : planned) {
    text +=
        (text.empty() ? "" : ",") + std::to_string(cores.at(static_cast<std::size_t>(core) % cores.size()));
  }
  return text;
}

// Filler is made anew from its seed; an empty text is filler of no size, and no argument can be empty.
void add_expected_payload(const Plan& plan, std::vector<std::string>& arguments) {
  const Scenario& scenario = plan.scenario;
  if (scenario.payload_text && !plan.payload.empty()) {
    arguments.push_back("--expect-text=" + plan.payload);
    return;
  }
  for (const std::string& word : {std::string("--expect"), std::string(to_string(scenario.payload_kind)),
                                  std::to_string(plan.payload.size()), std::to_string(plan.seed)})
    arguments.push_back(word);
}

Result<ServerProcess> start_embedded_server(const Plan& plan) {
  std::vector<std::string> arguments{"serve",       "--mode",   plan.target.embedded_mode,         "--listen",
                                     "127.0.0.1:0", "--shards", std::to_string(plan.server_shards)};
  if (!plan.server_cores.empty()) {
    arguments.emplace_back("--cores");
    arguments.push_back(core_list(plan.server_cores));
  }
  for (const std::string& fault : plan.scenario.faults) arguments.push_back("--fault=" + fault);
  arguments.push_back("--seed=" + std::to_string(plan.seed));
  if (plan.upgrade.deflate) arguments.emplace_back("--deflate");
  if (plan.scenario.verify) add_expected_payload(plan, arguments);
  if (plan.scenario.server_tls) arguments.emplace_back("--tls");
  return ServerProcess::start(arguments, kServerPatience);
}

// What only the number of a name's addresses could tell.
std::optional<Error> still_too_few_ports(const Plan& plan, const FoundDestination& destination,
                                         const MachineLimits& limits) {
  return too_few_ports(plan, limits.ephemeral_ports, destination.addresses.all().size());
}

// What the kernel makes of the scenario's socket options, asked before any connection is.
Status check_socket_options(const Plan& plan, const TargetAddresses& addresses) {
  for (const SocketAddress& address : addresses.all()) {
    auto status = try_socket_options(socket_tuning(plan.scenario), address.family());
    if (!status) return status;
  }
  return success();
}

// The same plan for connections that trust the certificate which the server has just made, and no other.
Result<Plan> trusting(Plan plan, const std::string& certificate) {
  Scenario scenario = plan.scenario;
  scenario.tls_ca_file = certificate;
  Result<Route> route = plan_route(scenario, plan.target);
  if (!route) return route.errors();
  plan.route = std::move(*route);
  return plan;
}

/// Where a run goes.
struct Way {
  FoundDestination destination;
  std::optional<ServerProcess> server = {};  ///< when it is our own
  std::optional<Plan> plan = {};  ///< instead of the one that was made before that server was there
};

Result<Way> way_to_own_server(const Plan& plan) {
  auto server = start_embedded_server(plan);
  if (!server) return server.errors();
  const auto address = parse_listen_address(server->listening_on());
  if (!address) return address.errors();
  Way way{.destination = destination_of_embedded(plan, *address)};
  way.server.emplace(std::move(*server));
  if (!plan.target.tls) return way;
  auto trusts = trusting(plan, way.server->certificate());
  if (!trusts) return trusts.errors();
  way.plan.emplace(std::move(*trusts));
  return way;
}

Result<Way> find_way(const Plan& plan, bool& interrupted) {
  if (plan.target.kind == Target::Kind::embedded) return way_to_own_server(plan);
  auto destination = find_destination(plan, interrupted);
  if (!destination) return destination.errors();
  return Way{.destination = std::move(*destination)};
}

Environment environment_of(const MachineFacts& machine, const Capabilities& capabilities) {
  Environment environment;
  environment.kernel = machine.kernel_release;
  environment.cpu_model = machine.cpu_model;
  environment.clock_source = machine.clock_source;
  environment.governor = machine.governor.empty() ? "unknown" : machine.governor;
  environment.liburing = kLiburingVersion;
  environment.version = kVersion;
  environment.commit = kCommit;
  environment.cores = machine.cores_online;
  for (const Capability& capability : capabilities.list())
    environment.ring_features.emplace_back(capability.name, capability.present);
  return environment;
}

Report make_report(const Plan& plan, const RunResult& result, const MachineFacts& machine,
                   const Capabilities& capabilities, std::chrono::system_clock::time_point started_at) {
  Report report(
      MeasuredParts{plan.load.stages.size(), plan.script.sessions.size(), plan.script.steps.size()});
  report.plan = plan;
  report.measurements.merge(result.measurements);
  report.outstanding = result.outstanding;
  report.intervals = result.intervals;
  report.usage = {.cpu_user = result.cpu_user,
                  .cpu_system = result.cpu_system,
                  .max_rss_bytes = peak_memory_bytes(),
                  .cores = machine.cores_usable,
                  .load = result.load};
  report.sockets = result.sockets;
  report.environment = environment_of(machine, capabilities);
  report.started_at = started_at;
  report.opening = result.opening;
  report.window_start = result.window_start;
  report.window = result.window;
  report.total = result.total;
  report.lagged = result.lagged;
  report.interrupted = result.interrupted;
  return report;
}

// A kernel that lacks what the engine stands on is said here, not by a failing call later.
std::optional<Error> missing_feature(const Capabilities& capabilities) {
  if (!capabilities.io_uring) return Error{"io_uring", capabilities.error, "ringstorm doctor"};
  if (capabilities.sufficient()) return std::nullopt;
  return Error{"io_uring", "this kernel is too old: ringstorm needs Linux 6.0 or newer",
               "ringstorm doctor lists what is missing"};
}

MeasuredRun measured_run(const Report& report) {
  return {.plan = report.plan,
          .measurements = report.measurements,
          .intervals = report.intervals,
          .window_start = report.window_start,
          .window = report.window,
          .messages_per_cpu_second = messages_per_cpu_second(report)};
}

// A run of a plan whose target is where it will stay.
Execution execute_here(const Plan& plan, const Site& site, const std::function<void(const Progress&)>& tell,
                       const TraceSink& trace) {
  bool interrupted = false;
  auto way = find_way(plan, interrupted);
  if (interrupted) return {.report = {}, .errors = {}, .exit_code = exit_code::interrupted};
  if (!way) return {.report = {}, .errors = way.errors(), .exit_code = exit_code::unreachable};
  const FoundDestination& destination = way->destination;
  if (const auto error = still_too_few_ports(plan, destination, site.limits()))
    return {.report = {}, .errors = {*error}, .exit_code = exit_code::usage};
  if (const auto options = check_socket_options(plan, destination.addresses); !options)
    return {.report = {}, .errors = options.errors(), .exit_code = exit_code::usage};

  const auto started_at = time_of_day();
  std::string aborted_by;
  const auto should_end = [&](const Measurements& measurements, std::span<const IntervalRow> rows,
                              Duration measured) {
    const auto reason = threshold_to_abort_on(
        {.plan = plan, .measurements = measurements, .intervals = rows, .window = measured});
    if (reason) aborted_by = to_string(reason->threshold);
    return reason.has_value();
  };
  const auto result = run_plan(way->plan ? *way->plan : plan, destination.addresses, site.capabilities,
                               {.tell = tell, .should_end = should_end, .trace = trace});
  if (!result) return {.report = {}, .errors = result.errors(), .exit_code = exit_code::usage};
  if (result->abandoned) return {.report = {}, .errors = {}, .exit_code = exit_code::interrupted};

  Execution done;
  done.report = make_report(plan, *result, site.machine, site.capabilities, started_at);
  Report& report = *done.report;
  report.destination = destination.record;
  report.environment.calibration = site.calibration;
  report.aborted_by = aborted_by;
  if (way->server) report.server_counts = way->server->stop();
  report.thresholds = evaluate_thresholds(measured_run(report));
  report.verdict = judge(facts_of(report));
  return done;
}

}  // namespace

Result<Site> prepare_site() {
  hold_back_signals();
  raise_open_files();
  Site site{gather_machine_facts(), probe_capabilities()};
  site.calibration = load_calibration(calibration_path(), site.machine).calibration;
  if (const auto error = missing_feature(site.capabilities)) return *error;
  return site;
}

Execution execute(const Plan& asked, const Site& site, const std::function<void(const Progress&)>& tell,
                  const TraceSink& trace) {
  if (asked.scenario.redirects == 0 || asked.target.kind == Target::Kind::embedded)
    return execute_here(asked, site, tell, trace);
  bool interrupted = false;
  const auto followed = follow_redirects(asked, site.limits(), interrupted);
  if (interrupted) return {.report = {}, .errors = {}, .exit_code = exit_code::interrupted};
  if (!followed) return {.report = {}, .errors = followed.errors(), .exit_code = exit_code::unreachable};
  Execution done = execute_here(followed->plan, site, tell, trace);
  if (done.report) done.report->destination.redirects = followed->hops;
  return done;
}

}  // namespace ringstorm
