// What this machine is and what it allows, read from /proc, /sys and this process's own limits. Facts only:
// what they mean for a load is the plan's and the doctor's business.
#pragma once

#include <cstdint>
#include <string>

#include "plan/plan.h"

namespace ringstorm {

inline constexpr std::uint64_t kUnlimited = ~0ULL;

/// A text is empty and a number 0 where the machine does not say.
struct MachineFacts {
  std::string kernel_release;  ///< "6.18.44"
  std::string cpu_model;
  unsigned cores_online = 0;
  unsigned cores_usable = 1;  ///< this process may run on (affinity, cpusets)
  std::string clock_source;   ///< "tsc", "kvm-clock", ...
  std::string governor;       ///< of the first core; virtual machines have none
  std::uint64_t open_files_soft = 0;
  std::uint64_t open_files_hard = 0;
  std::uint32_t first_ephemeral_port = 0;
  std::uint32_t last_ephemeral_port = 0;
  std::uint64_t somaxconn = 0;
  std::uint64_t memlock_bytes = 0;  ///< kUnlimited for none
  std::uint64_t available_memory_bytes = 0;
  std::uint64_t tracked_connections = 0;  ///< the firewall's nf_conntrack_max, 0 when it tracks none

  std::uint64_t ephemeral_ports() const {
    return last_ephemeral_port < first_ephemeral_port || last_ephemeral_port == 0
               ? 0
               : last_ephemeral_port - first_ephemeral_port + 1;
  }
};

/// Reads what there is to read. `root` stands in front of every path, so that a test can bring its own
/// machine.
MachineFacts gather_machine_facts(const std::string& root = {});

/// The part of the facts that a plan is made against; what is unknown keeps the default of MachineLimits.
MachineLimits limits_of(const MachineFacts& facts, bool direct_descriptors);

/// Raises the soft limit on open files to the hard one, which needs no privilege: a ring's table of direct
/// descriptors is bounded by it as well. Returns the limit now in force; a refusal leaves it as it was.
std::uint64_t raise_open_files();

}  // namespace ringstorm
