// Asking the resolver for a name's addresses without waiting for it longer than one likes to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/address.h"

namespace ringstorm {

/// One question, asked when it is made, by a thread of its own: getaddrinfo() takes as long as resolv.conf
/// lets it and cannot be told to stop. An answer that nobody waits for any more is dropped. The thread has
/// the signal mask of the one that asked.
class Resolution {
 public:
  Resolution(const std::string& host, std::uint16_t port);

  bool done() const { return answer_->known.load(std::memory_order_acquire); }
  /// Every TCP address of the name, each once, in the resolver's order; never empty. Once it is done.
  Result<std::vector<SocketAddress>> addresses() const { return *answer_->result; }

 private:
  struct Answer {
    std::atomic<bool> known{false};
    std::optional<Result<std::vector<SocketAddress>>> result;
  };
  std::shared_ptr<Answer> answer_;
};

}  // namespace ringstorm
