#include "plan/scenario_fields.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/wide.h"
#include "plan/feeder_reader.h"
#include "plan/load_reader.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;
constexpr std::uint64_t kGibibyte = 1024 * kMebibyte;
constexpr Duration kHour = seconds(3600);
constexpr Duration kDay = 24 * kHour;

constexpr std::array<std::string_view, 2> kPayloadKinds{"text", "binary"};
constexpr std::array<std::string_view, 3> kWaitings{"first", "batch", "spin"};

constexpr std::array<std::string_view, 2> kArrivals{"constant", "poisson"};
constexpr std::array<std::string_view, 3> kSenders{"round_robin", "random", "each"};
constexpr std::array<std::string_view, 2> kWhenFull{"wait", "shed"};

constexpr std::array<std::string_view, 2> kGeneratorLimits{"fail", "report"};

constexpr std::array kFields{
    Field{"/$schema", IgnoredField{}},
    Field{"/include", IgnoredField{}},
    Field{"/name", TextField{&Scenario::name}},
    Field{"/description", TextField{&Scenario::description}},
    Field{"/url", TextField{&Scenario::url}},

    Field{"/connections/count", CountField{&Scenario::connections, 1, 10'000'000}},
    Field{"/connections/open_rate", RateField{&Scenario::open_rate, Rate{10'000'000, seconds(1)}}},
    Field{"/connections/max_opening", CountField{&Scenario::max_opening, 1, 1'000'000}},
    Field{"/connections/connect_timeout", DurationField{&Scenario::connect_timeout, milliseconds(1), kHour}},
    Field{"/connections/upgrade_timeout", DurationField{&Scenario::upgrade_timeout, milliseconds(1), kHour}},
    Field{"/connections/close_timeout", DurationField{&Scenario::close_timeout, milliseconds(1), kHour}},

    Field{"/upgrade/headers", PairsField{&Scenario::headers}},
    Field{"/upgrade/subprotocols", ListField{&Scenario::subprotocols}},
    Field{"/upgrade/origin", TextField{&Scenario::origin}},
    Field{"/upgrade/max_head", BytesField{&Scenario::max_head_bytes, 256, kMebibyte}},

    Field{"/message/type", ChoiceField<PayloadKind>{&Scenario::payload_kind, kPayloadKinds}},
    Field{"/message/size", BytesField{&Scenario::payload_bytes, 0, kGibibyte}},
    Field{"/message/text", TextField{&Scenario::payload_text}},
    Field{"/message/reply", FlagField{&Scenario::expects_reply}},
    Field{"/message/max_received", BytesField{&Scenario::max_message_bytes, 1, 1024 * kGibibyte}},

    Field{"/feeders", FeedersField{&Scenario::feeders}},

    Field{"/server/faults", ListField{&Scenario::faults}},
    Field{"/server/verify", FlagField{&Scenario::verify}},

    Field{"/in_flight", CountField{&Scenario::in_flight, 1, 65'536}},
    Field{"/rate", RateFormField{&Scenario::rate}},
    Field{"/stages", StagesField{&Scenario::stages}},
    Field{"/arrivals", ChoiceField<Arrivals>{&Scenario::arrivals, kArrivals}},
    Field{"/senders", ChoiceField<Senders>{&Scenario::senders, kSenders}},
    Field{"/max_in_flight", CountField{&Scenario::max_in_flight, 1, 65'536}},
    Field{"/when_full", ChoiceField<WhenFull>{&Scenario::when_full, kWhenFull}},
    Field{"/max_send_lag", DurationField{&Scenario::max_send_lag, microseconds(1), kHour}},
    Field{"/warmup", DurationField{&Scenario::warmup, Duration{0}, kDay}},
    Field{"/duration", DurationField{&Scenario::duration, milliseconds(1), 30 * kDay}},
    Field{"/messages", CountField{&Scenario::messages, 1, 1'000'000'000'000'000}},
    Field{"/drain", DurationField{&Scenario::drain, Duration{0}, kHour}},

    Field{"/probes", ShareField{&Scenario::probes}},
    Field{"/message/mask_key", MaskKeyField{&Scenario::fixed_mask_key}},
    Field{"/thresholds", ThresholdsField{&Scenario::thresholds}},

    Field{"/generator_limits", ChoiceField<GeneratorLimits>{&Scenario::generator_limits, kGeneratorLimits}},
    Field{"/waiting/policy", ChoiceField<Waiting>{&Scenario::waiting, kWaitings}},
    Field{"/waiting/max_delay", DurationField{&Scenario::batch_delay, microseconds(1), seconds(1)}},
    Field{"/shards", CountField{&Scenario::shards, 1, 1024}},
    Field{"/pin", FlagField{&Scenario::pin}},
    Field{"/seed", CountField{&Scenario::seed, 0, std::numeric_limits<std::uint64_t>::max()}},
};

constexpr std::array kSections{
    Section{"/connections", "/connections/count"},
    Section{"/upgrade", ""},
    Section{"/message", ""},
    Section{"/server", ""},
    Section{"/waiting", "/waiting/policy"},
};

template <class T>
bool between(T least, T value, T most) {
  return least <= value && value <= most;
}

std::string one_of(std::span<const std::string_view> names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += fmt::format("\"{}\"", names[i]);
  }
  return out;
}

struct Expected {
  std::string operator()(const CountField& f) const {
    return fmt::format("a whole number from {} to {}", format_count(f.least), format_count(f.most));
  }
  std::string operator()(const BytesField& f) const {
    return fmt::format("a size from {} to {}, such as 125 or \"16KiB\"", format_bytes(f.least),
                       format_bytes(f.most));
  }
  std::string operator()(const DurationField& f) const {
    return fmt::format("a duration from {} to {}, such as \"1.5s\" or \"20us\"", format_duration(f.least),
                       format_duration(f.most));
  }
  std::string operator()(const RateField& f) const {
    return fmt::format("a rate above 0 and up to {}, such as 500 or \"10k/s\"", format_rate(f.most));
  }
  std::string operator()(const TextField&) const { return "a string"; }
  std::string operator()(const FlagField&) const { return "true or false"; }
  template <class Enum>
  std::string operator()(const ChoiceField<Enum>& f) const {
    return one_of(f.names);
  }
  std::string operator()(const RateFormField&) const { return std::string(kExpectedRateForm); }
  std::string operator()(const StagesField&) const { return std::string(kExpectedStages); }
  std::string operator()(const ShareField&) const { return "a share such as \"2%\" or 0.02, at most 1"; }
  std::string operator()(const MaskKeyField&) const { return "\"fresh\" or \"fixed\""; }
  std::string operator()(const ThresholdsField&) const {
    return "a list of texts such as \"latency.p99 < 5ms\"";
  }
  std::string operator()(const ListField&) const { return "a list of strings"; }
  std::string operator()(const PairsField&) const { return "an object of names with a string each"; }
  std::string operator()(const FeedersField&) const { return std::string(kExpectedFeeders); }
  std::string operator()(const IgnoredField&) const { return "a string"; }
};

}  // namespace

std::string Field::expected() const {
  return std::visit(Expected{}, form);
}

std::span<const Field> scenario_fields() {
  return kFields;
}
std::span<const Section> scenario_sections() {
  return kSections;
}

const Field* find_field(std::string_view pointer) {
  const auto found =
      std::find_if(kFields.begin(), kFields.end(), [&](const Field& f) { return f.pointer == pointer; });
  return found == kFields.end() ? nullptr : &*found;
}

bool in_range(const CountField& field, std::uint64_t value) {
  return between(field.least, value, field.most);
}
bool in_range(const BytesField& field, std::uint64_t value) {
  return between(field.least, value, field.most);
}
bool in_range(const DurationField& field, Duration value) {
  return between(field.least, value, field.most);
}
bool in_range(const RateField& field, Rate value) {
  if (value.events == 0 || value.per <= Duration::zero()) return false;
  const auto nanoseconds = [](Duration d) { return Wide{static_cast<std::uint64_t>(d.count())}; };
  return value.events * nanoseconds(field.most.per) <= field.most.events * nanoseconds(value.per);
}

std::string_view to_string(PayloadKind kind) {
  return kPayloadKinds[static_cast<std::size_t>(kind)];
}
std::string_view to_string(Waiting waiting) {
  return kWaitings[static_cast<std::size_t>(waiting)];
}
std::string_view to_string(Arrivals arrivals) {
  return kArrivals[static_cast<std::size_t>(arrivals)];
}
std::string_view to_string(Senders senders) {
  return kSenders[static_cast<std::size_t>(senders)];
}
std::string_view to_string(WhenFull when_full) {
  return kWhenFull[static_cast<std::size_t>(when_full)];
}

std::string_view to_string(GeneratorLimits limits) {
  return kGeneratorLimits[static_cast<std::size_t>(limits)];
}
std::span<const std::string_view> names_of(GeneratorLimits) {
  return kGeneratorLimits;
}
std::span<const std::string_view> names_of(Waiting) {
  return kWaitings;
}
std::span<const std::string_view> names_of(Arrivals) {
  return kArrivals;
}
std::span<const std::string_view> names_of(Senders) {
  return kSenders;
}
std::span<const std::string_view> names_of(WhenFull) {
  return kWhenFull;
}

}  // namespace ringstorm
