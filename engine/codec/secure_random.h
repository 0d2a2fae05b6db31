// Unpredictable bytes for mask keys and nonces (RFC 6455 sections 5.3 and 10.3): AES-CTR through OpenSSL's
// EVP, keyed from getrandom, in batches. One per shard; not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "codec/mask.h"

struct evp_cipher_ctx_st;  // OpenSSL's EVP_CIPHER_CTX, which stays out of this header

namespace ringstorm {

class SecureRandom {
 public:
  /// Aborts when the operating system gives no randomness (it always does on Linux 5.6+) or OpenSSL has no
  /// AES.
  SecureRandom();
  ~SecureRandom();
  SecureRandom(const SecureRandom&) = delete;
  SecureRandom& operator=(const SecureRandom&) = delete;

  /// A fresh key; 4 bytes off the batch, refilled in place without allocating.
  MaskKey next_mask_key() {
    if (batch_.size() - used_ < sizeof(MaskKey)) refill();
    MaskKey key;
    std::memcpy(&key.wire, &batch_[used_], sizeof key.wire);
    used_ += sizeof key.wire;
    return key;
  }
  void fill(std::span<std::byte> out);

 private:
  static constexpr std::size_t kBatchBytes = 4096;

  struct FreeCipher {
    void operator()(evp_cipher_ctx_st* cipher) const;
  };

  void refill();
  void take_new_key();

  std::size_t used_ = kBatchBytes;
  std::uint32_t batches_left_ = 0;  ///< until the next key from the operating system
  std::unique_ptr<evp_cipher_ctx_st, FreeCipher> cipher_;
  alignas(64) std::array<std::byte, kBatchBytes> batch_;
};

}  // namespace ringstorm
