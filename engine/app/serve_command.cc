#include <atomic>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <signal.h>

#include "app/commands.h"
#include "app/machine.h"
#include "app/serve_certificate.h"
#include "base/units.h"
#include "io/listener.h"
#include "load/fault_plan.h"
#include "load/payload.h"
#include "server/server.h"
#include "transport/tls.h"

namespace ringstorm {
namespace {

std::atomic<bool> stop_serving{false};

void on_stop_signal(int) {
  stop_serving = true;
}

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

ServerMode mode_of(const std::string& name) {
  if (name == "sink") return ServerMode::sink;
  return name == "broadcast" ? ServerMode::broadcast : ServerMode::echo;
}

/// Reads the options that are texts, and gathers what is wrong with them.
class ServeTexts {
 public:
  explicit ServeTexts(const ServeOptions& options) : options_(options) {}

  const std::vector<Error>& errors() const { return errors_; }

  FaultPlan faults() {
    auto plan = parse_fault_plan(options_.faults,
                                 [this](std::size_t i) { return "--fault \"" + options_.faults[i] + "\""; });
    if (plan) return std::move(*plan);
    errors_.insert(errors_.end(), plan.errors().begin(), plan.errors().end());
    return {};
  }
  std::uint64_t seed() {
    return number("--seed", options_.seed, parse_count(options_.seed), "a whole number such as 7");
  }
  std::optional<std::string> expected_payload() {
    if (options_.expect_text) return options_.expect_text;
    if (options_.expect.size() != 3) return std::nullopt;
    const std::string& kind = options_.expect[0];
    if (kind != "text" && kind != "binary")
      errors_.push_back({"--expect " + kind, "expected text or binary, a size and a seed", ""});
    const auto bytes = number("--expect " + kind, options_.expect[1], parse_bytes(options_.expect[1]),
                              "a size such as 125 or 16KiB");
    const auto seed = number("--expect " + kind + " " + options_.expect[1], options_.expect[2],
                             parse_count(options_.expect[2]), "a seed, a whole number such as 7");
    if (!errors_.empty()) return std::nullopt;
    return make_payload(kind == "text" ? Filler::text : Filler::binary, bytes, seed);
  }

 private:
  std::uint64_t number(const std::string& flag, const std::string& given,
                       const std::optional<std::uint64_t>& parsed, const char* expected) {
    if (!parsed) errors_.push_back({flag + " " + given, std::string("expected ") + expected, ""});
    return parsed.value_or(0);
  }

  const ServeOptions& options_;
  std::vector<Error> errors_;
};

// What the certificate and its key are called here.
void name_flags(std::vector<Error>& errors, const ServeOptions& options) {
  for (Error& error : errors) {
    if (error.where == "/tls/certificate") error.where = "--certificate " + options.certificate;
    if (error.where == "/tls/private_key") error.where = "--key " + options.key;
  }
}

/// Has the server speak TLS; what it presents must stay as long as it serves.
Result<ServeCertificate> speak_tls(const ServeOptions& options, ServerOptions& server) {
  auto certificate = options.certificate.empty() ? make_own_certificate(options.listen.front())
                                                 : read_certificate(options.certificate, options.key);
  if (!certificate) return certificate;
  TlsServerOptions tls;
  tls.certificate = certificate->identity.certificate;
  tls.private_key = certificate->identity.key;
  auto stage = tls_server(tls);
  if (!stage) {
    std::vector<Error> errors = stage.errors();
    name_flags(errors, options);
    return errors;
  }
  server.stage = std::move(*stage);
  return certificate;
}

}  // namespace

int serve_command(const ServeOptions& options) {
  std::vector<SocketAddress> addresses;
  for (const std::string& text : options.listen) {
    const auto address = parse_listen_address(text);
    if (!address) return complain(address.errors(), exit_code::usage);
    addresses.push_back(*address);
  }
  if (mode_of(options.mode) == ServerMode::broadcast && (options.shards > 1 || addresses.size() > 1))
    return complain(
        {{options.shards > 1 ? "--shards" : "--listen",
          "rooms are one shard's: a broadcasting server has one, with one address", "leave it out"}},
        exit_code::usage);
  ServeTexts texts(options);
  ServerOptions server;
  server.faults = texts.faults();
  server.seed = texts.seed();
  server.expected_payload = texts.expected_payload();
  if (!texts.errors().empty()) return complain(texts.errors(), exit_code::usage);
  std::optional<ServeCertificate> certificate;
  if (options.tls) {
    auto presented = speak_tls(options, server);
    if (!presented) return complain(presented.errors(), exit_code::usage);
    certificate = std::move(*presented);
  }
  raise_open_files();
  stop_on_signals();
  server.mode = mode_of(options.mode);
  server.listen = addresses.front();
  server.also_listen.assign(addresses.begin() + 1, addresses.end());
  server.shards = options.shards;
  if (options.deflate) server.deflate.emplace();
  server.cores = options.cores;
  const auto counts = serve(server, stop_serving, [&](const SocketAddress& listening) {
    if (certificate) fmt::print("certificate {}\n", certificate->path);
    fmt::print("listening {}\n", listening.to_string());
    std::fflush(stdout);
  });
  if (!counts) return complain(counts.errors(), exit_code::unreachable);
  fmt::print("{}\n", to_json_line(*counts));
  return exit_code::fine;
}

}  // namespace ringstorm
