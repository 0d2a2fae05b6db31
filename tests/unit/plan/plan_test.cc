#include "plan/plan.h"

#include <gtest/gtest.h>

#include "base/prng.h"

namespace ringstorm {
namespace {

MachineLimits machine(unsigned cores = 4) {
  MachineLimits limits;
  limits.cores = cores;
  limits.open_files = 20'000;
  limits.available_memory_bytes = 8ULL << 30;
  return limits;
}

Scenario scenario(std::string url = "embedded:echo") {
  Scenario s;
  s.url = std::move(url);
  return s;
}

Plan planned(const Scenario& s, const MachineLimits& limits = machine()) {
  auto plan = make_plan(s, limits);
  EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : to_string(plan.error()));
  return plan.ok() ? *plan : Plan{};
}

std::vector<std::string> refused(const Scenario& s, const MachineLimits& limits = machine()) {
  const auto plan = make_plan(s, limits);
  std::vector<std::string> out;
  if (plan.ok()) return out;
  for (const Error& error : plan.errors()) out.push_back(to_string(error));
  return out;
}

using Refused = std::vector<std::string>;

TEST(Plan, FillsInWhatWasLeftOpen) {
  const Plan plan = planned(scenario());
  EXPECT_EQ(plan.scenario.name, "adhoc");
  EXPECT_EQ(plan.scenario.duration, seconds(10));
  EXPECT_FALSE(plan.scenario.messages);
  EXPECT_EQ(plan.scenario.shards, 2U);
  EXPECT_NE(plan.seed, 0U);
  EXPECT_LT(plan.seed, 1ULL << 53);
  EXPECT_EQ(plan.scenario.seed, plan.seed);
  EXPECT_EQ(plan.payload.size(), 125U);
}

TEST(Plan, ARunOfMessagesNeedsNoDuration) {
  Scenario s = scenario();
  s.messages = 1000;
  EXPECT_FALSE(planned(s).scenario.duration);
  s.duration = seconds(3);
  const Plan both = planned(s);
  EXPECT_EQ(both.scenario.duration, seconds(3));
  EXPECT_EQ(both.scenario.messages, 1000U);
}

TEST(Plan, ASeedMakesThePayload) {
  Scenario s = scenario();
  s.seed = 42;
  EXPECT_EQ(planned(s).payload, planned(s).payload);
  EXPECT_EQ(planned(s).seed, 42U);
  const std::string text = planned(s).payload;
  s.payload_kind = PayloadKind::binary;
  EXPECT_NE(planned(s).payload, text);
  EXPECT_NE(planned(scenario()).seed, planned(scenario()).seed);
}

TEST(Plan, ATextIsThePayload) {
  Scenario s = scenario();
  s.payload_text = "hello";
  EXPECT_EQ(planned(s).payload, "hello");
  EXPECT_EQ(planned(s).scenario.payload_bytes, 5U);
}

TEST(Plan, ChoosesShardsByWhereTheServerIs) {
  const auto shards = [](const char* url, unsigned cores) {
    return planned(scenario(url), machine(cores)).segments.size();
  };
  EXPECT_EQ(shards("embedded:echo", 1), 1U);
  EXPECT_EQ(shards("embedded:echo", 5), 2U);
  EXPECT_EQ(shards("ws://127.0.0.1:1/", 8), 4U);
  EXPECT_EQ(shards("ws://localhost:1/", 8), 4U);
  EXPECT_EQ(shards("ws://192.0.2.1/", 8), 8U);
}

TEST(Plan, HasNoShardWithoutWork) {
  Scenario s = scenario();
  s.shards = 9;
  EXPECT_EQ(planned(s).segments.size(), 9U);  // more than cores, because asked
  s.connections = 3;
  EXPECT_EQ(planned(s).segments.size(), 3U);
  s.messages = 2;
  const Plan plan = planned(s);
  ASSERT_EQ(plan.segments.size(), 2U);
  EXPECT_EQ(plan.segments[0].messages, 1U);
  EXPECT_EQ(plan.segments[1].messages, 1U);
}

TEST(Plan, PinsShardsFirstAndTheServerToTheRest) {
  Scenario s = scenario();
  s.shards = 3;
  const Plan plan = planned(s);
  EXPECT_EQ(plan.segments[0].core, 0);
  EXPECT_EQ(plan.segments[2].core, 2);
  EXPECT_EQ(plan.server_cores, std::vector<int>{3});
  s.shards = 6;
  const Plan crowded = planned(s);
  EXPECT_EQ(crowded.segments[5].core, 1);
  EXPECT_EQ(crowded.server_cores, (std::vector<int>{2, 3})) << "more shards than cores leave it its half";
  EXPECT_TRUE(planned(scenario("ws://127.0.0.1:1/")).server_cores.empty());
  s.pin = false;
  EXPECT_EQ(planned(s).segments[0].core, -1);
  EXPECT_TRUE(planned(s).server_cores.empty());
}

TEST(Plan, TheCutLosesNothing) {
  Prng random{11};
  for (int i = 0; i < 300; ++i) {
    Scenario s = scenario();
    s.connections = 1 + random.below(20'000);
    s.messages = 1 + random.below(1'000'000'000'000);
    s.shards = 1 + random.below(64);
    const Plan plan = planned(s);
    std::uint64_t connections = 0, messages = 0;
    for (const Segment& segment : plan.segments) {
      ASSERT_EQ(segment.first_connection, connections);
      ASSERT_GT(segment.connections, 0U);
      ASSERT_GT(segment.messages, 0U);
      ASSERT_LE(segment.connections, s.connections / plan.segments.size() + 1);
      connections += segment.connections;
      messages += segment.messages;
    }
    ASSERT_EQ(connections, s.connections);
    ASSERT_EQ(messages, *s.messages);
  }
}

TEST(Plan, LaysOutTheUpgrade) {
  Scenario s = scenario("ws://127.0.0.1:9001/chat?x=1");
  s.headers = {{"X-A", "1"}, {"hOSt", "chat.example"}};
  s.subprotocols = {"a"};
  s.origin = "https://example.org";
  const Plan plan = planned(s);
  EXPECT_EQ(plan.upgrade.target, "/chat?x=1");
  EXPECT_EQ(plan.upgrade.host, "chat.example");
  ASSERT_EQ(plan.upgrade.headers.size(), 1U);
  EXPECT_EQ(plan.upgrade.headers[0].first, "X-A");
  EXPECT_EQ(plan.upgrade.subprotocols, s.subprotocols);
  EXPECT_EQ(plan.upgrade.origin, s.origin);
  EXPECT_EQ(planned(scenario("ws://127.0.0.1:9001/")).upgrade.host, "127.0.0.1:9001");
}

TEST(Plan, ExpectsRepliesFromAllButTheSink) {
  EXPECT_TRUE(planned(scenario("embedded:echo")).expects_replies);
  EXPECT_TRUE(planned(scenario("ws://127.0.0.1:1/")).expects_replies);
  EXPECT_FALSE(planned(scenario("embedded:sink")).expects_replies);
}

TEST(Plan, CountsItsMemory) {
  Scenario s = scenario();
  s.connections = 1000;
  s.payload_bytes = 1000;
  const Plan plan = planned(s);
  EXPECT_EQ(plan.memory_bytes, 2 * plan.budget.total_bytes + 1000);
  EXPECT_EQ(plan.kernel_memory_bytes, 1000U * 9600);  // both ends are here
  s.url = "ws://192.0.2.1/";
  EXPECT_EQ(planned(s).kernel_memory_bytes, 1000U * 4800);
}

TEST(PlanRefuses, AMissingUrlBesideEverythingElse) {
  Scenario s;
  s.connections = 0;
  EXPECT_EQ(
      refused(s),
      (Refused{"/connections/count: found 0, expected a whole number from 1 to 10,000,000",
               "/url: the scenario has no url, expected ws://host:port/path or embedded:echo (or give one "
               "with --url)"}));
}

TEST(PlanRefuses, TlsThatCannotBeMeantFieldByField) {
  Scenario s = scenario("wss://h/");
  s.tls_ca_file = "/nowhere/ca.pem";
  s.tls_ciphersuites = "TLS_AES_128_GCM_SHA265";
  EXPECT_EQ(
      refused(s),
      (Refused{"/tls/ciphersuites: unknown cipher suite \"TLS_AES_128_GCM_SHA265\", expected one of TLS "
               "1.3, such as TLS_AES_128_GCM_SHA256 (did you mean \"TLS_AES_128_GCM_SHA256\"?)",
               "/tls/ca_file: /nowhere/ca.pem cannot be read: No such file or directory"}));
}

TEST(Plan, AWssUrlHasTlsBeneathItAndMemoryForIt) {
  const Plan plain = planned(scenario("ws://h/")), secure = planned(scenario("wss://h/"));
  EXPECT_TRUE(plain.route.empty());
  ASSERT_EQ(secure.route.size(), 1U);
  EXPECT_GE(secure.memory_bytes,
            plain.memory_bytes + secure.scenario.connections * secure.route[0]->connection_bytes());
  EXPECT_GE(secure.budget.send_buffer_bytes,
            plain.budget.send_buffer_bytes + secure.route[0]->overhead(plain.budget.send_buffer_bytes));
  EXPECT_NE(describe(secure).find("TLS 1.2 to 1.3, verified by the system's authorities"), std::string::npos);
  EXPECT_EQ(describe(plain).find("TLS"), std::string::npos);
}

TEST(PlanRefuses, ABadUrlBesideEverythingElse) {
  Scenario s = scenario("wsx://h/");
  s.in_flight = 0;
  EXPECT_EQ(refused(s).size(), 2U);
}

TEST(PlanRefuses, MoreConnectionsThanFilesInARing) {
  Scenario s = scenario();
  s.duration = seconds(60);
  s.connections = 50'000;
  s.shards = 2;
  MachineLimits limits = machine();
  limits.ephemeral_ports = 60'000;
  EXPECT_EQ(
      refused(s, limits),
      Refused{"/connections/count: 50,000 connections over 2 shards need 25,000 files in a ring, where the "
              "limit on open "
              "files allows 20,000: 40,000 would fit (3 shards would do, or a higher limit (ulimit -Hn))"});
  s.connections = 40'000;
  EXPECT_EQ(refused(s, limits), Refused{});
  s.connections = 40'001;
  EXPECT_EQ(refused(s, limits).size(), 1U);
  s.connections = 50'000;
  s.shards = 3;
  EXPECT_EQ(refused(s, limits), Refused{});
}

TEST(Plan, AsManyRingsAsTheirTablesTakeOnBothSides) {
  Scenario s = scenario();
  s.duration = seconds(60);
  s.connections = 50'000;
  const Plan plan = planned(s, machine(2));
  ASSERT_EQ(plan.segments.size(), 3U);
  EXPECT_EQ(plan.segments[2].core, 0);  // the server keeps its own
  EXPECT_EQ(plan.server_cores, std::vector<int>{1});
  EXPECT_EQ(plan.server_shards, 3U);
  s.connections = 54'000;
  EXPECT_EQ(planned(s).server_shards, 4U) << "a hash spreads them: some get more than others";
  s.url = "embedded:broadcast";
  EXPECT_EQ(planned(scenario("embedded:broadcast")).server_shards, 1U);
  ASSERT_EQ(refused(s).size(), 1U);
  EXPECT_EQ(
      refused(s)[0],
      "/connections/count: a broadcasting server has one shard, and its table holds 19,936 connections: "
      "19,936 would fit (fewer connections, or a higher limit (ulimit -Hn))");
  EXPECT_EQ(planned(scenario("ws://127.0.0.1:1/")).server_shards, 0U);
}

TEST(PlanRefuses, MoreConnectionsThanFilesInTheProcess) {
  Scenario s = scenario();
  s.connections = 20'000;
  MachineLimits limits = machine();
  limits.direct_descriptors = false;
  ASSERT_EQ(refused(s, limits).size(), 1U);
  EXPECT_NE(refused(s, limits)[0].find("the limit is 20,000, 64 of them reserved: 19,936 would fit"),
            std::string::npos);
  s.connections = 19'936;
  EXPECT_EQ(refused(s, limits), Refused{});
  limits.open_files = 10;
  EXPECT_NE(refused(s, limits).back().find(": 0 would fit"), std::string::npos);
}

TEST(PlanRefuses, MoreConnectionsThanPorts) {
  Scenario s = scenario("ws://192.0.2.1/");
  s.connections = 28'233;
  EXPECT_EQ(
      refused(s),
      Refused{
          "/connections/count: 28,233 connections to one address and port need as many "
          "source ports, and 28,232 are "
          "there: 28,232 would fit (name more of this machine's addresses in \"source_addresses\", or widen "
          "net.ipv4.ip_local_port_range, which holds for IPv6 too)"});
  s.connections = 28'232;
  EXPECT_EQ(refused(s), Refused{});
}

TEST(PlanRefuses, MoreConnectionsThanPortsOfAllAddresses) {
  Scenario s = scenario("ws://chat.example/");
  s.resolve = {{"chat.example", {"192.0.2.1", "2001:db8::1"}}};
  s.connections = 2 * 28'232;
  s.shards = 4;
  EXPECT_EQ(refused(s).size(), 1U);  // all go to one of the two
  s.addresses = AddressChoice::spread;
  EXPECT_EQ(refused(s), Refused{});
  s.connections += 1;
  ASSERT_EQ(refused(s).size(), 1U);
  EXPECT_NE(refused(s)[0].find("56,465 connections to one port of 2 addresses need as many source ports, and "
                               "56,464 are there"),
            std::string::npos)
      << refused(s)[0];
  s.resolve.clear();  // only the resolver knows how many there are
  EXPECT_EQ(refused(s), Refused{});
}

TEST(PlanRefuses, NoPortsForAUnixSocket) {
  Scenario s = scenario("ws+unix:/run/app.sock:/");
  s.connections = 19'000;
  MachineLimits limits = machine();
  limits.ephemeral_ports = 10;
  EXPECT_EQ(refused(s, limits), Refused{});
  s.probes = 0.5;
  EXPECT_EQ(refused(s, limits),
            Refused{"/probes: the kernel stamps TCP, and the url is a Unix socket's (leave them out)"});
}

TEST(PlanRefuses, OpeningThatOutlastsTheRun) {
  Scenario s = scenario();
  s.connections = 20'000;
  s.duration = seconds(3);
  s.open_rate = {4000, seconds(1)};
  EXPECT_EQ(
      refused(s),
      Refused{"/connections/count: opening 20,000 connections at 4k/s takes 5 s, longer than the duration of "
              "3 s: 12,000 would fit (raise open_rate, or the duration to 5s)"});
  s.connections = 12'000;
  EXPECT_EQ(refused(s), Refused{});
  s.connections = 12'001;
  EXPECT_EQ(refused(s).size(), 1U);
  s.duration.reset();
  s.messages = 5;
  EXPECT_EQ(refused(s), Refused{});
}

TEST(PlanRefuses, MoreMemoryThanThereIs) {
  Scenario s = scenario();
  s.connections = 20'000;
  MachineLimits limits = machine();
  limits.available_memory_bytes = 100 << 20;
  ASSERT_EQ(refused(s, limits).size(), 1U);
  EXPECT_NE(refused(s, limits)[0].find("20,000 connections need"), std::string::npos);
  EXPECT_NE(refused(s, limits)[0].find("100 MiB are available"), std::string::npos);
  limits.available_memory_bytes = 0;  // unknown
  EXPECT_EQ(refused(s, limits), Refused{});
  s.payload_bytes = 1 << 30;
  limits.available_memory_bytes = 1 << 30;
  EXPECT_NE(refused(s, limits).back().find(": 0 would fit"), std::string::npos);
}

/// The number in "1,234 would fit".
std::uint64_t number_that_fits(const std::string& message) {
  const std::size_t end = message.find(" would fit");
  const std::size_t begin = message.rfind(' ', end - 1) + 1;
  std::string digits = message.substr(begin, end - begin);
  std::erase(digits, ',');
  return std::stoull(digits);
}

TEST(PlanRefuses, WithANumberThatDoesFit) {
  Prng random{5};
  int refusals = 0;
  for (int i = 0; i < 2000; ++i) {
    Scenario s = scenario(random.below(2) == 0 ? "embedded:echo" : "ws://192.0.2.1/");
    s.connections = 1 + random.below(100'000);
    s.in_flight = 1 + random.below(64);
    s.shards = 1 + random.below(16);
    s.duration = milliseconds(static_cast<std::int64_t>(1 + random.below(20'000)));
    s.open_rate = {1 + random.below(20'000), seconds(1)};
    MachineLimits limits = machine();
    limits.open_files = random.below(50'000);
    limits.ephemeral_ports = random.below(60'000);
    limits.available_memory_bytes = 1 + random.below(1ULL << 30);
    limits.direct_descriptors = random.below(2) == 0;
    const auto errors = refused(s, limits);
    if (errors.empty()) continue;
    ++refusals;
    std::uint64_t fits = s.connections;
    for (const std::string& error : errors) fits = std::min(fits, number_that_fits(error));
    ASSERT_LT(fits, s.connections) << "seed 5 round " << i;
    if (fits == 0) continue;
    s.connections = fits;
    EXPECT_EQ(refused(s, limits), Refused{})
        << "seed 5 round " << i << ": " << fits << " after " << errors[0];
  }
  EXPECT_GT(refusals, 500);
}

TEST(PlanRefuses, SeveralObstaclesAtOnce) {
  Scenario s = scenario("ws://192.0.2.1/");
  s.connections = 1'000'000;
  MachineLimits limits = machine();
  limits.available_memory_bytes = 1 << 30;
  EXPECT_EQ(refused(s, limits).size(), 3U);
}

TEST(PlanRefuses, AnUpgradeRequestThatIsTooLong) {
  Scenario s = scenario();
  s.headers = {{"X", std::string(66'000, 'a')}};
  ASSERT_EQ(refused(s).size(), 1U);
  EXPECT_EQ(refused(s)[0].substr(0, 41), "/upgrade: the upgrade request takes 64.6 ");
}

TEST(PlanRefuses, AnEchoThatIsLongerThanWhatIsAccepted) {
  Scenario s = scenario();
  s.max_message_bytes = 100;
  EXPECT_EQ(refused(s).size(), 1U);
  s.url = "embedded:sink";
  EXPECT_EQ(refused(s), Refused{});
}

TEST(Plan, WhatAServerIsToldIsForTheEmbeddedOneOnly) {
  Scenario s = scenario();
  s.faults = {"delay 2ms"};
  s.verify = true;
  s.server_tls = true;
  EXPECT_EQ(refused(s), Refused{});
  s.url = "ws://127.0.0.1:9001/";
  EXPECT_EQ(refused(s),
            (Refused{"/server/faults: only a server that ringstorm starts itself fails on purpose "
                     "(embedded:echo, embedded:sink or embedded:broadcast as the url)",
                     "/server/verify: only a server that ringstorm starts itself checks payloads "
                     "(embedded:echo, embedded:sink or embedded:broadcast as the url)",
                     "/server/tls: only a server that ringstorm starts itself is told to speak TLS "
                     "(wss:// in the url for any other)"}));
}

TEST(Plan, CookiesComeWithRedirectsAndReconnects) {
  Scenario s = scenario();
  s.cookies = true;
  EXPECT_EQ(
      refused(s),
      Refused{"/cookies: no redirect is followed and no connection comes back, which could send them (give "
              "redirects, or sessions that reconnect)"});
  s.redirects = 1;
  EXPECT_EQ(refused(s), Refused{});
}

TEST(Plan, AnEmbeddedServerOverTlsIsReachedByTlsAndTrustedByItself) {
  Scenario s = scenario();
  EXPECT_TRUE(planned(s).route.empty());
  s.server_tls = true;
  const Plan plan = planned(s);
  EXPECT_TRUE(plan.target.tls);
  EXPECT_EQ(plan.route.size(), 1U);
  EXPECT_NE(describe(plan).find("embedded echo server over TLS"), std::string::npos);
  EXPECT_NE(describe(plan).find("verified by the server's own certificate"), std::string::npos);
  s.tls_ca_file = "/etc/ssl/certs/ca-certificates.crt";
  EXPECT_EQ(
      refused(s).back(),
      "/tls/ca_file: a server that ringstorm starts itself has a certificate of its own, which is trusted "
      "(leave it out)");
}

TEST(Plan, ATextThatIsNoArgumentCannotBeVerified) {
  Scenario s = scenario();
  s.verify = true;
  s.payload_text = std::string(64 * 1024, 'x');
  EXPECT_EQ(refused(s), Refused{});
  s.payload_text = std::string(64 * 1024 + 1, 'x');
  EXPECT_EQ(refused(s).size(), 1U);
  s.payload_text = std::string("a\0b", 3);
  EXPECT_EQ(refused(s).size(), 1U);
  s.verify = false;
  EXPECT_EQ(refused(s), Refused{});
}

TEST(Plan, DescribesWhatTheServerDoesWrong) {
  Scenario s = scenario();
  EXPECT_EQ(describe(planned(s)).find("faults"), std::string::npos);
  s.faults = {"delay 2ms", "drop 1%"};
  s.verify = true;
  const std::string text = describe(planned(s));
  EXPECT_NE(text.find("\nfaults       delay 2ms; drop 1%\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nverify "), std::string::npos) << text;
}

}  // namespace
}  // namespace ringstorm
