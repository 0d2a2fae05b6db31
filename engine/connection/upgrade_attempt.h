// A client's opening handshake on one connection: makes the key, gathers the answer, judges it. Needed only
// while the connection is upgrading, so a shard has as many as may be in progress at once.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/lazy_array.h"
#include "codec/handshake.h"
#include "codec/secure_random.h"

namespace ringstorm {

class UpgradeAttempt {
 public:
  /// `max_head_bytes` bounds the answer; the memory for it is touched only by answers that come in pieces.
  explicit UpgradeAttempt(std::size_t max_head_bytes);

  /// Draws a fresh nonce.
  void begin(SecureRandom& random);
  const NonceText& key() const { return key_; }

  /// Takes the answer's head off the front of `input`, judged against what was offered; what is left after
  /// `accepted` is frames. After `failed` the attempt is over.
  UpgradeJudgement take(std::span<std::byte>& input, std::span<const std::string> offered_subprotocols,
                        const DeflateOffer* deflate = nullptr);

  /// What the peer has said so far, for the report of a failure. Valid until the next call of take or begin.
  std::string_view answer() const { return answer_; }

 private:
  NonceText key_{};
  AcceptKey expected_{};
  std::size_t max_head_bytes_;
  LazyArray<char> gathered_;  ///< one byte longer than the limit, so that a head beyond it is seen as such
  std::size_t gathered_bytes_ = 0;
  std::string_view answer_;
};

}  // namespace ringstorm
