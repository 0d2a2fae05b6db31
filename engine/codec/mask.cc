#include "codec/mask.h"

#include <array>
#include <cstring>

#include "codec/kernel_choice.h"
#include "codec/mask_kernels.h"

namespace ringstorm {
namespace detail {
namespace {

constexpr const char* kVariable = "RINGSTORM_MASK";

bool always() {
  return true;
}

void in_place_scalar(std::byte* data, std::size_t bytes, std::uint32_t key) {
  mask_scalar(data, data, bytes, MaskKey{key}, 0);
}

void copy_scalar(std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t key) {
  mask_scalar(destination, source, bytes, MaskKey{key}, 0);
}

void encode_short_scalar(std::byte* out, const std::byte* payload, std::size_t bytes, unsigned first_byte,
                         std::uint32_t key) {
  out[0] = static_cast<std::byte>(first_byte);
  out[1] = static_cast<std::byte>(0x80 | bytes);
  std::memcpy(out + 2, &key, sizeof key);
  mask_scalar(out + 6, payload, bytes, MaskKey{key}, 0);
}

constexpr MaskKernel kMaskScalar{"scalar", always, in_place_scalar, copy_scalar, encode_short_scalar};

constinit std::atomic<const MaskKernel*> active{nullptr};

void install(const MaskKernel& kernel) {
  active.store(&kernel, std::memory_order_relaxed);
  chosen_in_place.store(kernel.in_place, std::memory_order_relaxed);
  chosen_copy.store(kernel.copy, std::memory_order_relaxed);
  chosen_encode_short.store(kernel.encode_short, std::memory_order_relaxed);
}

/// Several threads may come here at once: the first to choose decides, so that a forced kernel stays.
const MaskKernel& chosen() {
  static const MaskKernel& preferred = []() -> const MaskKernel& {
    const MaskKernel& kernel = preferred_kernel(mask_kernels(), kVariable);
    install(kernel);
    return kernel;
  }();
  const MaskKernel* kernel = active.load(std::memory_order_relaxed);
  return kernel == nullptr ? preferred : *kernel;
}

void choose_in_place(std::byte* data, std::size_t bytes, std::uint32_t key) {
  chosen().in_place(data, bytes, key);
}

void choose_copy(std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t key) {
  chosen().copy(destination, source, bytes, key);
}

void choose_encode_short(std::byte* out, const std::byte* payload, std::size_t bytes, unsigned first_byte,
                         std::uint32_t key) {
  chosen().encode_short(out, payload, bytes, first_byte, key);
}

}  // namespace

constinit std::atomic<MaskInPlace> chosen_in_place{choose_in_place};
constinit std::atomic<MaskCopy> chosen_copy{choose_copy};
constinit std::atomic<EncodeShort> chosen_encode_short{choose_encode_short};

void mask_scalar(std::byte* destination, const std::byte* source, std::size_t bytes, MaskKey key,
                 std::size_t phase) {
  const auto octets = std::bit_cast<std::array<std::byte, 4>>(key.wire);
  for (std::size_t i = 0; i < bytes; ++i) destination[i] = source[i] ^ octets[(i + phase) % 4];
}

std::span<const MaskKernel> mask_kernels() {
  static const std::array kernels {
#if defined(__x86_64__)
    kMaskAvx512, kMaskAvx2, kMaskSse2,
#elif defined(__aarch64__)
    kMaskNeon,
#endif
        kMaskScalar
  };
  return kernels;
}

}  // namespace detail

std::string_view active_mask_kernel() {
  return detail::chosen().name;
}

bool force_mask_kernel(std::string_view name) {
  const detail::MaskKernel* kernel = detail::kernel_named(detail::mask_kernels(), name);
  if (kernel == nullptr) return false;
  detail::chosen();  // or a first use in another thread could undo this
  detail::install(*kernel);
  return true;
}

std::optional<std::string_view> refused_mask_kernel() {
  return detail::refused_kernel(detail::mask_kernels(), detail::kVariable);
}

}  // namespace ringstorm
