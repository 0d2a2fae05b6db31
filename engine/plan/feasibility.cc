#include "plan/feasibility.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/wide.h"
#include "plan/budget.h"

namespace ringstorm {
namespace {

// Descriptors of the process that are no connections: standard streams, rings, timers, the report.
constexpr std::uint64_t kReservedFiles = 64;
// A connection's socket, measured at 9.6 KB for both ends on Linux 6.18.
constexpr std::uint64_t kKernelBytesPerSocket = 4'800;

constexpr const char* kWhere = "/connections/count";

std::uint64_t divide_up(std::uint64_t a, std::uint64_t b) {
  return a / b + (a % b != 0 ? 1 : 0);
}

std::uint64_t kernel_bytes_per_connection(const Plan& plan) {
  return is_local(plan.target) ? 2 * kKernelBytesPerSocket : kKernelBytesPerSocket;
}

std::string fits(std::uint64_t count) {
  return fmt::format("{} would fit", format_count(count));
}

/// Each ring's table of direct descriptors is bounded by the limit on open files by itself.
std::optional<Error> too_few_files_in_a_ring(const Plan& plan, const MachineLimits& limits) {
  const std::uint64_t connections = plan.load.most_connections;
  const std::uint64_t shards = plan.segments.size();
  const std::uint64_t largest = divide_up(connections, shards);
  if (largest <= limits.open_files) return std::nullopt;
  const std::uint64_t room = shards * limits.open_files;
  return Error{kWhere,
               fmt::format("{} connections over {} shard{} need {} files in a ring, where the limit on open "
                           "files allows {}: {}",
                           format_count(connections), shards, shards == 1 ? "" : "s", format_count(largest),
                           format_count(limits.open_files), fits(room)),
               limits.open_files == 0 ? "raise the limit (ulimit -Hn)"
                                      : fmt::format("{} shards would do, or a higher limit (ulimit -Hn)",
                                                    format_count(divide_up(connections, limits.open_files)))};
}

std::optional<Error> too_few_files_in_the_process(const Plan& plan, const MachineLimits& limits) {
  const std::uint64_t room = limits.open_files - std::min(limits.open_files, kReservedFiles);
  if (plan.load.most_connections <= room) return std::nullopt;
  return Error{
      kWhere,
      fmt::format("{} connections need as many open files, and the limit is {}, {} of them reserved: {}",
                  format_count(plan.load.most_connections), format_count(limits.open_files), kReservedFiles,
                  fits(room)),
      "raise the limit (ulimit -Hn); this kernel has no direct descriptors, which would lift it per shard"};
}

std::optional<Error> too_few_files(const Plan& plan, const MachineLimits& limits) {
  return limits.direct_descriptors ? too_few_files_in_a_ring(plan, limits)
                                   : too_few_files_in_the_process(plan, limits);
}

/// The rooms of a broadcasting server are one shard's.
std::optional<Error> too_few_files_in_the_server(const Plan& plan, const MachineLimits& limits) {
  if (plan.target.embedded_mode != "broadcast") return std::nullopt;
  const std::uint64_t room = limits.open_files - std::min(limits.open_files, kReservedFiles);
  if (plan.load.most_connections <= room) return std::nullopt;
  return Error{kWhere,
               fmt::format("a broadcasting server has one shard, and its table holds {} connections: {}",
                           format_count(room), fits(room)),
               "fewer connections, or a higher limit (ulimit -Hn)"};
}

/// As far as it is known how many addresses there will be; the rest is judged when they are.
std::optional<Error> too_few_ports_as_planned(const Plan& plan, const MachineLimits& limits) {
  const auto addresses = addresses_known_before(plan);
  return addresses ? too_few_ports(plan, limits.ephemeral_ports, *addresses) : std::nullopt;
}

std::optional<Error> too_little_memory(const Plan& plan, const MachineLimits& limits) {
  const std::uint64_t needed = plan.memory_bytes + plan.kernel_memory_bytes;
  if (limits.available_memory_bytes == 0 || needed <= limits.available_memory_bytes) return std::nullopt;
  const std::uint64_t largest = divide_up(plan.load.most_connections, plan.segments.size());
  const std::uint64_t contexts = plan.budget.compression_bytes;
  const std::uint64_t each = bytes_per_connection(plan.in_flight()) + divide_up(contexts, largest) +
                             kernel_bytes_per_connection(plan);
  // The shards' largest segment stands for all, so their connections are counted rounded up.
  const std::uint64_t counted = plan.segments.size() * largest;
  const std::uint64_t in_connections = counted * bytes_per_connection(plan.in_flight()) +
                                       plan.segments.size() * contexts + plan.kernel_memory_bytes;
  const std::uint64_t fixed = needed - in_connections;
  const std::uint64_t free = limits.available_memory_bytes - std::min(limits.available_memory_bytes, fixed);
  const std::uint64_t room = free / each / plan.segments.size() * plan.segments.size();
  return Error{kWhere,
               fmt::format("{} connections need {} ({} here, {} in the kernel), and {} are available: {}",
                           format_count(plan.load.most_connections), format_bytes(needed),
                           format_bytes(plan.memory_bytes), format_bytes(plan.kernel_memory_bytes),
                           format_bytes(limits.available_memory_bytes), fits(room)),
               plan.in_flight() > 1 ? "fewer messages in flight or smaller messages need less" : ""};
}

/// A whole number of seconds, or milliseconds below one, that is at least `d`.
std::string rounded_up(Duration d) {
  const auto milliseconds = divide_up(static_cast<std::uint64_t>(d.count()), 1'000'000);
  if (milliseconds <= 1000) return fmt::format("{}ms", milliseconds);
  return fmt::format("{}s", divide_up(milliseconds, 1000));
}

std::optional<Error> opening_outlasts_the_run(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  if (!scenario.duration) return std::nullopt;
  const Rate rate = scenario.open_rate;
  const Wide per = static_cast<std::uint64_t>(rate.per.count());
  const Wide offered = Wide{static_cast<std::uint64_t>(scenario.duration->count())} * rate.events;
  const Wide asked = per * scenario.connections;
  if (asked <= offered) return std::nullopt;
  const Wide longest = static_cast<std::uint64_t>(Duration::max().count());
  const Wide exact = (asked + rate.events - 1) / rate.events;
  const Duration takes{static_cast<std::int64_t>(std::min(exact, longest))};
  return Error{
      kWhere,
      fmt::format("opening {} connections at {} takes {}, longer than the duration of {}: {}",
                  format_count(scenario.connections), format_rate(rate), format_duration(takes),
                  format_duration(*scenario.duration), fits(static_cast<std::uint64_t>(offered / per))),
      fmt::format("raise open_rate, or the duration to {}", rounded_up(takes))};
}

}  // namespace

std::uint64_t kernel_memory_for(const Plan& plan) {
  return plan.load.most_connections * kernel_bytes_per_connection(plan);
}

std::optional<Error> too_few_ports(const Plan& plan, std::uint64_t ephemeral_ports, std::uint64_t addresses) {
  if (plan.target.kind == Target::Kind::unix_socket) return std::nullopt;
  if (plan.sources) return too_few_sources(*plan.sources, plan.load.most_connections, addresses);
  const std::uint64_t room = addresses * ephemeral_ports;
  if (plan.load.most_connections <= room) return std::nullopt;
  const std::string where =
      addresses == 1 ? "one address and port" : fmt::format("one port of {} addresses", addresses);
  return Error{kWhere,
               fmt::format("{} connections to {} need as many source ports, and {} are there: {}",
                           format_count(plan.load.most_connections), where, format_count(room), fits(room)),
               "name more of this machine's addresses in \"source_addresses\", or widen "
               "net.ipv4.ip_local_port_range, which holds for IPv6 too"};
}

std::vector<Error> find_obstacles(const Plan& plan, const MachineLimits& limits) {
  std::vector<Error> errors;
  const auto note = [&](std::optional<Error> error) {
    if (error) errors.push_back(std::move(*error));
  };
  note(too_few_files(plan, limits));
  note(too_few_files_in_the_server(plan, limits));
  note(too_few_ports_as_planned(plan, limits));
  note(too_little_memory(plan, limits));
  note(opening_outlasts_the_run(plan));
  return errors;
}

}  // namespace ringstorm
