#include "server/server.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <latch>
#include <memory>
#include <string>
#include <thread>

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "io/listener.h"
#include "io/uring.h"
#include "server/counts_board.h"
#include "server/echo_server.h"
#include "server/laboratory.h"

namespace ringstorm {
namespace {

constexpr Duration kStopPoll = milliseconds(50);
constexpr Duration kTeardown = seconds(5);  // for the kernel to give every socket back; it takes milliseconds

constexpr std::uint32_t kReservedFiles = 64;  // the process has other files open than its connections

/// 16 MiB of receive buffers, long enough that a megabyte takes few of them; less of each where many shards
/// take turns on few cores.
UringOptions ring_options(std::uint32_t slots, std::size_t shards) {
  const auto turns = static_cast<std::uint32_t>(std::clamp<std::size_t>(
      std::bit_ceil(shards / std::max(1U, std::thread::hardware_concurrency()) + 1), 2, 16));
  return {.entries = 2048,
          .completion_entries = 32768 / turns,
          .slots = slots,
          .receive_buffers = 2048 / turns,
          .receive_buffer_bytes = 16384};
}

Status pin(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  // CPU_SET ignores what lies outside, and an empty set is refused.
  if (core >= 0) CPU_SET(static_cast<std::size_t>(core), &cores);
  const int code = ::pthread_setaffinity_np(::pthread_self(), sizeof cores, &cores);
  if (code != 0)
    return Error{"core " + std::to_string(core),
                 "a server thread cannot run there: " + std::string(std::strerror(code)), ""};
  return success();
}

// The kernel may end a wait so much later than asked for, to wake for several things at once; 50 us if it is
// not told otherwise. A delay that a fault plan asks for is to be that long and no longer.
void wake_on_time() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);
}

template <ResettingRing Ring>
void run(EchoServer<Ring>& server, const std::atomic<bool>& stop, Duration patience) {
  while (!stop.load(std::memory_order_relaxed)) {
    if (const auto end = server.stalled_until()) {
      // Without a turn nothing is received, not even into the process, and nothing is sent.
      std::this_thread::sleep_until(std::min(*end, MonotonicClock::now() + kStopPoll));
    } else {
      server.turn(server.now() + kStopPoll);
    }
  }
  server.go_away();
  const Instant goodbye = server.now() + patience;
  while (server.connections() > 0 && server.now() < goodbye) server.turn(goodbye);
  server.close_all();
  const Instant teardown = server.now() + kTeardown;
  while (server.connections() > 0 && server.now() < teardown) server.turn(teardown);
}

/// One shard's thread and what it is to leave behind.
struct ServerShard {
  Listener listener;
  Status status = success();
  ServerCounts counts;
  std::thread thread;
};

class ShardedServer {
 public:
  ShardedServer(const ServerOptions& options, const std::atomic<bool>& stop)
      : options_(options),
        stop_(stop),
        shards_(std::max<std::size_t>(options.shards, 1 + options.also_listen.size())),
        board_(shards_.size()),
        ready_(static_cast<std::ptrdiff_t>(shards_.size())) {
    if (!options.faults.empty()) laboratory_.emplace(options.faults, options.seed);
  }

  Status listen() {
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      // Shards take turns with the addresses. The port the kernel chose for an address's first is all of
      // theirs.
      const std::size_t first = i % addresses();
      const bool shared = shards_.size() > addresses();
      auto listener = first == i ? listen_on(address(i), options_.backlog, shared)
                                 : listen_beside(shards_[first].listener, options_.backlog);
      if (!listener) return listener.errors();
      shards_[i].listener = std::move(*listener);
    }
    return success();
  }

  Result<ServerCounts> serve(const std::function<void(const SocketAddress&)>& on_listening) {
    for (std::size_t i = 0; i < shards_.size(); ++i)
      shards_[i].thread = std::thread([this, i] { run_shard(i); });
    ready_.wait();
    const bool started = all_started();
    for (std::size_t i = 0; started && on_listening && i < addresses(); ++i)
      on_listening(shards_[i].listener.address);
    for (ServerShard& shard : shards_) shard.thread.join();
    if (!started) return errors();
    ServerCounts total;
    for (const ServerShard& shard : shards_) total.merge(shard.counts);
    return total;
  }

 private:
  std::size_t addresses() const { return 1 + options_.also_listen.size(); }
  const SocketAddress& address(std::size_t i) const {
    return i == 0 ? options_.listen : options_.also_listen[i - 1];
  }

  // The ring belongs to the thread that opens it. Nobody accepts before everybody can.
  void run_shard(std::size_t index) {
    ServerShard& shard = shards_[index];
    std::unique_ptr<Uring> ring;
    shard.status = start(index, ring);
    ready_.arrive_and_wait();
    if (!all_started()) return;
    if (laboratory_) wake_on_time();
    const auto stages = options_.stage ? options_.stage->for_shard() : nullptr;
    const ServerShardOptions shared{
        .shard = index,
        .shards = shards_.size(),
        .board = &board_,
        .laboratory = laboratory_ ? &*laboratory_ : nullptr,
        .expected = options_.expected_payload ? &*options_.expected_payload : nullptr,
        .deflate = options_.deflate ? &*options_.deflate : nullptr,
        .stages = stages.get(),
        .upgrade_timeout = options_.upgrade_timeout};
    EchoServer<Uring> server(*ring, options_.mode, options_.max_message_bytes,
                             options_.max_connections_per_shard, shared);
    server.listen(shard.listener.socket.get());
    run(server, stop_, options_.goodbye);
    shard.counts = server.counts();
    ring.reset();  // before the memory that a send may still be reading
  }

  Status start(std::size_t index, std::unique_ptr<Uring>& ring) const {
    if (!options_.cores.empty()) {
      if (auto pinned = pin(options_.cores[index % options_.cores.size()]); !pinned) return pinned;
    }
    auto opened =
        Uring::open(ring_options(options_.max_connections_per_shard, shards_.size()), capabilities_);
    if (!opened) return opened.errors();
    ring = std::move(*opened);
    return success();
  }

  bool all_started() const {
    return std::all_of(shards_.begin(), shards_.end(),
                       [](const ServerShard& shard) { return shard.status.ok(); });
  }
  std::vector<Error> errors() const {
    std::vector<Error> all;
    for (const ServerShard& shard : shards_) {
      if (!shard.status.ok())
        all.insert(all.end(), shard.status.errors().begin(), shard.status.errors().end());
    }
    return all;
  }

  const ServerOptions& options_;
  const std::atomic<bool>& stop_;
  const Capabilities capabilities_ = probe_capabilities();
  std::vector<ServerShard> shards_;
  CountsBoard board_;
  std::optional<Laboratory> laboratory_;
  std::latch ready_;
};

}  // namespace

std::uint32_t default_max_connections() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return static_cast<std::uint32_t>(
      std::clamp<rlim_t>(files.rlim_cur, kReservedFiles + 1, 60'000 + kReservedFiles) - kReservedFiles);
}

Result<ServerCounts> serve(const ServerOptions& options, const std::atomic<bool>& stop,
                           const std::function<void(const SocketAddress&)>& on_listening) {
  ShardedServer server(options, stop);
  if (auto listening = server.listen(); !listening) return listening.errors();
  return server.serve(on_listening);
}

}  // namespace ringstorm
