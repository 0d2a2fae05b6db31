// What a kernel is measured against, in the same run: a call that does nothing, memcpy, and the least that
// any mask must do (load, xor with a constant, store) with the widest registers this machine has. It never
// knows a mask key's phase, a tail or an alignment: that it needs none of them is what makes it the limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ringstorm::yardstick {

/// `bytes` is rounded up to whole blocks of this many, and no buffer is given that ends before.
inline constexpr std::size_t kBlockBytes = 64;

/// Blocks of 64 bytes, eight a turn. Addresses should be multiples of 64.
struct Limit {
  std::string_view name;
  bool (*is_supported)();  ///< by the processor and by the operating system
  void (*in_place)(std::byte* data, std::size_t bytes, std::uint32_t constant);
  void (*copy)(std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t constant);
  /// Only the loads. What it returns keeps the compiler from leaving them out: all words or-ed together.
  std::uint32_t (*read)(const std::byte* data, std::size_t bytes);
};

/// From wide to narrow; the last runs everywhere.
std::span<const Limit> limits();
/// The widest this machine can run.
const Limit& widest_limit();

// The empty call, once for each shape of kernel. Called through a pointer, so that it costs what a chosen
// kernel costs before it does anything.
void noop_in_place(std::byte* data, std::size_t bytes, std::uint32_t key);
void noop_copy(std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t key);
void noop_encode(std::byte* out, const std::byte* payload, std::size_t bytes, unsigned first_byte,
                 std::uint32_t key);

/// memcpy in the shape of a kernel: a jump more than memcpy itself.
void copy_by_memcpy(std::byte* destination, const std::byte* source, std::size_t bytes, std::uint32_t key);

}  // namespace ringstorm::yardstick
