#include "app/doctor.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "base/units.h"

namespace ringstorm {
namespace {

constexpr int kFit = 0;
constexpr int kNotFit = 4;

/// Both ends of an idle connection, as measured on Linux 6.18, rounded up: the target may be on this machine
/// too.
constexpr std::uint64_t kConnectionBytes = 10 * 1024;

const char* name_of(Mark mark) {
  switch (mark) {
    case Mark::ok: return "ok";
    case Mark::note: return "note";
    case Mark::bad: return "bad";
  }
  return "";
}

std::string or_unknown(const std::string& text) {
  return text.empty() ? "unknown" : text;
}

std::string format_limit(std::uint64_t limit) {
  return limit == kUnlimited ? std::string{"unlimited"} : format_count(limit);
}

// --- kernel and io_uring

Finding kernel(const MachineFacts& machine) {
  return {"kernel", "release", Mark::ok, "Linux " + or_unknown(machine.kernel_release), ""};
}

Finding io_uring(const Capabilities& capabilities) {
  if (capabilities.io_uring) return {"kernel", "io_uring", Mark::ok, "available", ""};
  return {"kernel", "io_uring", Mark::bad, or_unknown(capabilities.error), "required"};
}

Finding feature(const Capability& capability) {
  if (capability.present) return {"io_uring", capability.name, Mark::ok, "found", ""};
  const bool required = std::string_view{capability.without} == "required";
  return {"io_uring", capability.name, required ? Mark::bad : Mark::note,
          fmt::format("missing, comes with {}", capability.since), capability.without};
}

Finding kernel_tls(const Capabilities& capabilities) {
  const char* cost = "TLS runs in user space, with or without it: kTLS is not used yet";
  if (capabilities.kernel_tls) return {"kernel", "TLS (kTLS)", Mark::ok, "available", cost};
  return {"kernel", "TLS (kTLS)", Mark::note, "not in this kernel, or its module tls is not loaded", cost};
}

// --- limits

Finding open_files(const MachineFacts& machine, std::uint64_t connections) {
  const std::uint64_t limit = machine.open_files_hard;
  if (limit == 0) return {"limits", "open files", Mark::note, "unknown", ""};
  if (connections <= limit) return {"limits", "open files", Mark::ok, format_limit(limit), ""};
  // Sockets are direct descriptors: the limit bounds each ring's table of them, not their sum.
  const std::uint64_t rings = (connections + limit - 1) / limit;
  return {"limits", "open files", Mark::note, format_limit(limit) + " a ring",
          fmt::format("{} connections take {} shards or more", format_count(connections), rings)};
}

Finding ephemeral_ports(const MachineFacts& machine, std::uint64_t connections) {
  const std::uint64_t ports = machine.ephemeral_ports();
  if (ports == 0) return {"limits", "ephemeral ports", Mark::note, "unknown", ""};
  const std::string found = fmt::format("{} ({} to {})", format_count(ports), machine.first_ephemeral_port,
                                        machine.last_ephemeral_port);
  if (connections > ports) {
    return {"limits", "ephemeral ports", Mark::bad, found,
            fmt::format("room for {} connections to one address and port; widen net.ipv4.ip_local_port_range",
                        format_count(ports))};
  }
  if (connections > ports / 2) {
    return {"limits", "ephemeral ports", Mark::note, found,
            "connecting slows down once half of them lead to one address and port"};
  }
  return {"limits", "ephemeral ports", Mark::ok, found, ""};
}

Finding listen_queue(const MachineFacts& machine) {
  constexpr std::uint64_t kComfortable = 1024;
  if (machine.somaxconn == 0) return {"limits", "somaxconn", Mark::note, "unknown", ""};
  const std::string found = format_count(machine.somaxconn);
  if (machine.somaxconn >= kComfortable) return {"limits", "somaxconn", Mark::ok, found, ""};
  return {"limits", "somaxconn", Mark::note, found,
          "a server on this machine may drop connects that come in a burst; raise net.core.somaxconn"};
}

Finding locked_memory(const MachineFacts& machine) {
  // Registered buffers count against it; the rings themselves have not since Linux 5.12.
  constexpr std::uint64_t kComfortable = 8ULL * 1024 * 1024;
  const std::uint64_t limit = machine.memlock_bytes;
  const std::string found = limit == kUnlimited ? "unlimited" : format_bytes(limit);
  if (limit >= kComfortable) return {"limits", "memlock", Mark::ok, found, ""};
  return {"limits", "memlock", Mark::note, found, "registering buffers may be refused; raise ulimit -l"};
}

Finding memory(const MachineFacts& machine, std::uint64_t connections) {
  const std::uint64_t available = machine.available_memory_bytes;
  if (available == 0) return {"limits", "memory", Mark::note, "unknown", ""};
  const std::string found = format_bytes(available) + " available";
  const std::string remark = fmt::format("{} connections take up to {}", format_count(connections),
                                         format_bytes(connections * kConnectionBytes));
  if (connections > available / kConnectionBytes) return {"limits", "memory", Mark::bad, found, remark};
  if (connections > available / kConnectionBytes / 2) return {"limits", "memory", Mark::note, found, remark};
  return {"limits", "memory", Mark::ok, found, ""};
}

Finding tracked_connections(const MachineFacts& machine, std::uint64_t connections) {
  const std::string found = format_count(machine.tracked_connections);
  // Those that have just ended still count for two minutes. A note at most: the table exists also where no
  // rule uses it.
  if (connections <= machine.tracked_connections / 2)
    return {"limits", "nf_conntrack_max", Mark::ok, found, ""};
  return {"limits", "nf_conntrack_max", Mark::note, found,
          "a firewall that tracks connections drops the connects beyond it; raise "
          "net.netfilter.nf_conntrack_max"};
}

// --- machine

Finding cores(const MachineFacts& machine) {
  const std::string found = fmt::format("{} of {}, {}", machine.cores_usable, machine.cores_online,
                                        machine.cpu_model.empty() ? "model unknown" : machine.cpu_model);
  if (machine.cores_usable > 1) return {"machine", "cores", Mark::ok, found, ""};
  return {"machine", "cores", Mark::note, found, "a target on this machine would share the generator's core"};
}

Finding clock_source(const MachineFacts& machine) {
  // These are read in user space, in some 20 to 30 ns.
  constexpr std::array<std::string_view, 4> kFast{"tsc", "kvm-clock", "arch_sys_counter",
                                                  "hyperv_clocksource_tsc_page"};
  const std::string found = or_unknown(machine.clock_source);
  if (std::find(kFast.begin(), kFast.end(), found) != kFast.end()) {
    return {"machine", "clock source", Mark::ok, found, ""};
  }
  return {"machine", "clock source", Mark::note, found,
          "reading it may take a system call, up to a microsecond a message"};
}

Finding governor(const MachineFacts& machine) {
  if (machine.governor.empty()) {
    return {"machine", "cpu governor", Mark::ok, "none",
            "the machine does not expose one, as virtual machines do not"};
  }
  if (machine.governor == "performance") return {"machine", "cpu governor", Mark::ok, machine.governor, ""};
  return {"machine", "cpu governor", Mark::note, machine.governor,
          "latencies move with the clock frequency; cpupower frequency-set -g performance"};
}

std::string verdict(const std::vector<Finding>& findings, std::uint64_t connections) {
  const auto count = [&](Mark mark) {
    return std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.mark == mark; });
  };
  const std::string load = format_count(connections) + " connections";
  if (const auto bad = count(Mark::bad); bad > 0) {
    return fmt::format("not fit for {}: {} marked bad", load, bad);
  }
  const auto notes = count(Mark::note);
  if (notes == 0) return "fit for " + load;
  return fmt::format("fit for {}, with {} to know about", load,
                     notes == 1 ? "1 note" : fmt::format("{} notes", notes));
}

