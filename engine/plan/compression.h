// What a plan has for permessage-deflate: the offer, the message compressed before the start, and the memory
// that connections need for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "codec/deflate.h"
#include "codec/deflate_negotiation.h"
#include "plan/scenario.h"

namespace ringstorm {

/// What the scenario has its clients offer; nothing when it has no permessage-deflate.
std::optional<DeflateOffer> deflate_offer(const Scenario& scenario);

/// How a client compresses whose window may have `window_bits`.
DeflateSettings deflate_settings(const Scenario& scenario, int window_bits);

/// A message compressed by itself, for every window that a server may limit its client to.
class PreparedMessage {
 public:
  PreparedMessage() = default;
  PreparedMessage(std::string_view message, const Scenario& scenario, const DeflateOffer& offer);

  /// For a client that has agreed to a window of so many bits.
  std::string_view for_window(int bits) const { return std::prev(by_window_.upper_bound(bits))->second; }
  bool empty() const { return by_window_.empty(); }
  std::uint64_t bytes() const;  ///< of all of them

 private:
  std::map<int, std::string> by_window_;  ///< by the smallest window that it is for
};

/// What one shard's connections may hold, each in a region that Context takes with `..._bytes` of memory.
struct CompressionBudget {
  std::uint64_t deflaters = 0;  ///< at once
  std::uint64_t deflater_bytes = 0;
  std::uint64_t inflaters = 0;  ///< at once
  std::uint64_t inflater_bytes = 0;
  /// With every connection open. When servers forget their context, an inflater is held only inside a
  /// message, and 64 of them are counted; more memory is touched only when more messages are half received at
  /// once.
  std::uint64_t total_bytes = 0;
};
CompressionBudget compression_budget(const Scenario& scenario, std::uint64_t connections);

/// An agreement by its number (index_of) in words.
std::string agreement_text(std::size_t index);

}  // namespace ringstorm
