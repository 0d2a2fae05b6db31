// A run and what is round it: see execution.h.
#include "app/execution.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "app/build_info.h"
#include "app/calibration.h"
#include "app/commands.h"
#include "io/address.h"
#include "plan/route_plan.h"
#include "plan/scenario_fields.h"
#include "report/threshold_inputs.h"
#include "report/verdict.h"
#include "runner/cores.h"
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
  if (scenario.payload_text && !scenario.payload_text->empty()) {
    arguments.push_back("--expect-text=" + *scenario.payload_text);
    return;
  }
  for (const std::string& word : {std::string("--expect"), std::string(to_string(scenario.payload_kind)),
                                  std::to_string(plan.payload.size()), std::to_string(plan.seed)})
    arguments.push_back(word);
}

Result<ServerProcess> start_embedded_server(const Plan& plan) {
  const std::size_t shards = std::max<std::size_t>(1, plan.server_cores.size());
  std::vector<std::string> arguments{"serve",       "--mode",   plan.target.embedded_mode, "--listen",
                                     "127.0.0.1:0", "--shards", std::to_string(shards)};
  if (!plan.server_cores.empty()) {
    arguments.emplace_back("--cores");
    arguments.push_back(core_list(plan.server_cores));
  }
  for (const std::string& fault : plan.scenario.faults) arguments.push_back("--fault=" + fault);
  arguments.push_back("--seed=" + std::to_string(plan.seed));
  if (plan.scenario.verify) add_expected_payload(plan, arguments);
  if (plan.scenario.server_tls) arguments.emplace_back("--tls");
  return ServerProcess::start(arguments, kServerPatience);
}

bool accepts(const SocketAddress& address, Duration patience) {
  const Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval timeout{patience.count() / 1'000'000'000, patience.count() % 1'000'000'000 / 1000};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  return ::connect(socket.get(), address.get(), address.length) == 0;
}

// A name may have addresses on which nobody listens ("localhost" is often ::1 too): the first that accepts is
// the one. When none does, the run itself will say why.
Result<SocketAddress> choose_address(const Plan& plan) {
  const auto addresses = resolve(plan.target.host, plan.target.port);
  if (!addresses) return addresses.errors();
  if (addresses->size() == 1) return addresses->front();
  for (const SocketAddress& address : *addresses) {
    if (accepts(address, plan.scenario.connect_timeout)) return address;
  }
  return addresses->front();
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
struct Destination {
  SocketAddress address = {};
  std::optional<ServerProcess> server = {};  ///< when it is our own
  std::optional<Plan> plan = {};  ///< instead of the one that was made before that server was there
};

Result<Destination> start_own_server(const Plan& plan) {
  auto server = start_embedded_server(plan);
  if (!server) return server.errors();
  Destination destination;
  destination.server.emplace(std::move(*server));
  const auto address = parse_listen_address(destination.server->listening_on());
  if (!address) return address.errors();
  destination.address = *address;
  if (!plan.target.tls) return destination;
  auto trusts = trusting(plan, destination.server->certificate());
  if (!trusts) return trusts.errors();
  destination.plan.emplace(std::move(*trusts));
  return destination;
}

Result<Destination> find_destination(const Plan& plan) {
  if (plan.target.kind == Target::Kind::embedded) return start_own_server(plan);
  const auto address = choose_address(plan);
  if (!address) return address.errors();
  Destination destination;
  destination.address = *address;
  return destination;
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
  Report report(plan.load.stages.size());
  report.plan = plan;
  report.measurements.merge(result.measurements);
  report.outstanding = result.outstanding;
  report.intervals = result.intervals;
  report.usage = {.cpu_user = result.cpu_user,
                  .cpu_system = result.cpu_system,
                  .max_rss_bytes = peak_memory_bytes(),
                  .cores = machine.cores_usable,
                  .load = result.load};
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

}  // namespace

Result<Site> prepare_site() {
  hold_back_signals();
  raise_open_files();
  Site site{gather_machine_facts(), probe_capabilities()};
  site.calibration = load_calibration(calibration_path(), site.machine).calibration;
  if (const auto error = missing_feature(site.capabilities)) return *error;
  return site;
}

Execution execute(const Plan& plan, const Site& site, const std::function<void(const Progress&)>& tell) {
  auto destination = find_destination(plan);
  if (!destination)
    return {.report = {}, .errors = destination.errors(), .exit_code = exit_code::unreachable};

  const auto started_at = time_of_day();
  std::string aborted_by;
  const auto should_end = [&](const Measurements& measurements, std::span<const IntervalRow> rows,
                              Duration measured) {
    const auto reason = threshold_to_abort_on(
        {.plan = plan, .measurements = measurements, .intervals = rows, .window = measured});
    if (reason) aborted_by = to_string(reason->threshold);
    return reason.has_value();
  };
  const auto result = run_plan(destination->plan ? *destination->plan : plan, destination->address,
                               site.capabilities, {.tell = tell, .should_end = should_end});
  if (!result) return {.report = {}, .errors = result.errors(), .exit_code = exit_code::usage};
  if (result->abandoned) return {.report = {}, .errors = {}, .exit_code = exit_code::interrupted};

  Execution done;
  done.report = make_report(plan, *result, site.machine, site.capabilities, started_at);
  Report& report = *done.report;
  report.environment.calibration = site.calibration;
  report.aborted_by = aborted_by;
  if (destination->server) report.server_counts = destination->server->stop();
  report.thresholds = evaluate_thresholds(measured_run(report));
  report.verdict = judge(facts_of(report));
  return done;
}

}  // namespace ringstorm
