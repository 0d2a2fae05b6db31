// What a scenario may say, whoever wrote it: the file or the command line.
#include "plan/scenario.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "codec/utf8.h"
#include "load/fault_plan.h"
#include "load/words.h"
#include "plan/gate.h"
#include "plan/json_tree.h"
#include "plan/load_plan.h"
#include "plan/proxy.h"
#include "plan/scenario_fields.h"
#include "plan/session_plan.h"
#include "plan/socket_fields.h"
#include "plan/sources.h"

namespace ringstorm {
namespace {

constexpr std::size_t kMaxNameLength = 64;
constexpr std::size_t kShown = 40;
constexpr double kMostGateAlpha = 0.2;  // beyond it an alarm says nothing

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 7230 section 3.2.6.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

bool is_utf8(std::string_view text) {
  Utf8Validator validator;
  return validator.feed(std::as_bytes(std::span{text})) && validator.complete();
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// Why a header may not be set by hand; empty when it may.
std::string_view reserved_because(std::string_view name) {
  struct Reserved {
    std::string_view name;
    std::string_view because;
  };
  constexpr std::array kReserved{
      Reserved{"upgrade", "every request already asks for the upgrade to WebSocket"},
      Reserved{"connection", "every request already asks for the upgrade to WebSocket"},
      Reserved{"sec-websocket-key", "each connection sends a fresh random one"},
      Reserved{"sec-websocket-version", "it is always 13, the version of RFC 6455"},
      Reserved{"sec-websocket-accept", "it belongs to the server's answer"},
      Reserved{"sec-websocket-extensions", "permessage-deflate is offered by /permessage_deflate"},
      Reserved{"sec-websocket-protocol", "list the subprotocols in /upgrade/subprotocols"},
      Reserved{"content-length", "an upgrade request has no body"},
      Reserved{"transfer-encoding", "an upgrade request has no body"},
  };
  const std::string key = lower(name);
  const auto found =
      std::find_if(kReserved.begin(), kReserved.end(), [&](const Reserved& r) { return r.name == key; });
  return found == kReserved.end() ? std::string_view{} : found->because;
}

class Validation {
 public:
  explicit Validation(const Scenario& scenario) : scenario_(scenario) {}

  std::vector<Error> run() && {
    for (const Field& field : scenario_fields()) {
      std::visit([&](const auto& form) { check_range(field, form); }, field.form);
    }
    check_name();
    check_headers();
    check_subprotocols();
    check_origin();
    check_text();
    check_deflate();
    std::ranges::move(find_load_mistakes(scenario_), std::back_inserter(errors_));
    check_faults();
    check_gates();
    check_proxy();
    check_sources();
    std::ranges::move(find_socket_mistakes(scenario_), std::back_inserter(errors_));
    std::ranges::move(find_host_mistakes(scenario_.resolve), std::back_inserter(errors_));
    check_sessions();
    return std::move(errors_);
  }

 private:
  void complain(std::string where, std::string what, std::string hint = {}) {
    errors_.push_back({std::move(where), std::move(what), std::move(hint)});
  }

  /// The member's value, or nothing when it was left open.
  template <class T>
  std::optional<T> value_of(const Member<T>& member) const {
    return std::visit([&](auto pointer) { return std::optional<T>{scenario_.*pointer}; }, member);
  }
  std::optional<Rate> value_of(Rate Scenario::*member) const { return scenario_.*member; }

  template <class Form, class Format>
  void check(const Field& field, const Form& form, Format format) {
    const auto value = value_of(form.member);
    if (!value || in_range(form, *value)) return;
    complain(std::string{field.pointer},
             fmt::format("found {}, expected {}", format(*value), field.expected()));
  }
  void check_range(const Field& field, const CountField& form) { check(field, form, format_count); }
  void check_range(const Field& field, const BytesField& form) { check(field, form, format_bytes); }
  void check_range(const Field& field, const DurationField& form) { check(field, form, format_duration); }
  void check_range(const Field& field, const RateField& form) {
    check(field, form, [](Rate rate) {
      return fmt::format("{} in {}", format_count(rate.events), format_duration(rate.per));
    });
  }
  template <class Form>
  void check_range(const Field&, const Form&) {}  // the other forms have no range

  void check_name() {
    const std::string& name = scenario_.name;
    const bool right = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
    if (right && name.size() <= kMaxNameLength) return;
    complain("/name",
             fmt::format("found \"{}\", expected up to {} of the characters a-z, 0-9 and \"-\"",
                         shortened(name, kShown), kMaxNameLength),
             "it names the folder of the results");
  }

  void check_headers() {
    std::set<std::string> once;
    for (const auto& [name, value] : scenario_.headers) {
      const std::string where = "/upgrade/headers/" + pointer_step(name);
      const std::string shown = shortened(name, kShown);
      if (!is_token(name)) {
        complain(where, fmt::format("\"{}\" is no header name: expected letters, digits and !#$%&'*+-.^_`|~",
                                    shown));
      } else if (const auto because = reserved_because(name); !because.empty()) {
        complain(where, fmt::format("the header {} cannot be set", shown), std::string{because});
      }
      if (has_control(value)) {
        complain(where,
                 fmt::format("the value of {} holds a line break or another control character", shown));
      }
      const std::string key = lower(name);
      if ((key == "host" || key == "origin") && !once.insert(key).second) {
        complain(where, fmt::format("the header {} is given twice", shown));
      }
    }
    if (once.contains("origin") && !scenario_.origin.empty()) {
      complain("/upgrade/origin", "the origin is given here and among the headers", "keep one of the two");
    }
  }

  void check_subprotocols() {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < scenario_.subprotocols.size(); ++i) {
      const std::string& name = scenario_.subprotocols[i];
      const std::string where = fmt::format("/upgrade/subprotocols/{}", i);
      const std::string shown = shortened(name, kShown);
      if (!is_token(name)) {
        complain(where,
                 fmt::format("\"{}\" is no subprotocol name: expected letters, digits and !#$%&'*+-.^_`|~",
                             shown));
      } else if (!seen.insert(name).second) {
        complain(where, fmt::format("\"{}\" is offered twice", shown));
      }
    }
  }

  void check_origin() {
    const std::string& origin = scenario_.origin;
    const bool right = std::all_of(origin.begin(), origin.end(), [](char c) { return c > ' ' && c < 0x7F; });
    if (right) return;
    complain("/upgrade/origin",
             fmt::format("found \"{}\", expected printable ASCII without spaces", shortened(origin, kShown)),
             "such as \"https://example.org\"");
  }

  void check_text() {
    if (!scenario_.payload_text) return;
    if (!is_utf8(*scenario_.payload_text)) complain("/message/text", "the text is not valid UTF-8");
    for (TemplateMistake& mistake : read_message_text(scenario_).mistakes) {
      errors_.push_back({"/message/text", std::move(mistake.what), std::move(mistake.hint), mistake.offset});
    }
  }

  void check_sources() {
    const auto sources = parse_source_addresses(scenario_.source_addresses);
    if (!sources) errors_.insert(errors_.end(), sources.errors().begin(), sources.errors().end());
  }

  void check_proxy() {
    if (!scenario_.proxy_url || *scenario_.proxy_url == kProxyFromEnvironment) return;
    if (const auto proxy = parse_proxy(*scenario_.proxy_url); !proxy)
      errors_.insert(errors_.end(), proxy.errors().begin(), proxy.errors().end());
  }
  void check_deflate() {
    const std::uint64_t bits = scenario_.client_max_window_bits;
    if (bits > 0 && bits < 8) {
      complain("/permessage_deflate/client_max_window_bits",
               fmt::format("found {}, expected a whole number from 8 to 15", bits),
               "or 0, and it is not offered");
    }
    if (scenario_.keep_context && scenario_.client_no_context_takeover) {
      complain("/permessage_deflate/keep_context",
               "a client that offers not to keep its context cannot keep it",
               "leave out client_no_context_takeover");
    }
  }

  void check_faults() {
    const auto plan =
        parse_fault_plan(scenario_.faults, [](std::size_t i) { return fmt::format("/server/faults/{}", i); });
    if (!plan) errors_.insert(errors_.end(), plan.errors().begin(), plan.errors().end());
  }

  void check_gates() {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < scenario_.gates.size(); ++i) {
      const std::string where = fmt::format("/gate/metrics/{}", i);
      const Result<Gate> gate = parse_gate(scenario_.gates[i]);
      if (!gate) {
        for (const Error& error : gate.errors()) {
          complain(where, fmt::format("{}: {}", error.where, error.what), error.hint);
        }
      } else if (!seen.insert(gate->metric).second) {
        complain(where, fmt::format("\"{}\" gates already", gate->metric));
      }
    }
    if (!(scenario_.gate_alpha > 0 && scenario_.gate_alpha <= kMostGateAlpha)) {
      complain("/gate/alpha", fmt::format("found {}, expected a share above 0% and up to 20%",
                                          exact_share(scenario_.gate_alpha)));
    }
  }

  void check_sessions() {
    if (scenario_.sessions.empty()) return;
    if (scenario_.deflate) {
      complain("/permessage_deflate", "\"sessions\" go out as they are, without permessage-deflate",
               "leave out one of the two");
    }
    const auto script = compile_sessions(scenario_, false);
    if (!script) errors_.insert(errors_.end(), script.errors().begin(), script.errors().end());
  }

  const Scenario& scenario_;
  std::vector<Error> errors_;
};

}  // namespace

std::vector<Error> validate(const Scenario& scenario) {
  return Validation{scenario}.run();
}

}  // namespace ringstorm
