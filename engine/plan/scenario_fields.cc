#include "plan/scenario_fields.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/wide.h"
#include "plan/feeder_reader.h"
#include "plan/load_reader.h"
#include "plan/session_reader.h"

namespace ringstorm {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;
constexpr std::uint64_t kGibibyte = 1024 * kMebibyte;
constexpr Duration kHour = seconds(3600);
constexpr Duration kDay = 24 * kHour;

constexpr std::array<std::string_view, 2> kPayloadKinds{"text", "binary"};
constexpr std::array<std::string_view, 2> kTlsVersions{"1.2", "1.3"};
constexpr std::array<std::string_view, 3> kWaitings{"first", "batch", "spin"};

constexpr std::array<std::string_view, 2> kArrivals{"constant", "poisson"};
constexpr std::array<std::string_view, 3> kSenders{"round_robin", "random", "each"};
constexpr std::array<std::string_view, 2> kWhenFull{"wait", "shed"};

constexpr std::array<std::string_view, 2> kGeneratorLimits{"fail", "report"};

constexpr std::array<std::string_view, 3> kAddressChoices{"happy_eyeballs", "first", "spread"};

constexpr std::array kFields{
    Field{"/$schema", IgnoredField{}},
    Field{"/include", IgnoredField{}},
    Field{"/name", TextField{&Scenario::name}},
    Field{"/description", TextField{&Scenario::description}},
    Field{"/url", TextField{&Scenario::url}},
    Field{"/addresses", ChoiceField<AddressChoice>{&Scenario::addresses, kAddressChoices}},
    Field{"/resolve", HostsField{&Scenario::resolve}},
    Field{"/source_addresses", TextsField{&Scenario::source_addresses}},

    Field{"/proxy/url", TextField{&Scenario::proxy_url}},
    Field{"/proxy/timeout", DurationField{&Scenario::proxy_timeout, milliseconds(1), kHour}},

    Field{"/connections/count", CountField{&Scenario::connections, 1, 10'000'000}},
    Field{"/connections/open_rate", RateField{&Scenario::open_rate, Rate{10'000'000, seconds(1)}}},
    Field{"/connections/max_opening", CountField{&Scenario::max_opening, 1, 1'000'000}},
    Field{"/connections/resolve_timeout", DurationField{&Scenario::resolve_timeout, milliseconds(1), kHour}},
    Field{"/connections/connect_timeout", DurationField{&Scenario::connect_timeout, milliseconds(1), kHour}},
    Field{"/connections/tls_timeout", DurationField{&Scenario::tls_timeout, milliseconds(1), kHour}},
    Field{"/connections/upgrade_timeout", DurationField{&Scenario::upgrade_timeout, milliseconds(1), kHour}},
    Field{"/connections/close_timeout", DurationField{&Scenario::close_timeout, milliseconds(1), kHour}},

    Field{"/tls/insecure", FlagField{&Scenario::tls_insecure}},
    Field{"/tls/ca_file", TextField{&Scenario::tls_ca_file}},
    Field{"/tls/certificate", TextField{&Scenario::tls_certificate}},
    Field{"/tls/private_key", TextField{&Scenario::tls_private_key}},
    Field{"/tls/server_name", TextField{&Scenario::tls_server_name}},
    Field{"/tls/min_version", ChoiceField<TlsVersion>{&Scenario::tls_min_version, kTlsVersions}},
    Field{"/tls/max_version", ChoiceField<TlsVersion>{&Scenario::tls_max_version, kTlsVersions}},
    Field{"/tls/ciphers", TextField{&Scenario::tls_ciphers}},
    Field{"/tls/ciphersuites", TextField{&Scenario::tls_ciphersuites}},
    Field{"/tls/groups", TextField{&Scenario::tls_groups}},
    Field{"/tls/resumption", FlagField{&Scenario::tls_resumption}},
    Field{"/tls/key_log", TextField{&Scenario::tls_key_log}},

    Field{"/upgrade/headers", PairsField{&Scenario::headers}},
    Field{"/upgrade/subprotocols", ListField{&Scenario::subprotocols}},
    Field{"/upgrade/origin", TextField{&Scenario::origin}},
    Field{"/upgrade/max_head", BytesField{&Scenario::max_head_bytes, 256, kMebibyte}},

    Field{"/redirects", CountField{&Scenario::redirects, 0, 20}},
    Field{"/cookies", FlagField{&Scenario::cookies}},

    Field{"/socket/no_delay", FlagField{&Scenario::no_delay}},
    Field{"/socket/receive_buffer", BytesField{&Scenario::receive_buffer_bytes, 1, kGibibyte}},
    Field{"/socket/send_buffer", BytesField{&Scenario::send_buffer_bytes, 1, kGibibyte}},
    Field{"/socket/keepalive/idle", DurationField{&Scenario::keepalive_idle, seconds(1), 9 * kHour}},
    Field{"/socket/keepalive/interval", DurationField{&Scenario::keepalive_interval, seconds(1), 9 * kHour}},
    Field{"/socket/keepalive/count", CountField{&Scenario::keepalive_count, 1, 127}},
    Field{"/socket/congestion", TextField{&Scenario::congestion}},
    Field{"/socket/tos", CountField{&Scenario::tos, 0, 255}},
    Field{"/socket/dscp", CountField{&Scenario::dscp, 0, 63}},
    Field{"/socket/quick_ack", FlagField{&Scenario::quick_ack}},
    Field{"/socket/bind_device", TextField{&Scenario::bind_device}},

    Field{"/permessage_deflate/enabled", FlagField{&Scenario::deflate}},
    Field{"/permessage_deflate/server_no_context_takeover", FlagField{&Scenario::server_no_context_takeover}},
    Field{"/permessage_deflate/client_no_context_takeover", FlagField{&Scenario::client_no_context_takeover}},
    Field{"/permessage_deflate/server_max_window_bits", CountField{&Scenario::server_max_window_bits, 8, 15}},
    Field{"/permessage_deflate/client_max_window_bits", CountField{&Scenario::client_max_window_bits, 0, 15}},
    Field{"/permessage_deflate/keep_context", FlagField{&Scenario::keep_context}},
    Field{"/permessage_deflate/level", CountField{&Scenario::deflate_level, 1, 9}},
    Field{"/permessage_deflate/memory_level", CountField{&Scenario::deflate_memory_level, 1, 9}},

    Field{"/message/type", ChoiceField<PayloadKind>{&Scenario::payload_kind, kPayloadKinds}},
    Field{"/message/size", BytesField{&Scenario::payload_bytes, 0, kGibibyte}},
    Field{"/message/text", TextField{&Scenario::payload_text}},
    Field{"/message/compress", FlagField{&Scenario::compress}},
    Field{"/message/reply", FlagField{&Scenario::expects_reply}},
    Field{"/message/max_received", BytesField{&Scenario::max_message_bytes, 1, 1024 * kGibibyte}},

    Field{"/sessions", SessionsField{&Scenario::sessions}},
    Field{"/fan_out", FanOutField{&Scenario::sessions}},
    Field{"/feeders", FeedersField{&Scenario::feeders}},

    Field{"/server/faults", ListField{&Scenario::faults}},
    Field{"/server/verify", FlagField{&Scenario::verify}},
    Field{"/server/tls", FlagField{&Scenario::server_tls}},

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

    Field{"/gate/metrics", ListField{&Scenario::gates}},
    Field{"/gate/alpha", ShareField{&Scenario::gate_alpha}},
    Field{"/gate/stall", DurationField{&Scenario::gate_stall, milliseconds(1), kHour}},

    Field{"/generator_limits", ChoiceField<GeneratorLimits>{&Scenario::generator_limits, kGeneratorLimits}},
    Field{"/waiting/policy", ChoiceField<Waiting>{&Scenario::waiting, kWaitings}},
    Field{"/waiting/max_delay", DurationField{&Scenario::batch_delay, microseconds(1), seconds(1)}},
    Field{"/shards", CountField{&Scenario::shards, 1, 1024}},
    Field{"/pin", FlagField{&Scenario::pin}},
    Field{"/seed", CountField{&Scenario::seed, 0, std::numeric_limits<std::uint64_t>::max()}},
};

constexpr std::array kSections{
    Section{"/connections", "/connections/count"},
    Section{"/proxy", "/proxy/url"},
    Section{"/tls", ""},
    Section{"/upgrade", ""},
    Section{"/socket", ""},
    Section{"/socket/keepalive", "/socket/keepalive/idle"},
    Section{"/permessage_deflate", "/permessage_deflate/enabled"},
    Section{"/message", ""},
    Section{"/server", ""},
    Section{"/gate", "/gate/metrics"},
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
  std::string operator()(const SessionsField&) const { return std::string(kExpectedSessions); }
  std::string operator()(const FanOutField&) const { return std::string(kExpectedFanOut); }
  std::string operator()(const ShareField&) const { return "a share such as \"2%\" or 0.02, at most 1"; }
  std::string operator()(const MaskKeyField&) const { return "\"fresh\" or \"fixed\""; }
  std::string operator()(const ThresholdsField&) const {
    return "a list of texts such as \"latency.p99 < 5ms\"";
  }
  std::string operator()(const HostsField&) const {
    return "an object such as {\"example.org\": \"127.0.0.1\"}";
  }
  std::string operator()(const ListField&) const { return "a list of strings"; }
  std::string operator()(const TextsField&) const { return "a string or a list of strings"; }
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
std::string_view to_string(TlsVersion version) {
  return kTlsVersions[static_cast<std::size_t>(version)];
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
std::string_view to_string(AddressChoice choice) {
  return kAddressChoices[static_cast<std::size_t>(choice)];
}
std::span<const std::string_view> names_of(AddressChoice) {
  return kAddressChoices;
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