Result<Calibration> calibrate_and_keep(const std::string& path) {
  const auto site = prepare_site();
  if (!site) return site.errors();
  auto measured = calibrate(*site);
  if (!measured) return measured;
  if (const Status kept = store_calibration(path, *measured); !kept) return kept.errors();
  return measured;
}

// Flushed: what is measured next takes seconds, and forks.
void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

std::vector<Finding> examine(const DoctorFacts& facts, std::uint64_t connections) {
  const MachineFacts& machine = facts.machine;
  std::vector<Finding> findings{kernel(machine), io_uring(facts.capabilities),
                                kernel_tls(facts.capabilities)};
  if (facts.capabilities.io_uring) {
    for (const Capability& capability : facts.capabilities.list()) findings.push_back(feature(capability));
  }
  findings.push_back(open_files(machine, connections));
  findings.push_back(ephemeral_ports(machine, connections));
  findings.push_back(memory(machine, connections));
  findings.push_back(listen_queue(machine));
  findings.push_back(locked_memory(machine));
  if (machine.tracked_connections > 0) findings.push_back(tracked_connections(machine, connections));
  findings.push_back(cores(machine));
  findings.push_back(clock_source(machine));
  findings.push_back(governor(machine));
  return findings;
}

bool is_fit(const std::vector<Finding>& findings) {
  return std::none_of(findings.begin(), findings.end(), [](const Finding& f) { return f.mark == Mark::bad; });
}

