// A server of tests/peers: it shares no code with ringstorm and keeps its own counts.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "e2e/process.h"

namespace ringstorm::e2e {

/// What the peer counted.
struct PeerCounts {
  std::uint64_t connections = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::map<std::string, std::uint64_t>
      closes;          ///< by the code of the client's close frame, "1006" without one
  nlohmann::json all;  ///< every field, those of one peer alone too
};

class Peer {
 public:
  /// Starts tests/peers/<script> and waits until it listens; throws when it does not.
  explicit Peer(const std::string& script, std::vector<std::string> arguments = {});

  std::uint16_t port() const { return port_; }
  /// "ws://127.0.0.1:PORT/", or "ws+unix:PATH:/" for one that was started with --unix.
  std::string url(const std::string& resource = "/") const;

  /// Asks it to stop and returns its counts. A peer that has died has none: all fields are zero then.
  PeerCounts stop();

 private:
  Process process_;
  std::uint16_t port_ = 0;
  std::string path_;  ///< of its Unix socket, when that is where it listens
};

/// hostile.py with one of its behaviours.
Peer hostile_peer(const std::string& behaviour, std::vector<std::string> arguments = {});

}  // namespace ringstorm::e2e
