// UTF-8 (RFC 3629) checked as it streams: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ringstorm {

/// One message's text. One byte of state; pieces may end inside a code point.
class Utf8Validator {
 public:
  /// How many of `bytes` come before the first one that no valid text can have there: all of them when there
  /// is none. The validator must be reset after a bad one.
  std::size_t valid_prefix(std::span<const std::byte> bytes);
  /// False at the first byte that no valid text can have there.
  bool feed(std::span<const std::byte> bytes) { return valid_prefix(bytes) == bytes.size(); }
  /// True when the text may end here, that is not inside a code point.
  bool complete() const { return state_ == 0; }
  void reset() { state_ = 0; }

 private:
  std::uint8_t state_ = 0;
};

}  // namespace ringstorm
