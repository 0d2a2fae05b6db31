#include "plan/compression.h"

#include <algorithm>

#include "codec/context_pool.h"
#include "plan/message_text.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kHalfReceivedAtOnce = 64;
constexpr std::uint64_t kStateBytes = 128;  // of a connection, and the indexes beside the regions
constexpr std::uint64_t kScratchBytes = 16 * 1024;

std::uint8_t narrow(std::uint64_t bits) {
  return static_cast<std::uint8_t>(bits);
}

}  // namespace

std::optional<DeflateOffer> deflate_offer(const Scenario& scenario) {
  std::optional<DeflateOffer> made;
  if (!scenario.deflate) return made;
  DeflateOffer& offer = made.emplace();
  offer.server_no_context_takeover = scenario.server_no_context_takeover;
  offer.client_no_context_takeover = scenario.client_no_context_takeover;
  if (scenario.server_max_window_bits)
    offer.server_max_window_bits = narrow(*scenario.server_max_window_bits);
  if (scenario.client_max_window_bits != 0)
    offer.client_max_window_bits = narrow(scenario.client_max_window_bits);
  return made;
}

DeflateSettings deflate_settings(const Scenario& scenario, int window_bits) {
  return {.window_bits = window_bits,
          .level = static_cast<int>(scenario.deflate_level),
          .memory_level = static_cast<int>(scenario.deflate_memory_level)};
}

// A window that holds the whole message and zlib's lookahead makes the same of it as any larger one.
PreparedMessage::PreparedMessage(std::string_view message, const Scenario& scenario,
                                 const DeflateOffer& offer) {
  constexpr std::size_t kLookahead = 262;
  const int most = offer.client_max_window_bits.value_or(kMostWindowBits);
  // A server can only limit a client that has offered it.
  for (int bits = offer.client_max_window_bits ? int{kFewestWindowBits} : most; bits <= most; ++bits) {
    const int least = by_window_.empty() ? int{kFewestWindowBits} : bits;
    by_window_.emplace(least, deflate_message(message, deflate_settings(scenario, bits)));
    if ((std::size_t{1} << bits) >= message.size() + kLookahead) break;
  }
}

std::uint64_t PreparedMessage::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [bits, message] : by_window_) sum += message.size();
  return sum;
}

CompressionBudget compression_budget(const Scenario& scenario, std::uint64_t connections) {
  CompressionBudget budget;
  const auto offer = deflate_offer(scenario);
  if (!offer) return budget;
  const int server_bits = offer->server_max_window_bits.value_or(kMostWindowBits);
  budget.inflaters = connections;
  budget.inflater_bytes = Inflater::memory_bytes(server_bits);
  const bool keeps = scenario.keep_context && !offer->client_no_context_takeover;
  if (scenario.compress && (keeps || !read_message_text(scenario).value.constant())) {
    const int client_bits = offer->client_max_window_bits.value_or(kMostWindowBits);
    budget.deflaters = connections;
    budget.deflater_bytes = Deflater::memory_bytes(deflate_settings(scenario, client_bits));
  }
  const std::uint64_t held =
      offer->server_no_context_takeover ? std::min(connections, kHalfReceivedAtOnce) : connections;
  budget.total_bytes = held * ContextPool<Inflater>::region_bytes(budget.inflater_bytes) +
                       budget.deflaters * ContextPool<Deflater>::region_bytes(budget.deflater_bytes) +
                       connections * kStateBytes + kScratchBytes;
  return budget;
}

std::string agreement_text(std::size_t index) {
  return to_string(deflate_agreement(index));
}

}  // namespace ringstorm
