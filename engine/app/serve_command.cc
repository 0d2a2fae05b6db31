#include <atomic>
#include <cstdio>

#include <fmt/core.h>
#include <signal.h>

#include "app/commands.h"
#include "app/machine.h"
#include "server/server.h"

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

}  // namespace

int serve_command(const ServeOptions& options) {
  const auto address = parse_listen_address(options.listen);
  if (!address) return complain(address.errors(), exit_code::usage);
  raise_open_files();
  stop_on_signals();
  ServerOptions server;
  server.mode = options.mode == "sink" ? ServerMode::sink : ServerMode::echo;
  server.listen = *address;
  server.shards = options.shards;
  server.cores = options.cores;
  const auto counts = serve(server, stop_serving, [](const SocketAddress& listening) {
    fmt::print("listening {}\n", listening.to_string());
    std::fflush(stdout);
  });
  if (!counts) return complain(counts.errors(), exit_code::unreachable);
  fmt::print("{}\n", to_json_line(*counts));
  return exit_code::fine;
}

}  // namespace ringstorm
