// A plan: what will run, resolved, cut into shards and budgeted; immutable once made, and printable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/handshake.h"
#include "load/connection_curve.h"
#include "load/shape.h"
#include "load/share.h"
#include "load/stamp.h"
#include "load/template.h"
#include "plan/compression.h"
#include "plan/fan_out.h"
#include "plan/message_text.h"
#include "plan/proxy.h"
#include "plan/scenario.h"
#include "plan/source_plan.h"
#include "plan/target.h"
#include "session/script.h"
#include "transport/route.h"

namespace ringstorm {

/// What this machine allows, gathered by the caller (plan/ asks the kernel nothing).
struct MachineLimits {
  unsigned cores = 1;                      ///< this process may run on
  std::uint64_t open_files = 1024;         ///< the hard limit, which the program raises its soft limit to
  std::uint64_t ephemeral_ports = 28'232;  ///< size of ip_local_port_range
  std::uint32_t first_ephemeral_port = 32'768;
  std::uint64_t available_memory_bytes = 0;  ///< MemAvailable, 0 when unknown
  bool direct_descriptors = true;            ///< sockets live in rings' tables, not among the process's files
  Duration clock_to_time_of_day{0};  ///< what an Instant is to be moved by to be nanoseconds since 1970
};

/// One shard's part: connections [first_connection, first_connection + connections) of the run. The same
/// rational cut serves threads and hosts.
struct Segment {
  std::uint64_t first_connection = 0;
  std::uint64_t connections = 0;
  std::uint64_t messages =
      0;          ///< its share of Scenario::messages, >= 1; 0 when the run is bounded by time alone
  int core = -1;  ///< pinned to: the n-th core this process may run on, from 0; -1 for none
};

/// A stage of the load that is measured by itself: [begin, end) after the start of the run.
struct StageSpan {
  std::string name;
  Duration begin{0};
  Duration end{0};
  friend bool operator==(const StageSpan&, const StageSpan&) = default;
};

/// What the scenario's rates and stages come to.
struct LoadPlan {
  std::vector<Stage>
      shape;  ///< of an open loop, the warm-up first when there is one; empty for a closed loop
  Senders senders = Senders::round_robin;  ///< round_robin or random
  /// The run's arrivals are those numbered below this.
  std::uint64_t arrivals_end = std::numeric_limits<std::uint64_t>::max();
  std::vector<StageSpan> stages;  ///< in order; empty when there are none
  bool gated = false;             ///< closed loop: messages begin within the stages only, see slice_load.h
  std::uint64_t initial_connections = 0;
  std::vector<ConnectionStage> connection_stages;  ///< from the begin of the measured window on
  std::uint64_t most_connections = 0;              ///< open at once
  std::uint64_t planned_connections = 0;           ///< opened in the course of the run
  /// Messages that will become due in the whole run, when that is known before (not for random arrivals).
  std::optional<std::uint64_t> planned_messages;

  bool open_loop() const { return !shape.empty(); }
};

/// Sizes of one shard's memory, in the units named.
struct ShardBudget {
  std::uint32_t receive_buffers = 0;  ///< a power of two
  std::uint32_t receive_buffer_bytes = 0;
  std::uint32_t send_buffers = 0;
  std::uint32_t send_buffer_bytes = 0;
  std::uint32_t gather_buffers = 0;  ///< for messages that arrive in pieces and are looked at
  std::uint32_t gather_buffer_bytes = 0;
  std::uint32_t waiting_messages = 0;  ///< open loop: due messages that may wait for their connection
  std::uint32_t ring_entries = 0;      ///< submission queue, a power of two
  std::uint32_t completion_entries = 0;
  std::uint64_t compression_bytes = 0;  ///< contexts of permessage-deflate
  std::uint64_t total_bytes = 0;        ///< all of the shard's memory with every connection open
};

struct Plan {
  Scenario scenario;  ///< with nothing left open: name, duration, shards and seed are filled in
  Target target;
  std::optional<Proxy> proxy;         ///< the first stage of the route asks it for the way
  std::optional<SourcePlan> sources;  ///< where connections come from; nothing: the kernel chooses
  Route route;                        ///< what stands between TCP and the WebSocket; empty for plain ws
  UpgradeRequest upgrade;
  LoadPlan load;
  std::string payload;                         ///< the bytes of every message, unless it has holes
  std::optional<Template> text;                ///< of every message, when it has holes
  std::vector<ScenarioNames::Column> columns;  ///< where the values come from that its holes name
  PreparedMessage prepared;  ///< the payload compressed, when permessage-deflate is offered; not with holes
  Duration clock_to_time_of_day{0};  ///< see MachineLimits
  Script script;                     ///< of the sessions; without any when there are none
  std::vector<std::uint16_t> cast;   ///< the session of each connection
  FanOut fan_out;                    ///< who publishes to whom
  StampKey stamp_key;                ///< drawn anew for each run, whatever the seed
  std::uint64_t passes_each = 0;     ///< that a connection plays and then closes; 0: as many as it can
  std::vector<UpgradeRequest> session_upgrades;  ///< of each session
  bool expects_replies = true;    ///< false for a target that never answers by design: the embedded sink
  std::uint64_t seed = 0;         ///< never 0; a drawn one is below 2^53, which every JSON reader keeps exact
  std::vector<Segment> segments;  ///< one a shard
  ShardBudget budget;             ///< the same for every shard, sized for the largest segment
  /// Embedded target: the server's cores, disjoint from the shards'. Empty: not pinned.
  std::vector<int> server_cores;
  std::uint64_t server_shards = 0;  ///< embedded target: its threads, each with a ring of its own
  std::uint64_t memory_bytes = 0;   ///< of the whole client
  /// Estimate: what the sockets cost the kernel, both ends when both are here.
  std::uint64_t kernel_memory_bytes = 0;

  /// Whom connections go to first: the proxy, or the target itself.
  const std::string& first_host() const { return proxy ? proxy->host : target.host; }
  std::uint16_t first_port() const { return proxy ? proxy->port : target.port; }

  /// How many messages each connection may have unanswered, or passes through its session begun.
  std::uint64_t in_flight() const {
    if (plays_sessions()) return 1;
    return load.open_loop() ? scenario.max_in_flight : scenario.in_flight;
  }
  bool plays_sessions() const { return !script.sessions.empty(); }
  /// Connections that come back send the cookies that their earlier upgrades were answered with.
  bool keeps_cookies() const { return scenario.cookies && scenario.reconnects(); }
  /// How long a message may be; one without holes is as long as this.
  std::uint64_t longest_payload() const { return text ? text->max_bytes() : payload.size(); }
};

/// Makes the plan, or says everything that makes it impossible here: too few files or ports (with the number
/// of connections that would fit), too little memory, connections / open_rate longer than the duration.
Result<Plan> make_plan(const Scenario& scenario, const MachineLimits& limits);

/// The load in one line: "closed loop, 100 connections, 1 in flight on each".
std::string load_text(const Plan& plan);

/// What `ringstorm check` prints: the plan in words, its memory budget and each shard's part.
std::string describe(const Plan& plan);

}  // namespace ringstorm
