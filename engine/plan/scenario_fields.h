// The table of a scenario's fields: the name of each in the file, the member it sets, how it is written and
// what it may be. Reading, checking, suggestions and the tests of schema.json all follow it; a new field is a
// new row.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "plan/scenario.h"

namespace ringstorm {

/// A member that always has a value, or one that may be left open.
template <class T>
using Member = std::variant<T Scenario::*, std::optional<T> Scenario::*>;

struct CountField {
  Member<std::uint64_t> member;
  std::uint64_t least;
  std::uint64_t most;
};
struct BytesField {
  Member<std::uint64_t> member;
  std::uint64_t least;
  std::uint64_t most;
};
struct DurationField {
  Member<Duration> member;
  Duration least;
  Duration most;
};
struct RateField {
  Rate Scenario::*member;
  Rate most;
};
struct TextField {
  Member<std::string> member;
};
struct FlagField {
  bool Scenario::*member;
};
template <class Enum>
struct ChoiceField {
  Enum Scenario::*member;
  std::span<const std::string_view> names;  ///< in the order of the enum
};
struct ListField {
  std::vector<std::string> Scenario::*member;
};
/// A string or a list of them.
struct TextsField {
  std::vector<std::string> Scenario::*member;
};
struct PairsField {
  std::vector<std::pair<std::string, std::string>> Scenario::*member;
};
/// A rate in any of its forms, see load_form.h.
struct RateFormField {
  std::optional<RateForm> Scenario::*member;
};
struct StagesField {
  std::vector<StageForm> Scenario::*member;
};
struct SessionsField {
  std::vector<SessionForm> Scenario::*member;
};
/// How many publish to how many, which stands for the sessions that do; see plan/fan_out.h.
struct FanOutField {
  std::vector<SessionForm> Scenario::*member;
};
/// "2%" or 0.02; 0 for none.
struct ShareField {
  double Scenario::*member;
};
/// "fresh" or "fixed".
struct MaskKeyField {
  bool Scenario::*member;
};
/// An object of host names with an address or a list of them.
struct HostsField {
  std::vector<HostAddresses> Scenario::*member;
};
struct ThresholdsField {
  std::vector<Threshold> Scenario::*member;
};
struct FeedersField {
  std::vector<Feeder> Scenario::*member;
};
/// Accepted and without effect: "$schema" serves editors, and "include" has had its effect when fields are
/// read.
struct IgnoredField {};

struct Field {
  std::string_view pointer;  ///< JSON pointer: "/connections/open_rate"
  std::variant<CountField, BytesField, DurationField, RateField, TextField, FlagField,
               ChoiceField<PayloadKind>, ChoiceField<TlsVersion>, ChoiceField<Waiting>, ChoiceField<Arrivals>,
               ChoiceField<Senders>, ChoiceField<WhenFull>, ChoiceField<GeneratorLimits>,
               ChoiceField<AddressChoice>, RateFormField, StagesField, SessionsField, FanOutField, HostsField,
               ThresholdsField, ShareField, MaskKeyField, ListField, TextsField, PairsField, FeedersField,
               IgnoredField>
      form;

  /// What a right value looks like: "a whole number from 1 to 65,536".
  std::string expected() const;
};

/// A group of fields: an object in the file, which may be written as the value of one of its fields instead.
struct Section {
  std::string_view pointer;    ///< "/connections"
  std::string_view shorthand;  ///< "/connections/count": what a value that is no object means; empty for none
};

std::span<const Field> scenario_fields();
std::span<const Section> scenario_sections();

/// Nothing when no field has this pointer.
const Field* find_field(std::string_view pointer);

bool in_range(const CountField& field, std::uint64_t value);
bool in_range(const BytesField& field, std::uint64_t value);
bool in_range(const DurationField& field, Duration value);
bool in_range(const RateField& field, Rate value);

std::string_view to_string(PayloadKind kind);
std::string_view to_string(TlsVersion version);
std::string_view to_string(Waiting waiting);
std::string_view to_string(Arrivals arrivals);
std::string_view to_string(Senders senders);
std::string_view to_string(WhenFull when_full);
std::string_view to_string(GeneratorLimits limits);
std::string_view to_string(AddressChoice choice);

/// The names of an enum's values, in its order.
std::span<const std::string_view> names_of(Waiting);
std::span<const std::string_view> names_of(Arrivals);
std::span<const std::string_view> names_of(Senders);
std::span<const std::string_view> names_of(WhenFull);
std::span<const std::string_view> names_of(GeneratorLimits);
std::span<const std::string_view> names_of(AddressChoice);

}  // namespace ringstorm