std::string render_text(const std::vector<Finding>& findings, std::uint64_t connections) {
  std::string text;
  std::string_view group;
  for (const Finding& finding : findings) {
    if (finding.group != group) text += finding.group + "\n";
    group = finding.group;
    text += fmt::format("  {:<5} {:<31} {}{}{}\n", name_of(finding.mark), finding.name, finding.found,
                        finding.remark.empty() ? "" : ": ", finding.remark);
  }
  return text + verdict(findings, connections) + "\n";
}

std::string render_json(const std::vector<Finding>& findings, std::uint64_t connections,
                        const std::optional<Calibration>& calibration) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"group", finding.group},
                    {"name", finding.name},
                    {"mark", name_of(finding.mark)},
                    {"found", finding.found},
                    {"remark", finding.remark}});
  }
  const nlohmann::ordered_json document = {
      {"schema", "ringstorm.doctor/1"},
      {"connections", connections},
      {"fit", is_fit(findings)},
      {"findings", list},
      {"calibration", calibration ? to_json(*calibration) : nlohmann::ordered_json(nullptr)}};
  return document.dump(2) + "\n";
}

Finding calibration_finding(const StoredCalibration& stored, const std::string& path) {
  constexpr const char* kHow = "ringstorm doctor --calibrate measures this machine for later reports";
  if (!stored.ignored.empty())
    return {"machine", "calibration", Mark::note, path + " is ignored", stored.ignored + "; " + kHow};
  if (!stored.calibration) return {"machine", "calibration", Mark::ok, "none", kHow};
  return {"machine", "calibration", Mark::ok, path, ""};
}

int run_doctor(const DoctorOptions& options) {
  const DoctorFacts facts{gather_machine_facts(), probe_capabilities()};
  const std::string path = calibration_path();
  std::vector<Finding> findings = examine(facts, options.connections);
  findings.push_back(calibration_finding(load_calibration(path, facts.machine), path));
  if (!options.json) print(render_text(findings, options.connections));

  std::optional<Calibration> calibration;
  if (options.calibrate) {
    const auto measured = calibrate_and_keep(path);
    if (!measured) return complain(measured.errors(), kNotFit);
    calibration = *measured;
    if (!options.json) print(render_text(*calibration) + "  kept in " + path + "\n");
  }
  if (options.json) print(render_json(findings, options.connections, calibration));
  return is_fit(findings) ? kFit : kNotFit;
}

}  // namespace ringstorm
