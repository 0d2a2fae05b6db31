#include "codec/utf8.h"

#include <array>

#include "codec/kernel_choice.h"
#include "codec/utf8_kernels.h"

namespace ringstorm {
namespace detail {
namespace {

constexpr const char* kVariable = "RINGSTORM_UTF8";

bool always() {
  return true;
}

constexpr Utf8Kernel kUtf8Scalar{"scalar", always, utf8_scalar};

constinit std::atomic<const Utf8Kernel*> active{nullptr};

void install(const Utf8Kernel& kernel) {
  active.store(&kernel, std::memory_order_relaxed);
  chosen_utf8_prefix.store(kernel.valid_prefix, std::memory_order_relaxed);
}

/// Several threads may come here at once: the first to choose decides, so that a forced kernel stays.
const Utf8Kernel& chosen() {
  static const Utf8Kernel& preferred = []() -> const Utf8Kernel& {
    const Utf8Kernel& kernel = preferred_kernel(utf8_kernels(), kVariable);
    install(kernel);
    return kernel;
  }();
  const Utf8Kernel* kernel = active.load(std::memory_order_relaxed);
  return kernel == nullptr ? preferred : *kernel;
}

std::size_t choose_prefix(const std::byte* text, std::size_t bytes, std::uint8_t& state) {
  return chosen().valid_prefix(text, bytes, state);
}

}  // namespace

constinit std::atomic<Utf8Prefix> chosen_utf8_prefix{choose_prefix};

std::span<const Utf8Kernel> utf8_kernels() {
  static const std::array kernels {
#if defined(__x86_64__)
    kUtf8Avx512, kUtf8Avx2,
#endif
        kUtf8Scalar
  };
  return kernels;
}

}  // namespace detail

std::string_view active_utf8_kernel() {
  return detail::chosen().name;
}

bool force_utf8_kernel(std::string_view name) {
  const detail::Utf8Kernel* kernel = detail::kernel_named(detail::utf8_kernels(), name);
  if (kernel == nullptr) return false;
  detail::chosen();  // or a first use in another thread could undo this
  detail::install(*kernel);
  return true;
}

std::optional<std::string_view> refused_utf8_kernel() {
  return detail::refused_kernel(detail::utf8_kernels(), detail::kVariable);
}

}  // namespace ringstorm
