// A plan in words, for `ringstorm check` and the head of a report.
#include <algorithm>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "codec/frame.h"
#include "plan/json_tree.h"
#include "plan/plan.h"
#include "plan/scenario_fields.h"
#include "plan/socket_fields.h"

namespace ringstorm {
namespace {

constexpr std::size_t kMostShardsShown = 16;

std::string line(std::string_view title, std::string_view text) {
  return fmt::format("{:<13}{}\n", title, text);
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(count), noun, count == 1 ? "" : "s");
}

/// "0", "1 to 3".
std::string core_range(const std::vector<int>& cores) {
  if (cores.size() == 1) return fmt::format("core {}", cores.front());
  return fmt::format("cores {} to {}", cores.front(), cores.back());
}

std::string server_shards_text(const Plan& plan) {
  return plan.server_shards > 1 ? fmt::format(", {} shards", format_count(plan.server_shards)) : "";
}

std::string target_text(const Plan& plan) {
  const Target& target = plan.target;
  if (target.kind != Target::Kind::embedded) return plan.scenario.url;
  const std::string where = plan.server_cores.empty() ? "not pinned" : "on " + core_range(plan.server_cores);
  return fmt::format("embedded {} server{}, {}{}", target.embedded_mode,
                     plan.scenario.server_tls ? " over TLS" : "", where, server_shards_text(plan));
}

/// Where the connections of a name will go; empty for what is no name.
std::string addresses_text(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  const std::string& host = plan.first_host();
  if (plan.target.kind != Target::Kind::network || is_address(host)) return {};
  const HostAddresses* entry = find_host(scenario.resolve, host);
  const std::string of = entry == nullptr
                             ? "those that the resolver names"
                             : shortened(fmt::format("{}", fmt::join(entry->addresses, ", ")), 100);
  switch (scenario.addresses) {
    case AddressChoice::happy_eyeballs: return fmt::format("the first to accept of {}", of);
    case AddressChoice::first: return fmt::format("the first of {}", of);
    case AddressChoice::spread: return fmt::format("in turn all of {}", of);
  }
  return {};
}

std::string sources_text(const SourcePlan& sources) {
  const std::uint64_t ports = std::uint64_t{sources.last_port} - sources.first_port + 1;
  return fmt::format("{}, ports {} to {}: {} in all{}", shortened(sources.addresses.text(), 100),
                     sources.first_port, sources.last_port, format_count(sources.addresses.count() * ports),
                     sources.automatic ? ", as one address has too few" : "");
}

std::string connections_text(const Scenario& scenario) {
  constexpr double kLongest = 9e9;  // seconds: what a Duration holds
  const double opening = static_cast<double>(scenario.connections) / scenario.open_rate.per_second();
  const Duration at_least = nanoseconds(static_cast<std::int64_t>(std::min(opening, kLongest) * 1e9));
  return fmt::format("{}, opened at {} in {} or more, at most {} at once", format_count(scenario.connections),
                     format_rate(scenario.open_rate), format_duration(at_least),
                     format_count(scenario.max_opening));
}

std::string upgrade_text(const UpgradeRequest& upgrade) {
  std::string text = fmt::format("GET {}, Host: {}", shortened(upgrade.target, 60), upgrade.host);
  if (!upgrade.origin.empty()) text += fmt::format(", Origin: {}", shortened(upgrade.origin, 60));
  if (!upgrade.subprotocols.empty())
    text += fmt::format(", {} offered", plural(upgrade.subprotocols.size(), "subprotocol"));
  if (!upgrade.headers.empty()) text += fmt::format(", {} more", plural(upgrade.headers.size(), "header"));
  return text;
}

std::string tls_text(const Scenario& scenario) {
  const bool one = scenario.tls_min_version == scenario.tls_max_version;
  std::string text = fmt::format("TLS {}{}", to_string(scenario.tls_min_version),
                                 one ? "" : fmt::format(" to {}", to_string(scenario.tls_max_version)));
  text += scenario.tls_insecure          ? ", INSECURE: no certificate is verified"
          : scenario.server_tls          ? ", verified by the server's own certificate"
          : scenario.tls_ca_file.empty() ? ", verified by the system's authorities"
                                         : ", verified by " + shortened(scenario.tls_ca_file, 60);
  text += scenario.tls_resumption ? ", sessions resumed" : ", sessions not resumed";
  return text;
}

std::string message_text(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  const std::uint64_t bytes = plan.longest_payload();
  return fmt::format("{}{} of {}, {} on the wire", plan.text ? "up to " : "", format_bytes(bytes),
                     to_string(scenario.payload_kind), format_bytes(bytes + frame_header_bytes(bytes, true)));
}

std::string compression_text(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  std::string text = to_string(*plan.upgrade.deflate);
  if (!scenario.compress) return text + " offered; messages go out as they are";
  text += fmt::format(" offered, level {}", scenario.deflate_level);
  return text + (scenario.keep_context ? ", each message compressed after those before it"
                 : plan.text           ? ", each message compressed by itself, on its way"
                                       : ", the message compressed once, before the start");
}

/// What is sent: the message, or a line for each session.
std::string session_lines(const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.script.sessions.size(); ++i) {
    const auto count = static_cast<std::uint64_t>(std::ranges::count(plan.cast, i));
    const SessionForm& form = plan.scenario.sessions[i];
    text += line(i == 0 ? "sessions" : "",
                 fmt::format("{}: {}, {} on connect, {} a pass, {} on close", form.name,
                             plural(count, "connection"), plural(form.on_connect.size(), "step"),
                             plural(form.steps.size(), "step"), plural(form.on_close.size(), "step")));
  }
  for (const FanOutTopic& topic : plan.fan_out.topics)
    text += line("", fmt::format("topic {}: {} to {}", topic.name, plural(topic.publishers, "publisher"),
                                 plural(topic.subscribers, "subscriber")));
  return text;
}

