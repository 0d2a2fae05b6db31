// Regular expressions by RE2: in linear time whatever a peer sends. A compiled one belongs to one thread, so
// that shards do not meet at its lock. RE2 keeps its own memory, bounded, and may take some while it matches.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace ringstorm {

class Regex {
 public:
  explicit Regex(const std::string& pattern);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  /// What is wrong with the pattern; empty when nothing is, and only then may it be used.
  std::string mistake() const;
  /// How many groups the pattern has.
  int groups() const;

  bool found_in(std::string_view text) const;
  /// What the first group takes of `text`, or nothing when the pattern is not found.
  std::optional<std::string_view> first_group(std::string_view text) const;

 private:
  std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace ringstorm
