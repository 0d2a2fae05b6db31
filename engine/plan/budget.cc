#include "plan/budget.h"

#include <algorithm>
#include <bit>

#include "codec/frame.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kKibibyte = 1024;
constexpr std::uint64_t kMebibyte = 1024 * kKibibyte;

// One receive or send moves at most this much: more buys nothing, less cuts large messages into many
// completions.
constexpr std::uint64_t kLargestBuffer = 64 * kKibibyte;
constexpr std::uint64_t kSmallestReceiveBuffer = 4 * kKibibyte;
constexpr std::uint64_t kSmallestSendBuffer = 512;
constexpr std::uint64_t kCacheLine = 64;
constexpr std::uint64_t kFewestBuffers = 64;
constexpr std::uint64_t kFewestCompletions = 4096;
constexpr std::uint64_t kMostReceiveBuffers = 1024;  // more never showed in messages per CPU-second
constexpr std::uint64_t kMostSendBuffers = 4096;
constexpr std::uint64_t kMostBufferBytes = 16 * kMebibyte;  // of each kind, per shard
constexpr std::uint64_t kMostWaiting = 256 * 1024;          // beyond it they wait in the schedule, at no cost
constexpr std::uint64_t kWaitingBytes = 16;
constexpr std::uint64_t kRingEntries = 1024;
constexpr std::uint64_t kMostCompletions = 65'536;
constexpr std::uint64_t kHistogramBytes = 4 * kMebibyte;
constexpr std::uint64_t kSessionBytes = kMebibyte;  // its histograms, in both slices
constexpr std::uint64_t kSubmissionBytes = 64;      // sizeof(io_uring_sqe)
constexpr std::uint64_t kCompletionBytes = 16;      // sizeof(io_uring_cqe)

/// What all messages in flight on one connection take on the wire, as far as one buffer could hold them.
std::uint64_t coalesced_bytes(const ShardLoad& load, bool masked) {
  const std::uint64_t payload = load.script ? load.script->longest_message_bytes : load.payload_bytes;
  const std::uint64_t messages = load.script ? load.script->sends_in_a_row : load.in_flight;
  return std::min(messages * (payload + frame_header_bytes(payload, masked)), kLargestBuffer);
}

/// As many connections as may receive pieces of messages at once, as far as that is sensible.
std::uint32_t gather_buffers(const ShardLoad& load) {
  if (!load.script || load.script->gathered_bytes == 0) return 0;
  const std::uint64_t most = std::max(kMostBufferBytes / load.script->gathered_bytes, kFewestBuffers);
  return static_cast<std::uint32_t>(std::min({load.connections, kMostSendBuffers, most}));
}

/// What sessions need beside the messages' own buffers.
std::uint64_t script_bytes(const ShardLoad& load, const ShardBudget& budget) {
  if (!load.script) return 0;
  return std::uint64_t{budget.gather_buffers} * budget.gather_buffer_bytes +
         load.connections * load.script->bytes_per_connection + load.script->sessions * kSessionBytes +
         load.script->fan_out_bytes;
}

std::uint64_t receive_buffer_bytes(const ShardLoad& load) {
  return std::bit_ceil(std::max(coalesced_bytes(load, false), kSmallestReceiveBuffer));
}

/// Two for each connection: one being read while the kernel fills the next.
std::uint64_t receive_buffers(const ShardLoad& load, std::uint64_t buffer_bytes) {
  const std::uint64_t most =
      std::max(std::bit_floor(std::max<std::uint64_t>(1, kMostReceiveBuffers / load.turns)), kFewestBuffers);
  std::uint64_t count = std::clamp(std::bit_ceil(2 * load.connections), kFewestBuffers, most);
  while (count > kFewestBuffers && count * buffer_bytes > kMostBufferBytes) count /= 2;
  return count;
}

std::uint64_t send_buffer_bytes(const ShardLoad& load) {
  const std::uint64_t wanted =
      std::max({coalesced_bytes(load, true), load.upgrade_bytes, kSmallestSendBuffer});
  std::uint64_t bytes = std::min(wanted, kLargestBuffer);
  for (const auto& kind : load.route) bytes += kind->overhead(bytes);
  return (bytes + kCacheLine - 1) / kCacheLine * kCacheLine;
}

std::uint64_t route_bytes_per_connection(const ShardLoad& load) {
  std::uint64_t bytes = 0;
  for (const auto& kind : load.route) bytes += kind->connection_bytes();
  return bytes;
}

std::uint64_t send_buffers(const ShardLoad& load, std::uint64_t buffer_bytes) {
  return std::max(std::min({load.connections, kMostSendBuffers, kMostBufferBytes / buffer_bytes}),
                  kFewestBuffers);
}

/// Room for every connection to complete a receive and a send in one turn, as far as that is sensible.
std::uint64_t completion_entries(const ShardLoad& load) {
  const std::uint64_t most =
      std::max(std::bit_floor(std::max<std::uint64_t>(1, kMostCompletions / load.turns)), kFewestCompletions);
  return std::min(most, std::bit_ceil(std::max(kFewestCompletions, 2 * load.connections)));
}

std::uint64_t total_bytes(const ShardLoad& load, const ShardBudget& budget) {
  return std::uint64_t{budget.receive_buffers} * budget.receive_buffer_bytes +
         std::uint64_t{budget.send_buffers} * budget.send_buffer_bytes +
         budget.waiting_messages * kWaitingBytes + budget.ring_entries * kSubmissionBytes +
         budget.completion_entries * kCompletionBytes +
         load.connections * (bytes_per_connection(load.in_flight) + route_bytes_per_connection(load)) +
         script_bytes(load, budget) + kHistogramBytes + load.compression_bytes;
}

}  // namespace

ShardBudget budget_for(const ShardLoad& load) {
  const std::uint64_t receive_bytes = receive_buffer_bytes(load);
  const std::uint64_t send_bytes = send_buffer_bytes(load);
  ShardBudget budget;
  budget.receive_buffer_bytes = static_cast<std::uint32_t>(receive_bytes);
  budget.receive_buffers = static_cast<std::uint32_t>(receive_buffers(load, receive_bytes));
  budget.send_buffer_bytes = static_cast<std::uint32_t>(send_bytes);
  budget.send_buffers = static_cast<std::uint32_t>(send_buffers(load, send_bytes));
  budget.gather_buffers = gather_buffers(load);
  budget.gather_buffer_bytes =
      static_cast<std::uint32_t>(budget.gather_buffers > 0 ? load.script->gathered_bytes : 0);
  budget.waiting_messages = static_cast<std::uint32_t>(std::min(load.most_waiting, kMostWaiting));
  budget.ring_entries = kRingEntries;
  budget.completion_entries = static_cast<std::uint32_t>(completion_entries(load));
  budget.compression_bytes = load.compression_bytes;
  budget.total_bytes = total_bytes(load, budget);
  return budget;
}

}  // namespace ringstorm
