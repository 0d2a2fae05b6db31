// Short texts such as "delay uniform 1ms 5ms" or "stall 1s every 10s": taking them apart into words, saying
// what is wrong with one, and writing values so that they read back as they were.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace ringstorm {

/// Takes the words off the front of a text; spaces and tabs stand between them.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) { skip_spaces(); }

  bool empty() const { return rest_.empty(); }
  std::string_view peek() const { return rest_.substr(0, rest_.find_first_of(" \t")); }
  /// The next word; empty when there is none.
  std::string_view take() {
    const std::string_view word = peek();
    rest_.remove_prefix(word.size());
    skip_spaces();
    return word;
  }
  /// Everything that has not been taken.
  std::string_view rest() const { return rest_; }

 private:
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }

  std::string_view rest_;
};

/// The word in quotation marks, at most 40 bytes of it and without control characters; "nothing" when empty.
std::string quoted(std::string_view word);

/// "found "2 parsecs", expected a time such as 2ms", without a place, which the caller knows.
Error unexpected(std::string_view word, std::string_view expected, std::string hint = {});
/// The same for a word that is none of `names`, with the nearest of them.
Error unknown_name(std::string_view word, std::string_view expected, std::span<const std::string_view> names);

/// A decimal number without a unit, not negative and finite.
std::optional<double> parse_number(std::string_view word);
/// "1%" or "0.01": above 0 and at most 1.
std::optional<double> parse_share(std::string_view word);

// Exactly, in the largest unit that needs no fraction: "1500us", "64KiB". Shares as the percentage, when that
// reads back as the same number.
std::string exact_duration(Duration duration);
std::string exact_bytes(std::uint64_t bytes);
std::string exact_number(double number);
std::string exact_share(double share);

}  // namespace ringstorm
