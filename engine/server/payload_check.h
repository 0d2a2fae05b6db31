// Holds the messages of one connection against the one payload that all of them are to have, piece by piece
// as they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>

namespace ringstorm {

class PayloadCheck {
 public:
  void begin_message() { right_ = 0; }
  void take(std::span<const std::byte> piece, std::string_view expected) {
    if (right_ == kWrong || piece.empty()) return;
    const bool fits = piece.size() <= expected.size() - right_;
    const bool same = fits && std::memcmp(piece.data(), expected.data() + right_, piece.size()) == 0;
    right_ = same ? right_ + piece.size() : kWrong;
  }
  /// Whether the message, which is complete, was the one expected.
  bool message_is_right(std::string_view expected) const { return right_ == expected.size(); }

 private:
  static constexpr std::uint64_t kWrong = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t right_ = 0;  ///< bytes of the message that were as expected so far
};

}  // namespace ringstorm
