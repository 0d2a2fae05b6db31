#include "report/calibration.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ringstorm {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "ringstorm.calibration/1";

Json lateness_json(const Lateness& lateness) {
  return {
      {"p50_ns", lateness.p50.count()}, {"p99_ns", lateness.p99.count()}, {"max_ns", lateness.max.count()}};
}

/// Reads fields by their JSON pointer and remembers the first that is not what it should be.
class Reader {
 public:
  explicit Reader(const Json& json) : json_(json) {}

  std::string text(const std::string& pointer) {
    const Json* const found = find(pointer);
    if (found != nullptr && found->is_string()) return found->get<std::string>();
    refuse(pointer, "a text");
    return {};
  }

  double number(const std::string& pointer) {
    const Json* const found = find(pointer);
    if (found != nullptr && found->is_number() && found->get<double>() >= 0) return found->get<double>();
    refuse(pointer, "a number from 0 on");
    return 0;
  }

  Lateness lateness(const std::string& pointer) {
    return {.p50 = duration(pointer + "/p50_ns"),
            .p99 = duration(pointer + "/p99_ns"),
            .max = duration(pointer + "/max_ns")};
  }

  const std::string& refused() const { return refused_; }

 private:
  Duration duration(const std::string& pointer) {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const Json* const found = find(pointer);
    if (found != nullptr && found->is_number_unsigned() && found->get<std::uint64_t>() <= kMost)
      return nanoseconds(found->get<std::int64_t>());
    refuse(pointer, "whole nanoseconds from 0 on");
    return {};
  }

  const Json* find(const std::string& pointer) const {
    const Json::json_pointer place(pointer);
    return json_.contains(place) ? &json_.at(place) : nullptr;
  }

  void refuse(const std::string& pointer, const char* expected) {
    if (refused_.empty()) refused_ = fmt::format("{} is not {}", pointer, expected);
  }

  const Json& json_;
  std::string refused_;
};

}  // namespace

Json to_json(const Calibration& calibration) {
  return {{"schema", kSchema},
          {"kernel", calibration.kernel},
          {"cpu_model", calibration.cpu_model},
          {"timer", lateness_json(calibration.timer)},
          {"pacing",
           {{"first", lateness_json(calibration.pacing_first)},
            {"spin", lateness_json(calibration.pacing_spin)}}},
          {"maximum",
           {{"messages_per_s", calibration.messages_per_second},
            {"messages_per_cpu_second", calibration.messages_per_cpu_second}}}};
}

Result<Calibration> parse_calibration(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Error{"", "it is not a JSON object", ""};
  Reader reader(json);
  const std::string schema = reader.text("/schema");
  if (schema != kSchema) return Error{"", fmt::format("its schema is not {}", kSchema), ""};
  Calibration calibration{.kernel = reader.text("/kernel"),
                          .cpu_model = reader.text("/cpu_model"),
                          .timer = reader.lateness("/timer"),
                          .pacing_first = reader.lateness("/pacing/first"),
                          .pacing_spin = reader.lateness("/pacing/spin"),
                          .messages_per_second = reader.number("/maximum/messages_per_s"),
                          .messages_per_cpu_second = reader.number("/maximum/messages_per_cpu_second")};
  if (!reader.refused().empty()) return Error{"", reader.refused(), ""};
  return calibration;
}

bool is_of(const Calibration& calibration, std::string_view kernel, std::string_view cpu_model) {
  return calibration.kernel == kernel && calibration.cpu_model == cpu_model;
}

}  // namespace ringstorm
