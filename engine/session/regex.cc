#include "session/regex.h"

#include <array>
#include <cstdint>

#include <re2/re2.h>

namespace ringstorm {
namespace {

constexpr std::int64_t kMostBytes = 1 << 20;

re2::RE2::Options options() {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(kMostBytes);
  return options;
}

}  // namespace

Regex::Regex(const std::string& pattern) : compiled_(std::make_unique<re2::RE2>(pattern, options())) {}
Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

std::string Regex::mistake() const {
  return compiled_->ok() ? std::string{} : compiled_->error();
}

int Regex::groups() const {
  return compiled_->NumberOfCapturingGroups();
}

bool Regex::found_in(std::string_view text) const {
  const re2::StringPiece piece(text.data(), text.size());
  return compiled_->Match(piece, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

std::optional<std::string_view> Regex::first_group(std::string_view text) const {
  const re2::StringPiece piece(text.data(), text.size());
  std::array<re2::StringPiece, 2> groups;
  if (!compiled_->Match(piece, 0, text.size(), re2::RE2::UNANCHORED, groups.data(), 2)) return std::nullopt;
  return std::string_view(groups[1].data(), groups[1].size());
}

}  // namespace ringstorm
