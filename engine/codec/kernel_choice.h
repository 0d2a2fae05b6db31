// How one of several interchangeable implementations is chosen: by name, from the environment, or as the
// first in a table ordered from fast to plain that this processor can run.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>

namespace ringstorm::detail {

/// The kernel of that name when this machine can run it, else nullptr.
template <class Kernel>
const Kernel* kernel_named(std::span<const Kernel> kernels, std::string_view name) {
  const auto found = std::ranges::find_if(
      kernels, [name](const Kernel& kernel) { return kernel.name == name && kernel.is_supported(); });
  return found == kernels.end() ? nullptr : &*found;
}

/// The name in this environment variable that no kernel answers to here.
template <class Kernel>
std::optional<std::string_view> refused_kernel(std::span<const Kernel> kernels, const char* variable) {
  const char* name = std::getenv(variable);
  if (name == nullptr || kernel_named(kernels, name) != nullptr) return {};
  return name;
}

/// The kernel that the environment asks for, or else the best. The last of the table runs everywhere.
template <class Kernel>
const Kernel& preferred_kernel(std::span<const Kernel> kernels, const char* variable) {
  const char* name = std::getenv(variable);
  const Kernel* forced = name == nullptr ? nullptr : kernel_named(kernels, name);
  if (forced != nullptr) return *forced;
  return *std::ranges::find_if(kernels, [](const Kernel& kernel) { return kernel.is_supported(); });
}

}  // namespace ringstorm::detail