std::string rate_text(Rate rate) {
  return rate.events == 0 ? "0/s" : format_rate(rate);
}

std::string rate_text(const RateForm& form) {
  switch (form.kind) {
    case RateForm::Kind::steady: return rate_text(form.from);
    case RateForm::Kind::ramp: return fmt::format("{} to {}", rate_text(form.from), rate_text(form.to));
    case RateForm::Kind::steps:
      return fmt::format("{} to {} in {} steps", rate_text(form.from), rate_text(form.to), form.steps);
    case RateForm::Kind::burst:
      return fmt::format("{} at once every {}", plural(form.burst, "message"), format_duration(form.every));
  }
  return {};
}

std::string stage_text(const StageForm& stage) {
  std::string text = "for " + format_duration(stage.length);
  if (stage.rate) text += ", " + rate_text(*stage.rate);
  if (stage.connections) text += fmt::format(", to {}", plural(*stage.connections, "connection"));
  return text;
}

std::string stage_lines(const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.scenario.stages.size(); ++i)
    text += line(fmt::format("  {}", shortened(plan.load.stages[i].name, 40)),
                 stage_text(plan.scenario.stages[i]));
  return text;
}

std::string run_text(const Scenario& scenario) {
  std::string text;
  if (scenario.warmup > Duration::zero())
    text += fmt::format("{} of warm-up, then ", format_duration(scenario.warmup));
  if (scenario.duration) text += format_duration(*scenario.duration);
  if (scenario.duration && scenario.messages) text += " or ";
  if (scenario.messages) text += plural(*scenario.messages, "message");
  if (scenario.duration && scenario.messages) text += ", whichever ends first";
  return text + fmt::format("; up to {} to drain", format_duration(scenario.drain));
}

std::string waiting_text(const Scenario& scenario) {
  std::string text{to_string(scenario.waiting)};
  if (scenario.waiting == Waiting::batch)
    text += fmt::format(", at most {}", format_duration(scenario.batch_delay));
  return text;
}

std::string memory_text(const Plan& plan) {
  return fmt::format("{} here, about {} in the kernel for the sockets", format_bytes(plan.memory_bytes),
                     format_bytes(plan.kernel_memory_bytes));
}

std::string segment_text(const Segment& segment) {
  std::string text = fmt::format("connections {} to {}", format_count(segment.first_connection),
                                 format_count(segment.first_connection + segment.connections - 1));
  if (segment.messages > 0) text += ", " + plural(segment.messages, "message");
  text += segment.core < 0 ? ", not pinned" : fmt::format(", core {}", segment.core);
  return text;
}

