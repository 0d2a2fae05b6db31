#include "transport/http_proxy.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "transport/chain.h"

namespace ringstorm {
namespace {

using Kind = TransportEvent::Kind;

/// One stage, and the proxy's side of it as text.
class Asked {
 public:
  explicit Asked(const HttpProxyRules& rules)
      : factory_(http_proxy(rules)->for_shard()), stage_(factory_->make()) {
    stage_->begin();
  }

  TransportStage& stage() { return *stage_; }
  /// All it has to say, `piece` bytes at a time.
  std::string says(std::size_t piece = 4'096) {
    std::string text;
    while (stage_->has_output()) {
      std::string room(piece, '\0');
      const std::size_t written = stage_->write_output(std::as_writable_bytes(std::span(room)));
      text += room.substr(0, written);
    }
    return text;
  }
  TransportEvent hears(const std::string& text) {
    input_ = text;
    rest_ = std::as_writable_bytes(std::span(input_));
    return stage_->next(rest_, {});
  }
  TransportEvent goes_on() { return stage_->next(rest_, {}); }
  std::string left() const { return {reinterpret_cast<const char*>(rest_.data()), rest_.size()}; }

 private:
  std::unique_ptr<TransportFactory> factory_;
  std::unique_ptr<TransportStage> stage_;
  std::string input_;
  std::span<std::byte> rest_;
};

const HttpProxyRules kPlain{.authority = "example.org:443", .credentials = {}, .max_head_bytes = 200};

TEST(HttpProxy, AsksForTheWay) {
  EXPECT_EQ(Asked(kPlain).says(), "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n");
  EXPECT_EQ(Asked({.authority = "[::1]:80", .credentials = "Basic eA==", .max_head_bytes = 200}).says(7),
            "CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\nProxy-Authorization: Basic eA==\r\n\r\n");
}

TEST(HttpProxy, LeavesWhatFollowsItsAnswer) {
  Asked asked(kPlain);
  asked.says();
  EXPECT_EQ(asked.hears("HTTP/1.1 200 Connec").kind, Kind::need_more);
  EXPECT_EQ(asked.hears("tion established\r\n\r\nfor the next").kind, Kind::ready);
  EXPECT_EQ(asked.left(), "for the next");
}

TEST(HttpProxy, AnswersInAnyPieces) {
  const std::string answer = "HTTP/1.0 204 x\r\nContent-Length: 10\r\n\r\n";
  Asked asked(kPlain);
  for (std::size_t i = 0; i + 1 < answer.size(); ++i)
    ASSERT_EQ(asked.hears(answer.substr(i, 1)).kind, Kind::need_more) << i;
  EXPECT_EQ(asked.hears(answer.substr(answer.size() - 1)).kind, Kind::ready);
}

TEST(HttpProxy, LetsEverythingPassThen) {
  Asked asked(kPlain);
  asked.says();
  EXPECT_EQ(asked.stage().plain_room(100), 0u);
  asked.hears("HTTP/1.1 200 OK\r\n\r\n");
  const TransportEvent event = asked.hears("bytes");
  EXPECT_EQ(event.kind, Kind::plaintext);
  EXPECT_EQ(event.bytes.size(), 5u);
  EXPECT_EQ(asked.goes_on().kind, Kind::need_more);
  EXPECT_EQ(asked.stage().plain_room(100), 100u);
  std::string out(8, '.');
  EXPECT_EQ(asked.stage().seal(std::as_bytes(std::span("hello", 5)), std::as_writable_bytes(std::span(out))),
            5u);
  EXPECT_EQ(out, "hello...");
  EXPECT_FALSE(asked.stage().has_output());
}

TEST(HttpProxy, EveryRefusalIsACause) {
  const auto refused = [](const std::string& answer) {
    Asked asked(kPlain);
    const TransportEvent event = asked.hears(answer);
    EXPECT_EQ(event.kind, Kind::failed) << answer;
    EXPECT_EQ(asked.hears("more").kind, Kind::need_more) << "over is over";
    return to_string(event.failure);
  };
  EXPECT_EQ(refused("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"), "proxy http 407");
  EXPECT_EQ(refused("HTTP/1.1 502 Bad Gateway\r\n\r\n"), "proxy http 502");
  EXPECT_EQ(refused("HTTP/1.1 101 Switching\r\n\r\n"), "proxy http 101");
  EXPECT_EQ(refused("220 smtp ready\r\n"), "malformed http head from proxy");
  EXPECT_EQ(refused("HTTP/1.1 200 OK\r\nX: " + std::string(400, 'x')), "http head from proxy too large");
}

TEST(HttpProxy, SaysWhatTheEndOfTcpMeans) {
  Asked asked(kPlain);
  EXPECT_EQ(asked.stage().ended({Cause::connection_closed}), Failure{Cause::proxy_closed});
  EXPECT_EQ(asked.stage().ended({Cause::connection_reset}), Failure{Cause::connection_reset});
  EXPECT_EQ(asked.stage().timed_out(), Failure{Cause::proxy_timed_out});
  asked.hears("HTTP/1.1 407 No\r\n\r\n");
  EXPECT_EQ(asked.stage().said(), "HTTP/1.1 407 No\r\n\r\n");
  Asked open(kPlain);
  open.hears("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(open.stage().ended({Cause::connection_closed}), Failure{Cause::connection_closed});
}

TEST(HttpProxy, StandsBelowAnotherStage) {
  const auto kind = http_proxy(kPlain);
  TransportFactories factories;
  factories.push_back(kind->for_shard());
  factories.push_back(kind->for_shard());
  EXPECT_EQ(factories.front()->phase(), TransportPhase::proxy);
  TransportChain chain;
  chain.begin(factories);
  std::string both = "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
  std::span<std::byte> input = std::as_writable_bytes(std::span(both));
  EXPECT_EQ(chain.next(input, {}, factories).kind, Kind::ready);
  EXPECT_FALSE(chain.open());
  EXPECT_TRUE(chain.stage().has_output());
  EXPECT_EQ(chain.next(input, {}, factories).kind, Kind::ready);
  EXPECT_TRUE(chain.open());
}

}  // namespace
}  // namespace ringstorm
