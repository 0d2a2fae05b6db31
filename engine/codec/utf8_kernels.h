// The interchangeable implementations behind Utf8Validator: for the tests and benchmarks that hold them
// against each other, and for the kernels themselves, which leave to the scalar one whatever is not whole
// blocks of good text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "codec/utf8.h"

namespace ringstorm::detail {

struct Utf8Kernel {
  std::string_view name;
  bool (*is_supported)();  ///< by the processor and by the operating system, which must save its registers
  /// Kernels agree on the meaning of the state too: one may go on where another stopped.
  Utf8Prefix valid_prefix;
};

/// From fast to plain; the last is "scalar" and runs everywhere.
std::span<const Utf8Kernel> utf8_kernels();

/// The grammar of RFC 3629 section 4 as a table, a byte at a time (eight where the text is ASCII): the
/// definition the others are tested against.
std::size_t utf8_scalar(const std::byte* text, std::size_t bytes, std::uint8_t& state);

/// The front of `text` that belongs to the code point which `state` is inside of. All that can be validated
/// has been when the state is still not 0.
std::size_t utf8_rest_of_code_point(const std::byte* text, std::size_t bytes, std::uint8_t& state);

/// utf8_scalar() from the code point on that holds text[at], or would, for a text that began between code
/// points. What is before `at` is valid but for its last byte, which may be a lead byte that leads nowhere.
std::size_t utf8_scalar_from(const std::byte* text, std::size_t bytes, std::size_t at, std::uint8_t& state);

#if defined(__x86_64__)
extern const Utf8Kernel kUtf8Avx512;
extern const Utf8Kernel kUtf8Avx2;
#endif

}  // namespace ringstorm::detail