std::string shard_lines(const Plan& plan) {
  const ShardBudget& budget = plan.budget;
  std::string text =
      line("shards", fmt::format("{}, each with {}", plan.segments.size(), format_bytes(budget.total_bytes)));
  text +=
      line("", fmt::format("{} receive buffers of {}, {} send buffers of {}",
                           format_count(budget.receive_buffers), format_bytes(budget.receive_buffer_bytes),
                           format_count(budget.send_buffers), format_bytes(budget.send_buffer_bytes)));
  text += line(
      "", fmt::format("a ring of {} submissions and {} completions, with a table of {} sockets",
                      format_count(budget.ring_entries), format_count(budget.completion_entries),
                      format_count(std::ranges::max(plan.segments, {}, &Segment::connections).connections)));
  if (budget.compression_bytes > 0)
    text += line("", fmt::format("{} to compress and inflate with", format_bytes(budget.compression_bytes)));
  const std::size_t shown = std::min(plan.segments.size(), kMostShardsShown);
  for (std::size_t i = 0; i < shown; ++i)
    text += line(fmt::format("  shard {}", i), segment_text(plan.segments[i]));
  if (shown < plan.segments.size())
    text += line("", fmt::format("and {} more like these", plan.segments.size() - shown));
  return text;
}

}  // namespace

std::string load_text(const Plan& plan) {
  const Scenario& s = plan.scenario;
  const std::string connections = plural(plan.load.most_connections, "connection");
  if (plan.plays_sessions() && !plan.load.open_loop())
    return fmt::format("closed loop, {}, pass after pass on each", connections);
  if (!plan.load.open_loop())
    return fmt::format("closed loop, {}, {} in flight on each", connections, format_count(s.in_flight));
  std::string text = "open loop, ";
  text += s.rate ? rate_text(*s.rate) : plural(s.stages.size(), "stage");
  if (s.senders == Senders::each) text += " on each connection";
  text += fmt::format(", {} arrivals, {}{}, at most {} on each", to_string(s.arrivals), connections,
                      s.senders == Senders::random ? " at random" : "",
                      plan.plays_sessions() ? "one pass" : format_count(s.max_in_flight) + " in flight");
  if (s.when_full == WhenFull::shed) text += ", shed when full";
  return text;
}

std::string describe(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  std::string text = line("scenario", scenario.name);
  if (!scenario.description.empty()) text += line("", shortened(scenario.description, 200));
  text += line("target", target_text(plan));
  if (plan.proxy) text += line("proxy", plan.proxy->shown());
  if (const std::string addresses = addresses_text(plan); !addresses.empty())
    text += line("addresses", addresses);
  if (!scenario.faults.empty())
    text += line("faults", shortened(fmt::format("{}", fmt::join(scenario.faults, "; ")), 200));
  if (scenario.verify) text += line("verify", "the server holds every payload against the one sent");
  text += line("connections", connections_text(scenario));
  if (plan.sources) text += line("from", sources_text(*plan.sources));
  if (plan.target.tls) text += line("tls", tls_text(scenario));
  text += line("upgrade", upgrade_text(plan.upgrade));
  if (scenario.redirects > 0)
    text += line("redirects", fmt::format("up to {} are followed before the start{}", scenario.redirects,
                                          scenario.cookies ? ", with the cookies that they set" : ""));
  if (plan.keeps_cookies())
    text += line("cookies", "each connection that comes back sends those that it was given");
  if (const std::string sockets = socket_text(scenario); !sockets.empty()) text += line("sockets", sockets);
  text += plan.plays_sessions() ? session_lines(plan) : line("message", message_text(plan));
  if (plan.upgrade.deflate) text += line("compression", compression_text(plan));
  text += line("load", load_text(plan));
  text += stage_lines(plan);
  text += line("run", run_text(scenario));
  text += line("waiting", waiting_text(scenario));
  text += line("seed", std::to_string(plan.seed));
  text += line("memory", memory_text(plan));
  text += shard_lines(plan);
  return text;
}

}  // namespace ringstorm
