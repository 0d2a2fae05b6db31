#include "app/scenario_options.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <strings.h>

#include "base/units.h"
#include "load/fault_plan.h"
#include "plan/load_reader.h"
#include "plan/proxy.h"
#include "plan/scenario_fields.h"
#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

bool is_url(std::string_view text) {
  return text.find("://") != std::string_view::npos || text.starts_with("embedded:") ||
         text.starts_with("ws+unix:");
}

// Lays flags over a scenario and remembers those whose value cannot be read.
class Overrides {
 public:
  template <class Field, class Parse>
  void lay(const char* flag, const std::optional<std::string>& given, Field& field, Parse parse,
           const char* expected) {
    if (!given) return;
    if (const auto value = parse(*given)) {
      field = *value;
    } else {
      errors_.push_back({std::string(flag) + " " + *given, std::string("expected ") + expected, ""});
    }
  }
  void wrong(const std::string& where, const char* expected) {
    errors_.push_back({where, std::string("expected ") + expected, ""});
  }
  void add(const std::vector<Error>& errors) { errors_.insert(errors_.end(), errors.begin(), errors.end()); }
  void add(const std::vector<Error>& errors, const char* flag) {
    for (Error error : errors) {
      error.where = std::string(flag) + " " + error.where;
      errors_.push_back(std::move(error));
    }
  }
  const std::vector<Error>& errors() const { return errors_; }

 private:
  std::vector<Error> errors_;
};

/// One of an enum's values by its name.
template <class Enum>
std::optional<Enum> parse_choice(std::string_view text) {
  const auto names = names_of(Enum{});
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

using Headers = std::vector<std::pair<std::string, std::string>>;

// A header given as a flag takes the place of the file's of that name; flags of one name stand side by side.
void lay_headers(Overrides& overrides, const std::vector<std::string>& given, Headers& headers) {
  Headers flags;
  for (const std::string& header : given) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0) {
      overrides.wrong("--header " + header, "'Name: value'");
      continue;
    }
    const std::size_t value = header.find_first_not_of(" \t", colon + 1);
    flags.emplace_back(header.substr(0, colon), value == std::string::npos ? "" : header.substr(value));
  }
  std::erase_if(headers, [&](const auto& of_file) {
    return std::any_of(flags.begin(), flags.end(), [&](const auto& flag) {
      return ::strcasecmp(flag.first.c_str(), of_file.first.c_str()) == 0;
    });
  });
  headers.insert(headers.end(), flags.begin(), flags.end());
}

void lay_faults(Overrides& overrides, const std::vector<std::string>& given,
                std::vector<std::string>& faults) {
  if (given.empty()) return;
  const auto plan = parse_fault_plan(given, [&](std::size_t i) { return "--fault \"" + given[i] + "\""; });
  if (!plan) return overrides.add(plan.errors());
  faults = given;
}

// A name given as a flag takes the place of the file's.
void lay_hosts(Overrides& overrides, const std::vector<std::string>& given,
               std::vector<HostAddresses>& hosts) {
  for (const std::string& text : given) {
    auto entry = parse_host_addresses(text);
    if (!entry) {
      overrides.wrong("--resolve " + text, "HOST=ADDRESS[,ADDRESS], such as example.org=127.0.0.1");
      continue;
    }
    std::erase_if(hosts, [&](const HostAddresses& of_file) { return find_host({of_file}, entry->host); });
    hosts.push_back(std::move(*entry));
  }
}

// A threshold given as a flag takes the place of the file's on the same figure.
void lay_thresholds(Overrides& overrides, const std::vector<std::string>& given,
                    std::vector<Threshold>& thresholds) {
  std::vector<Threshold> flags;
  for (const std::string& text : given) {
    Result<Threshold> threshold = parse_threshold(text);
    if (threshold) {
      flags.push_back(std::move(*threshold));
    } else {
      overrides.add(threshold.errors(), "--threshold");
    }
  }
  std::erase_if(thresholds, [&](const Threshold& of_file) {
    return std::ranges::any_of(flags, [&](const Threshold& flag) {
      return metric_name(flag) == metric_name(of_file) && flag.stage == of_file.stage;
    });
  });
  thresholds.insert(thresholds.end(), flags.begin(), flags.end());
}

constexpr const char* kDurations = "a time such as 500ms, 30s or 2m";
constexpr const char* kCounts = "a whole number such as 5000 or 5k";

}  // namespace

