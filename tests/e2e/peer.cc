#include "e2e/peer.h"

#include <csignal>
#include <stdexcept>
#include <utility>

namespace ringstorm::e2e {
namespace {

const std::string kPeers = std::string{RINGSTORM_SOURCE_DIR} + "/tests/peers/";
const std::string kListening = "listening ";

std::vector<std::string> command(const std::string& script, std::vector<std::string> arguments) {
  if (script.ends_with(".js")) {
    arguments.insert(arguments.begin(), {"node", kPeers + script});
  } else {
    // The system's, because another python3 may come first in PATH without the libraries; -B: no bytecode
    // into the tree.
    arguments.insert(arguments.begin(), {"/usr/bin/python3", "-B", kPeers + script});
  }
  return arguments;
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const std::size_t start = text.rfind('\n', end);
  return text.substr(start == std::string::npos ? 0 : start + 1,
                     end + 1 - (start == std::string::npos ? 0 : start + 1));
}

}  // namespace

Peer::Peer(const std::string& script, std::vector<std::string> arguments)
    : process_(command(script, std::move(arguments))) {
  if (!process_.wait_for_output("\n") || !process_.out().starts_with(kListening)) {
    throw std::runtime_error(script + " does not listen: " + process_.out() + process_.err());
  }
  const std::string where =
      process_.out().substr(kListening.size(), process_.out().find('\n') - kListening.size());
  if (where.starts_with('/')) {
    path_ = where;
  } else {
    port_ = static_cast<std::uint16_t>(std::stoul(where));
  }
}

std::string Peer::url(const std::string& resource) const {
  if (!path_.empty()) return "ws+unix:" + path_ + ":" + resource;
  return "ws://127.0.0.1:" + std::to_string(port_) + resource;
}

PeerCounts Peer::stop() {
  process_.signal(SIGTERM);
  process_.wait();
  const auto json = nlohmann::json::parse(last_line(process_.out()), nullptr, false);
  PeerCounts counts;
  if (!json.is_object()) return counts;
  counts.connections = json.value("connections", std::uint64_t{0});
  counts.messages = json.value("messages", std::uint64_t{0});
  counts.bytes = json.value("bytes", std::uint64_t{0});
  counts.closes = json.value("closes", counts.closes);
  counts.all = json;
  return counts;
}

Peer hostile_peer(const std::string& behaviour, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--behaviour", behaviour});
  return Peer("hostile.py", std::move(arguments));
}

}  // namespace ringstorm::e2e
