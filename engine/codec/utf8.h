// UTF-8 (RFC 3629) checked as it streams: no overlong forms, no surrogates, nothing above U+10FFFF.
//
// The work is done by the fastest kernel this processor and its operating system can run, chosen on first
// use. RINGSTORM_UTF8=scalar (or another name of utf8_kernels.h) in the environment chooses by name instead.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ringstorm {

namespace detail {

/// Utf8Validator::valid_prefix() on the validator's state, which is 0 between code points.
using Utf8Prefix = std::size_t (*)(const std::byte* text, std::size_t bytes, std::uint8_t& state);

/// What the chosen kernel is called through; it begins as a function that chooses first.
extern constinit std::atomic<Utf8Prefix> chosen_utf8_prefix;

}  // namespace detail

/// One message's text. One byte of state; pieces may end inside a code point.
class Utf8Validator {
 public:
  /// How many of `bytes` come before the first one that no valid text can have there: all of them when there
  /// is none. The validator must be reset after a bad one. Reads nothing outside `bytes`. (A processor may
  /// take a few hundred nanoseconds to see that when fewer than 64 bytes after them are mapped memory.)
  std::size_t valid_prefix(std::span<const std::byte> bytes) {
    return detail::chosen_utf8_prefix.load(std::memory_order_relaxed)(bytes.data(), bytes.size(), state_);
  }
  /// False at the first byte that no valid text can have there.
  bool feed(std::span<const std::byte> bytes) { return valid_prefix(bytes) == bytes.size(); }
  /// True when the text may end here, that is not inside a code point.
  bool complete() const { return state_ == 0; }
  void reset() { state_ = 0; }

 private:
  std::uint8_t state_ = 0;
};

/// The name of the kernel that every validator runs.
std::string_view active_utf8_kernel();

/// Makes validators run this kernel from now on; one may change between the pieces of a text. False, and
/// nothing changes, when there is none of that name or this machine cannot run it. Safe while other threads
/// validate.
bool force_utf8_kernel(std::string_view name);

/// What RINGSTORM_UTF8 asked for in vain: an unknown kernel or one this machine cannot run. The best one runs
/// instead; a program that takes its user seriously says so.
std::optional<std::string_view> refused_utf8_kernel();

}  // namespace ringstorm
