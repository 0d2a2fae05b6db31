#include "compare/json_object.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include "report/printable.h"

namespace ringstorm {
namespace {

using Json = nlohmann::json;

constexpr std::uintmax_t kMostBytes = 256ULL << 20;
constexpr std::size_t kShown = 40;

std::string found(const Json* json) {
  if (json == nullptr) return "nothing";
  if (json->is_object()) return "an object";
  if (json->is_array()) return "a list";
  return printable(json->dump(-1, ' ', true, Json::error_handler_t::replace), kShown);
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

JsonObject::JsonObject(const Json& json, std::string where) : json_(json), where_(std::move(where)) {
  if (!json.is_object())
    throw Misread{{where_, fmt::format("found {}, expected an object", found(&json)), ""}};
}

const Json* JsonObject::find(const char* key) const {
  const auto member = json_.find(key);
  return member == json_.end() ? nullptr : &*member;
}

bool JsonObject::has(const char* key) const {
  const Json* json = find(key);
  return json != nullptr && !json->is_null();
}

void JsonObject::refuse(const char* key, std::string_view expected) const {
  throw Misread{{fmt::format("{}/{}", where_, key),
                 fmt::format("found {}, expected {}", found(find(key)), expected), ""}};
}

std::string JsonObject::text(const char* key) const {
  const Json* json = find(key);
  if (json == nullptr || !json->is_string()) refuse(key, "a string");
  return json->get<std::string>();
}

double JsonObject::number(const char* key) const {
  const Json* json = find(key);
  if (json == nullptr || !json->is_number()) refuse(key, "a number");
  return json->get<double>();
}

std::uint64_t JsonObject::count(const char* key) const {
  const Json* json = find(key);
  if (json == nullptr || !json->is_number_unsigned()) refuse(key, "a whole number that is not negative");
  return json->get<std::uint64_t>();
}

bool JsonObject::flag(const char* key) const {
  const Json* json = find(key);
  if (json == nullptr || !json->is_boolean()) refuse(key, "true or false");
  return json->get<bool>();
}

JsonObject JsonObject::object(const char* key) const {
  const Json* json = find(key);
  if (json == nullptr || !json->is_object()) refuse(key, "an object");
  return {*json, fmt::format("{}/{}", where_, key)};
}

const Json& JsonObject::list(const char* key) const {
  const Json* json = find(key);
  if (json == nullptr || !json->is_array()) refuse(key, "a list");
  return *json;
}

std::uint64_t JsonObject::seed(const char* key) const {
  const Json* json = find(key);
  if (json == nullptr || !json->is_string()) return count(key);
  const auto value = whole_number(json->get_ref<const std::string&>());
  if (!value) refuse(key, "a whole number");
  return *value;
}

std::optional<double> JsonObject::number_if(const char* key) const {
  if (!has(key)) return std::nullopt;
  return number(key);
}

std::optional<std::uint64_t> JsonObject::count_if(const char* key) const {
  if (!has(key)) return std::nullopt;
  return count(key);
}

std::string JsonObject::text_if(const char* key) const {
  return has(key) ? text(key) : "";
}

Result<Json> read_json_file(const std::string& path) {
  std::error_code unreadable;
  if (std::filesystem::is_directory(path, unreadable)) return Error{path, "is a folder, expected a file", ""};
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{path, fmt::format("cannot be read: {}", std::strerror(errno)), ""};
  if (const auto size = std::filesystem::file_size(path, unreadable); !unreadable && size > kMostBytes) {
    return Error{path, "is longer than 256 MiB, which no result is", ""};
  }
  Json json = Json::parse(file, nullptr, false);
  if (json.is_discarded()) return Error{path, "is no JSON, or it was cut off", ""};
  return json;
}

void expect_schema(const JsonObject& document, std::string_view name, std::uint64_t version) {
  const std::string expected = fmt::format("\"{}/{}\"", name, version);
  const std::string schema = document.text("schema");
  const std::size_t slash = schema.rfind('/');
  if (slash == std::string::npos || std::string_view(schema).substr(0, slash) != name) {
    document.refuse("schema", expected);
  }
  const auto found = whole_number(std::string_view(schema).substr(slash + 1));
  if (!found || *found == 0) document.refuse("schema", expected);
  if (*found > version) {
    throw Misread{{document.where(),
                   fmt::format("is of version {}, and this ringstorm reads {}", *found, version),
                   "a newer ringstorm wrote it: compare with that one"}};
  }
}

}  // namespace ringstorm
