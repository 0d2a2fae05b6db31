#include "codec/secure_random.h"

#include <algorithm>
#include <cerrno>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include "base/check.h"

namespace ringstorm {
namespace {

constexpr std::size_t kKeyBytes = 16;  // AES-128
constexpr std::size_t kCounterBytes = 16;

// The keystream is what encrypting zeros leaves.
constexpr std::array<unsigned char, 4096> kZeros{};

void fill_from_system(std::span<unsigned char> out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    RS_CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace

void SecureRandom::FreeCipher::operator()(evp_cipher_ctx_st* cipher) const {
  EVP_CIPHER_CTX_free(cipher);
}

SecureRandom::SecureRandom() : cipher_(EVP_CIPHER_CTX_new()) {
  RS_CHECK(cipher_ != nullptr);
  RS_CHECK(EVP_EncryptInit_ex(cipher_.get(), EVP_aes_128_ctr(), nullptr, nullptr, nullptr) == 1);
  refill();
}

SecureRandom::~SecureRandom() {
  OPENSSL_cleanse(batch_.data(), batch_.size());
}

void SecureRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    if (used_ == batch_.size()) refill();
    const std::size_t count = std::min(out.size(), batch_.size() - used_);
    std::memcpy(out.data(), &batch_[used_], count);
    used_ += count;
    out = out.subspan(count);
  }
}

void SecureRandom::fix_mask_key(MaskKey key) {
  fixed_mask_key_ = key;
  end_for_keys_ = 0;
}

MaskKey SecureRandom::fixed_key_or_refilled() {
  if (fixed_mask_key_) return *fixed_mask_key_;
  refill();
  return take_mask_key();
}

void SecureRandom::refill() {
  static_assert(kZeros.size() == kBatchBytes);
  if (batches_left_ == 0) take_new_seed();
  --batches_left_;
  int written = 0;
  RS_CHECK(EVP_EncryptUpdate(cipher_.get(), reinterpret_cast<unsigned char*>(batch_.data()), &written,
                             kZeros.data(), static_cast<int>(kZeros.size())) == 1);
  RS_CHECK(written == static_cast<int>(batch_.size()));
  used_ = 0;
}

void SecureRandom::take_new_seed() {
  std::array<unsigned char, kKeyBytes + kCounterBytes> seed{};
  fill_from_system(seed);
  RS_CHECK(EVP_EncryptInit_ex(cipher_.get(), nullptr, nullptr, seed.data(), seed.data() + kKeyBytes) == 1);
  OPENSSL_cleanse(seed.data(), seed.size());
  batches_left_ = kBatchesPerSeed;
  ++seeds_;
}

}  // namespace ringstorm
