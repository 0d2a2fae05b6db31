// The same rules hold for a scenario that flags have changed, where there is no file to point into.
#include "plan/scenario.h"

#include <functional>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

std::vector<std::string> found(const std::function<void(Scenario&)>& change) {
  Scenario scenario;
  change(scenario);
  std::vector<std::string> out;
  for (const Error& error : validate(scenario)) out.push_back(to_string(error));
  return out;
}

using Found = std::vector<std::string>;

TEST(Validate, IsContentWithTheDefaults) {
  EXPECT_EQ(found([](Scenario&) {}), Found{});
}

TEST(Validate, ChecksRanges) {
  EXPECT_EQ(found([](Scenario& s) { s.connections = 0; }),
            Found{"/connections/count: found 0, expected a whole number from 1 to 10,000,000"});
  EXPECT_EQ(found([](Scenario& s) { s.connections = 10'000'000; }), Found{});
  EXPECT_EQ(found([](Scenario& s) { s.in_flight = 65'537; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.payload_bytes = (1ULL << 30) + 1; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.payload_bytes = 1ULL << 30; }), Found{});
  EXPECT_EQ(
      found([](Scenario& s) { s.duration = Duration{0}; }),
      Found{"/duration: found 0 ns, expected a duration from 1 ms to 720 h, such as \"1.5s\" or \"20us\""});
  EXPECT_EQ(found([](Scenario& s) { s.warmup = nanoseconds(-1); }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.messages = 0; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.shards = 0; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.open_rate.events = 0; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.open_rate.per = Duration{0}; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.open_rate = {10, microseconds(1)}; }), Found{});
  EXPECT_EQ(found([](Scenario& s) { s.open_rate = {11, microseconds(1)}; }).size(), 1U);
}

TEST(Validate, ChecksTheName) {
  EXPECT_EQ(found([](Scenario& s) { s.name = "chat-2"; }), Found{});
  EXPECT_EQ(found([](Scenario& s) { s.name = std::string(64, 'a'); }), Found{});
  EXPECT_EQ(found([](Scenario& s) { s.name = std::string(65, 'a'); }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.name = "Chat"; }).size(), 1U);
}

TEST(Validate, RefusesTheHeadersOfTheHandshakeWithTheReason) {
  for (const char* name :
       {"Upgrade", "connection", "Sec-WebSocket-Key", "sec-websocket-version", "Sec-WebSocket-Accept",
        "SEC-WEBSOCKET-EXTENSIONS", "Sec-WebSocket-Protocol", "Content-Length", "Transfer-Encoding"}) {
    Scenario scenario;
    scenario.headers = {{name, "x"}};
    const auto errors = validate(scenario);
    ASSERT_EQ(errors.size(), 1U) << name;
    EXPECT_EQ(errors[0].what, std::string{"the header "} + name + " cannot be set");
    EXPECT_FALSE(errors[0].hint.empty());
  }
}

TEST(Validate, AllowsOrdinaryHeaders) {
  EXPECT_EQ(
      found([](Scenario& s) {
        s.headers = {{"Cookie", "a=b\tc"}, {"Host", "x"}, {"Origin", "y"}, {"X-1!#$%&'*+-.^_`|~", "\u00fc"}};
      }),
      Found{});
}

TEST(Validate, RefusesBrokenHeaders) {
  EXPECT_EQ(found([](Scenario& s) { s.headers = {{"A:", "x"}}; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.headers = {{"A", "x\nB: y"}}; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.headers = {{"A", "x\x7f"}}; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) {
              s.headers = {{"Host", "a"}, {"HOST", "b"}};
            }),
            Found{"/upgrade/headers/HOST: the header HOST is given twice"});
  EXPECT_EQ(found([](Scenario& s) {
              s.headers = {{"origin", "a"}};
              s.origin = "b";
            }),
            Found{"/upgrade/origin: the origin is given here and among the headers (keep one of the two)"});
}

TEST(Validate, ChecksText) {
  EXPECT_EQ(found([](Scenario& s) { s.payload_text = "\u20ac"; }), Found{});
  EXPECT_EQ(found([](Scenario& s) { s.payload_text = "\xe2\x82"; }),
            Found{"/message/text: the text is not valid UTF-8"});
  EXPECT_EQ(found([](Scenario& s) { s.payload_text = "\xff"; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.origin = "a\n"; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.subprotocols = {"a", "a"}; }).size(), 1U);
  EXPECT_EQ(found([](Scenario& s) { s.subprotocols = {"a", "A"}; }), Found{});
}

TEST(Validate, ReportsEverythingAtOnce) {
  EXPECT_EQ(found([](Scenario& s) {
              s.connections = 0;
              s.drain = seconds(-5);
              s.name = "!";
              s.headers = {{"Upgrade", "x"}, {"", "y"}};
            }).size(),
            5U);
}

}  // namespace
}  // namespace ringstorm