void ScenarioOptions::add_to(CLI::App& command) {
  command.add_option("scenario", source_,
                     "A scenario file, or a URL: ws://host:port/path, wss://host/path, "
                     "ws+unix:/socket:/path, embedded:echo, embedded:sink, embedded:broadcast");
  command.add_option("--url", url_, "Where to, instead of the file's");
  command
      .add_option("--set", settings_,
                  "Any field of the scenario, such as connections.count=5000; may be given several times")
      ->allow_extra_args(false);
  command.add_option("-c,--connections", connections_, "How many WebSockets to open");
  command.add_option("--open-rate", open_rate_, "How fast to open them, such as 10k/s");
  command.add_option("--in-flight", in_flight_, "Closed loop: unanswered messages per connection");
  command.add_option("--rate", rate_,
                     "Open loop: messages due per second, such as 50k/s, whatever the replies do");
  command.add_option("--arrivals", arrivals_, "How the messages of a rate are spaced: constant or poisson");
  command.add_option(
      "--senders", senders_,
      "Whose message is next: round_robin, random, or each (the rate is each connection's own)");
  command.add_option("--max-in-flight", max_in_flight_, "Open loop: unanswered messages per connection");
  command.add_option("--when-full", when_full_, "What a due message without room does: wait, or shed");
  command.add_option("--max-send-lag", max_send_lag_,
                     "A generator that sends later than this after it could ends the run as not valid");
  command.add_option("--size", size_, "Bytes of each message's payload, such as 125 or 16KiB");
  command.add_option("--text", text_, "The text of each message");
  command.add_flag("--binary", binary_, "Send binary messages instead of text");
  command.add_flag("--deflate", deflate_, "Offer permessage-deflate (RFC 7692), as browsers do");
  command.add_flag("--no-reply", no_reply_, "Expect no answers: send as fast as the sockets take it");
  command.add_option("--generator-limits", generator_limits_,
                     "What a generator that may have spoiled the figures means: fail (exit 3), or report");
  command.add_option("--probes", probes_,
                     "The share of the connections whose messages the kernel stamps, such as 2%");
  command
      .add_option(
          "--threshold", thresholds_,
          "What must hold, such as 'latency.p99 < 5ms', or the exit code is 1; may be given several times, "
          "and takes the place of the file's of that metric")
      ->allow_extra_args(false);
  command.add_option("-d,--duration", duration_, "How long to measure, such as 30s");
  command.add_option("--messages", messages_, "How many messages to measure");
  command.add_option("--warmup", warmup_, "How long to send before measuring");
  command.add_option("--drain", drain_, "How long to wait at the end for replies that are due");
  command.add_option("--redirects", redirects_,
                     "How many redirects of the upgrade to follow; none when not given");
  command.add_flag("--cookies", cookies_,
                   "Send the cookies that redirects and accepted upgrades set with the upgrades that follow");
  command.add_option(
      "--proxy", proxy_,
      "An HTTP proxy, http://[user:password@]host:port, or environment for http_proxy and so on");
  command.add_option("--addresses", addresses_,
                     "Which of a name's addresses: happy_eyeballs (the first to accept), first, or spread");
  command
      .add_option("--resolve", resolve_,
                  "Addresses of a name, HOST=ADDRESS[,ADDRESS], instead of asking the resolver; may be given "
                  "several times")
      ->allow_extra_args(false);
  command.add_option("--resolve-timeout", resolve_timeout_, "How long the resolver may take");
  command.add_option("--connect-timeout", connect_timeout_, "How long a TCP connect may take");
  command.add_option("--upgrade-timeout", upgrade_timeout_, "How long the answer to the upgrade may take");
  command.add_flag("--insecure", insecure_,
                   "wss: take any certificate, whoever it names and whoever signed it");
  command.add_option("--ca-file", ca_file_,
                     "wss: trust the authorities in this file instead of the system's");
  command.add_option("--close-timeout", close_timeout_, "How long the closing handshake may take");
  command.add_option("--waiting", waiting_, "How to wait for completions: first, batch or spin");
  command.add_option("--shards", shards_, "Threads, each with a ring of its own");
  command.add_option("--seed", seed_, "Reproduces every random choice of a run but the mask keys");
  command
      .add_option("-H,--header", headers_,
                  "A header of the upgrade request, 'Name: value'; may be given several times")
      ->allow_extra_args(false);
  command.add_option("--subprotocol", subprotocols_, "A subprotocol to offer; may be given several times")
      ->allow_extra_args(false);
  command
      .add_option("--fault", faults_,
                  "What the embedded server is to do wrong on purpose, such as 'delay exponential 2ms' or "
                  "'drop 1%'; may be given several times, and takes the place of the file's faults")
      ->allow_extra_args(false);
  command.add_flag("--verify", verify_, "Have the embedded server hold every payload against the one sent");
  command.add_flag("--tls", server_tls_, "Have the embedded server speak TLS, and trust its certificate");
}

