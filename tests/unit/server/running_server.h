// The whole server in a thread of the test.
#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "io/listener.h"
#include "server/server.h"

namespace ringstorm::testing {

class RunningServer {
 public:
  explicit RunningServer(ServerOptions options = {}) {
    options.listen = *parse_listen_address("127.0.0.1:0");
    thread_ = std::thread([this, options] {
      auto served =
          serve(options, stop_, [this](const SocketAddress& address) { port_.set_value(address.port()); });
      EXPECT_TRUE(served.ok()) << to_string(served.error());
      if (served.ok()) counts_ = *served;
    });
    port = port_.get_future().get();
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  ~RunningServer() { stop(); }

  const ServerCounts& stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return counts_;
  }

  std::uint16_t port = 0;

 private:
  std::promise<std::uint16_t> port_;
  std::atomic<bool> stop_{false};
  ServerCounts counts_;
  std::thread thread_;
};

/// Both sums of ServerCounts.
inline void expect_sums_to_close(const ServerCounts& counts) {
  EXPECT_EQ(counts.accepted,
            counts.upgraded + counts.upgrades_refused + counts.upgrades_abandoned + counts.counts_asked);
  std::uint64_t ended = 0;
  for (const auto& [code, count] : counts.closes) ended += count;
  EXPECT_EQ(counts.upgraded, counts.open + ended);
}

}  // namespace ringstorm::testing
