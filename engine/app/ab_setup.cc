#include "app/ab_setup.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "plan/target.h"
#include "runner/server_under_test.h"

namespace ringstorm {
namespace {

constexpr Duration kShortestGap = milliseconds(20);
constexpr Duration kLongestGap = milliseconds(250);
constexpr Duration kLongestSlice = milliseconds(250);
constexpr double kSamplesBeyondP99 = 10;
// Enough for their opening to last a while, few enough for its share of a round.
constexpr std::uint64_t kFewestConnections = 50;
constexpr std::uint64_t kMostConnections = 300;

bool looks_like_url(const std::string& text) {
  return text.starts_with("ws://") || text.starts_with("wss://");
}

Scenario closed_loop(const Scenario& base, const std::string& url) {
  Scenario scenario = base;
  scenario.url = url;
  scenario.rate.reset();
  scenario.arrivals = Arrivals::constant;
  scenario.senders = Senders::round_robin;
  scenario.when_full = WhenFull::wait;
  scenario.thresholds.clear();
  scenario.warmup = Duration{0};
  scenario.duration = seconds(1);
  return scenario;
}

}  // namespace

Result<AbServer> parse_ab_server(const std::string& flag, const std::string& text) {
  if (looks_like_url(text)) {
    if (const auto target = parse_target(text); !target) return target.errors();
    return AbServer{.text = text, .is_url = true};
  }
  if (text.find(kPortPlace) != std::string::npos) return AbServer{.text = text, .is_url = false};
  const std::string found = text.empty() ? "nothing" : fmt::format("\"{}\"", text);
  return Error{
      flag,
      fmt::format("found {}, expected a command with {} where the server is told its port, or the URL of "
                  "a running server",
                  found, kPortPlace),
      fmt::format("{} './server --port {}' or {} ws://127.0.0.1:9001/", flag, kPortPlace, flag)};
}

std::vector<Error> find_ab_mistakes(const Scenario& scenario) {
  std::vector<Error> errors;
  const auto refuse = [&](bool wrong, const char* where, const char* what, const char* hint) {
    if (wrong) errors.push_back({where, what, hint});
  };
  refuse(!scenario.stages.empty(), "/stages", "ab lays out time itself, in slices of one load",
         "give one rate");
  refuse(scenario.rate && scenario.rate->kind != RateForm::Kind::steady, "/rate",
         "ab compares at one steady rate", "such as 10k/s");
  refuse(scenario.messages.has_value(), "/messages", "ab measures for as long as a verdict takes",
         "leave it out");
  refuse(!scenario.expects_reply, "/message/expect_reply",
         "ab measures by what is answered, and nobody answers here", "");
  refuse(!scenario.sessions.empty(), "/sessions", "ab measures one message that is sent again and again",
         "leave them out");
  refuse(!scenario.faults.empty(), "/server/faults", "ab starts the servers by their commands",
         "--a 'ringstorm serve --listen 127.0.0.1:{port} --fault ...'");
  refuse(scenario.verify, "/server/verify", "only the embedded server checks payloads", "leave it out");
  return errors;
}

std::string local_url(const Scenario& scenario, const std::string& host_and_port) {
  const bool secure = scenario.url.starts_with("wss://");
  std::string resource = "/";
  if (looks_like_url(scenario.url)) {
    if (const auto target = parse_target(scenario.url)) resource = target->resource;
  }
  return fmt::format("{}://{}{}", secure ? "wss" : "ws", host_and_port, resource);
}

Scenario saturating(const Scenario& base, const std::string& url) {
  return closed_loop(base, url);
}

Scenario paced(const Scenario& base, const std::string& url, Rate rate) {
  Scenario scenario = closed_loop(base, url);
  scenario.in_flight = Scenario{}.in_flight;
  scenario.arrivals = base.arrivals;
  scenario.senders = base.senders;
  scenario.rate = RateForm{.from = rate};
  return scenario;
}

Scenario connecting(const Scenario& base, const std::string& url) {
  Scenario scenario = closed_loop(base, url);
  scenario.connections = std::clamp(base.connections, kFewestConnections, kMostConnections);
  scenario.open_rate = {10'000'000, seconds(1)};
  return scenario;
}

Rate rate_below(double answered_per_second_a, double answered_per_second_b) {
  const double half = std::max(1.0, std::min(answered_per_second_a, answered_per_second_b) / 2);
  const double digit = std::pow(10, std::max(0.0, std::floor(std::log10(half)) - 1));
  return {static_cast<std::uint64_t>(std::floor(half / digit) * digit), seconds(1)};
}

Duration latency_slice(Rate rate, Duration shortest) {
  const Duration enough{std::llround(kSamplesBeyondP99 * 100 / rate.per_second() * 1e9)};
  return std::clamp(enough, shortest, std::max(shortest, kLongestSlice));
}

Duration guard_gap(Duration p999) {
  return std::clamp(p999, kShortestGap, kLongestGap);
}

}  // namespace ringstorm
