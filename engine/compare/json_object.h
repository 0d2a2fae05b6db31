// Typed members of a JSON document that came from a file, with the place in every mistake. It throws Misread,
// which whoever reads a document catches once and turns into an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace ringstorm {

struct Misread {
  Error error;
};

/// A view of an object; both the document and the view's own lifetime are the caller's.
class JsonObject {
 public:
  /// `where` names the document, or the place in it: "base.json /record".
  JsonObject(const nlohmann::json& json, std::string where);

  const std::string& where() const { return where_; }
  bool has(const char* key) const;  ///< and it is not null

  // Each throws Misread when the member is missing or of another kind.
  std::string text(const char* key) const;
  double number(const char* key) const;
  std::uint64_t count(const char* key) const;  ///< a whole number, not negative
  bool flag(const char* key) const;
  JsonObject object(const char* key) const;
  const nlohmann::json& list(const char* key) const;
  std::uint64_t seed(const char* key) const;  ///< see seed_to_json()

  // The same, and nothing when it is null or missing.
  std::optional<double> number_if(const char* key) const;
  std::optional<std::uint64_t> count_if(const char* key) const;
  std::string text_if(const char* key) const;  ///< "" for nothing

  /// "found 3, expected a string", at the member.
  [[noreturn]] void refuse(const char* key, std::string_view expected) const;

 private:
  const nlohmann::json* find(const char* key) const;
  const nlohmann::json& json_;
  std::string where_;
};

/// A document of at most 256 MiB from a file. Errors: it cannot be read, is too long, or is no JSON, such as
/// one that was cut off.
Result<nlohmann::json> read_json_file(const std::string& path);

/// Of `"schema": "NAME/1"`. Throws Misread when it is of another kind, or of a newer version.
void expect_schema(const JsonObject& document, std::string_view name, std::uint64_t version);

}  // namespace ringstorm
