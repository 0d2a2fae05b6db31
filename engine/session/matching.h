// Holds received messages against a script's conditions, and takes the values of variables out of them. One
// for each shard, because of the regexes in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "codec/frame.h"
#include "session/regex.h"
#include "session/script.h"

namespace ringstorm {

/// A message that arrived.
struct HeardMessage {
  Opcode opcode = Opcode::text;
  std::uint64_t size = 0;
  std::span<const std::byte> bytes = {};
  bool has_bytes = false;  ///< false: they were only counted

  std::string_view text() const { return text_of(bytes); }
};

/// A connection's variables: each two bytes of length and the value, as Script::variables lays them out.
class VariableStore {
 public:
  VariableStore(std::span<const Variable> layout, std::span<std::byte> memory)
      : layout_(layout), memory_(memory) {}

  std::string_view value(std::uint32_t variable) const;
  /// Room for the value, whose length set_size() then says.
  std::span<char> room(std::uint32_t variable);
  void set_size(std::uint32_t variable, std::size_t bytes);

 private:
  std::span<const Variable> layout_;
  std::span<std::byte> memory_;
};

class Matching {
 public:
  /// Compiles the script's regexes.
  explicit Matching(const Script& script);

  /// Whether all of the conditions hold; none always do.
  bool holds(Range conditions, const HeardMessage& message, const VariableStore& variables) const;
  /// False when one of them is not in the message, or is too long; those before it are then set all the same.
  bool capture(Range captures, const HeardMessage& message, VariableStore& variables) const;

 private:
  bool holds(const Condition& condition, const HeardMessage& message, const VariableStore& variables) const;
  bool capture(const Capture& capture, const HeardMessage& message, VariableStore& variables) const;

  const Script& script_;
  std::vector<Regex> regexes_;
};

}  // namespace ringstorm
