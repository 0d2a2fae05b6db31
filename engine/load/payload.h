// What messages are filled with. The same seed gives the same bytes on every machine, so a run can be
// repeated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ringstorm {

enum class Filler : std::uint8_t {
  text,    ///< letters, digits and spaces: valid UTF-8, and the same length inside a JSON string
  binary,  ///< bytes that do not compress
};

/// `bytes` bytes of filler, a pure function of its arguments.
std::string make_payload(Filler filler, std::size_t bytes, std::uint64_t seed);

}  // namespace ringstorm