Result<Scenario> ScenarioOptions::scenario() const {
  Scenario scenario;
  if (!settings_.empty() && (is_url(source_) || source_.empty())) {
    auto made = parse_scenario("{}", "adhoc", settings_);
    if (!made) return made;
    scenario = *made;
  }
  if (is_url(source_)) {
    scenario.url = source_;
  } else if (!source_.empty()) {
    auto loaded = load_scenario(source_, settings_);
    if (!loaded) return loaded;
    scenario = *loaded;
  } else if (!url_ && scenario.url.empty()) {
    return Error{"", "nothing to run: name a scenario file or a URL",
                 "ringstorm run ws://127.0.0.1:9001/ -c 100 -d 10s"};
  }
  Overrides overrides;
  if (url_) scenario.url = *url_;
  overrides.lay("--connections", connections_, scenario.connections, parse_count, kCounts);
  overrides.lay("--open-rate", open_rate_, scenario.open_rate, parse_rate, "a rate such as 10k/s");
  overrides.lay("--in-flight", in_flight_, scenario.in_flight, parse_count, kCounts);
  // A rate given here replaces the file's load, whatever it was.
  if (rate_) scenario.stages.clear();
  if (rate_ && !in_flight_) scenario.in_flight = Scenario{}.in_flight;
  overrides.lay("--rate", rate_, scenario.rate, parse_rate_form, "a rate such as 1000/s or 50k/s");
  overrides.lay("--arrivals", arrivals_, scenario.arrivals, parse_choice<Arrivals>, "constant or poisson");
  overrides.lay("--senders", senders_, scenario.senders, parse_choice<Senders>,
                "round_robin, random or each");
  overrides.lay("--max-in-flight", max_in_flight_, scenario.max_in_flight, parse_count, kCounts);
  overrides.lay("--when-full", when_full_, scenario.when_full, parse_choice<WhenFull>, "wait or shed");
  overrides.lay("--max-send-lag", max_send_lag_, scenario.max_send_lag, parse_duration, kDurations);
  overrides.lay("--probes", probes_, scenario.probes, parse_share_or_none, "a share such as 2% or 0.02");
  overrides.lay("--generator-limits", generator_limits_, scenario.generator_limits,
                parse_choice<GeneratorLimits>, "fail or report");
  if (size_) scenario.payload_text.reset();
  overrides.lay("--size", size_, scenario.payload_bytes, parse_bytes, "a size such as 125 or 16KiB");
  if (text_) scenario.payload_text = *text_;
  if (text_ && size_) overrides.wrong("--text with --size", "one of the two");
  if (deflate_) scenario.deflate = true;
  if (no_reply_) scenario.expects_reply = false;
  if (binary_) scenario.payload_kind = PayloadKind::binary;
  overrides.lay("--duration", duration_, scenario.duration, parse_duration, kDurations);
  overrides.lay("--messages", messages_, scenario.messages, parse_count, kCounts);
  // A bound given here replaces the file's other one.
  if (!duration_ && messages_) scenario.duration.reset();
  if (duration_ && !messages_) scenario.messages.reset();
  overrides.lay("--warmup", warmup_, scenario.warmup, parse_duration, kDurations);
  overrides.lay("--drain", drain_, scenario.drain, parse_duration, kDurations);
  overrides.lay("--redirects", redirects_, scenario.redirects, parse_count, kCounts);
  if (proxy_) scenario.proxy_url = *proxy_;
  if (scenario.proxy_url == kProxyFromEnvironment)
    scenario.proxy_url =
        proxy_from_environment(scenario.url, [](const char* name) { return ::getenv(name); });
  overrides.lay("--addresses", addresses_, scenario.addresses, parse_choice<AddressChoice>,
                "happy_eyeballs, first or spread");
  lay_hosts(overrides, resolve_, scenario.resolve);
  overrides.lay("--resolve-timeout", resolve_timeout_, scenario.resolve_timeout, parse_duration, kDurations);
  overrides.lay("--connect-timeout", connect_timeout_, scenario.connect_timeout, parse_duration, kDurations);
  overrides.lay("--upgrade-timeout", upgrade_timeout_, scenario.upgrade_timeout, parse_duration, kDurations);
  if (insecure_) scenario.tls_insecure = true;
  if (cookies_) scenario.cookies = true;
  if (ca_file_) scenario.tls_ca_file = *ca_file_;
  overrides.lay("--close-timeout", close_timeout_, scenario.close_timeout, parse_duration, kDurations);
  overrides.lay("--waiting", waiting_, scenario.waiting, parse_choice<Waiting>, "first, batch or spin");
  overrides.lay("--shards", shards_, scenario.shards, parse_count, kCounts);
  overrides.lay("--seed", seed_, scenario.seed, parse_count, kCounts);
  lay_headers(overrides, headers_, scenario.headers);
  lay_thresholds(overrides, thresholds_, scenario.thresholds);
  scenario.subprotocols.insert(scenario.subprotocols.end(), subprotocols_.begin(), subprotocols_.end());
  lay_faults(overrides, faults_, scenario.faults);
  if (verify_) scenario.verify = true;
  if (!scenario.sessions.empty() && (in_flight_ || size_ || text_ || binary_ || no_reply_))
    overrides.wrong("--in-flight, --size, --text, --binary or --no-reply with a scenario that has sessions",
                    "only what does not say what is sent");
  if (server_tls_) scenario.server_tls = true;
  if (!overrides.errors().empty()) return overrides.errors();
  return scenario;
}

}  // namespace ringstorm
