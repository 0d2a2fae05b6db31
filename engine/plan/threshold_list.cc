#include "plan/threshold_list.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/nearest_name.h"
#include "base/units.h"

namespace ringstorm {
namespace {

using Kind = JsonNode::Kind;

constexpr std::size_t kShown = 40;
constexpr std::array<std::string_view, 2> kNames{"check", "abort_after"};
constexpr std::string_view kExpectedItem =
    R"(a threshold such as "latency.p99 < 5ms", or an object with "check" and "abort_after")";

class ListReader {
 public:
  explicit ListReader(std::string_view json) : json_(json) {}

  ThresholdList read(const JsonNode& list, std::string_view pointer) && {
    if (list.kind != Kind::list) {
      refuse(list, pointer, "a list of thresholds");
      return std::move(result_);
    }
    if (list.children.size() > kMostThresholds) {
      complain(list.begin, pointer,
               fmt::format("{} thresholds, expected at most {}", list.children.size(), kMostThresholds));
      return std::move(result_);
    }
    for (std::size_t i = 0; i < list.children.size(); ++i)
      read_item(list.children[i], fmt::format("{}/{}", pointer, i));
    return std::move(result_);
  }

 private:
  void complain(std::size_t offset, std::string_view pointer, std::string what, std::string hint = {}) {
    result_.mistakes.push_back({offset, std::string{pointer}, std::move(what), std::move(hint)});
  }

  void refuse(const JsonNode& node, std::string_view pointer, std::string_view expected) {
    const std::string found = node.kind == Kind::object ? "an object"
                              : node.kind == Kind::list
                                  ? "a list"
                                  : shortened(json_.substr(node.begin, node.end - node.begin), kShown);
    complain(node.begin, pointer, fmt::format("found {}, expected {}", found, expected));
  }

  void read_item(const JsonNode& item, const std::string& pointer) {
    if (item.kind == Kind::string) return read_check(item, pointer, std::nullopt);
    if (item.kind != Kind::object) return refuse(item, pointer, kExpectedItem);
    for (const JsonNode& member : item.children) refuse_unknown(member, pointer);
    const auto abort_after = read_abort_after(item.member("abort_after"), pointer);
    const JsonNode* check = item.member("check");
    if (check == nullptr)
      return complain(item.begin, pointer, fmt::format("no \"check\", expected {}", kExpectedItem));
    if (check->kind != Kind::string)
      return refuse(*check, pointer + "/check", R"(a threshold such as "latency.p99 < 5ms")");
    read_check(*check, pointer + "/check", abort_after);
  }

  void refuse_unknown(const JsonNode& member, const std::string& pointer) {
    for (const std::string_view name : kNames) {
      if (member.key == name) return;
    }
    complain(member.key_begin, pointer + "/" + pointer_step(member.key),
             fmt::format("unknown field \"{}\"", shortened(member.key, kShown)),
             did_you_mean(member.key, kNames));
  }

  std::optional<Duration> read_abort_after(const JsonNode* node, const std::string& pointer) {
    if (node == nullptr) return std::nullopt;
    const bool written = node->kind == Kind::string || node->kind == Kind::number;
    const auto duration = written ? parse_duration(node->text) : std::nullopt;
    if (!duration) refuse(*node, pointer + "/abort_after", R"(a duration such as "5s")");
    return duration;
  }

  void read_check(const JsonNode& node, const std::string& pointer, std::optional<Duration> abort_after) {
    Result<Threshold> threshold = parse_threshold(node.text);
    if (threshold) {
      threshold->abort_after = abort_after;
      result_.thresholds.push_back(std::move(*threshold));
      return;
    }
    for (const Error& error : threshold.errors())
      complain(node.begin, pointer, fmt::format("{}: {}", error.where, error.what), error.hint);
  }

  std::string_view json_;
  ThresholdList result_;
};

}  // namespace

ThresholdList read_thresholds(std::string_view json, const JsonNode& list, std::string_view pointer) {
  return ListReader(json).read(list, pointer);
}

}  // namespace ringstorm
