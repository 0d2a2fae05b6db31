// What cannot be run is refused before the start, with the place, what was found, and what would be right.
#include <fstream>
#include <ostream>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "e2e/ringstorm.h"

namespace ringstorm::e2e {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

Outcome run_file(const std::string& text) {
  const TemporaryFolder folder;
  return run({folder.write("bad.json", text)});
}

void expect_refused(const Outcome& outcome) {
  EXPECT_EQ(outcome.exit_code, 4) << outcome.all();
  EXPECT_TRUE(outcome.report.is_null());
  EXPECT_THAT(outcome.err, Not(HasSubstr("terminate called")));
}

TEST(Scenario, MalformedJsonHasALineAndAColumn) {
  const Outcome outcome = run_file("{\n  \"url\": \"embedded:echo\",\n  \"connections\" 5\n}");
  expect_refused(outcome);
  EXPECT_THAT(outcome.err, HasSubstr("bad.json:3:17")) << outcome.all();
}

TEST(Scenario, AnUnknownFieldHasItsPointerAndTheNearestName) {
  const Outcome outcome = run_file(R"({"url": "embedded:echo", "connections": {"cuont": 5}})");
  expect_refused(outcome);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("/connections/cuont"), HasSubstr("did you mean \"count\"")))
      << outcome.all();
}

TEST(Scenario, EveryMistakeIsReportedAtOnce) {
  const Outcome outcome =
      run_file(R"({"url": "http://x/", "connections": "many", "duration": "5 parsecs", "in_flight": 0,
                                       "waiting": "sometimes", "mesages": 3})");
  expect_refused(outcome);
  for (const char* place : {"/url", "/connections", "/duration", "/in_flight", "/waiting", "/mesages"}) {
    EXPECT_THAT(outcome.err, HasSubstr(place)) << outcome.all();
  }
}

TEST(Scenario, AFileThatIsNotThere) {
  const Outcome outcome = run({"/nowhere/scenario.json"});
  expect_refused(outcome);
  EXPECT_THAT(outcome.err, HasSubstr("/nowhere/scenario.json"));
}

TEST(Scenario, WithoutAUrlThereIsNothingToRun) {
  const Outcome outcome = run_file(R"({"connections": 5})");
  expect_refused(outcome);
  EXPECT_THAT(outcome.err, HasSubstr("url")) << outcome.all();
}

struct BadUsage {
  const char* name;
  std::vector<std::string> arguments;
  const char* says;
};

void PrintTo(const BadUsage& value, std::ostream* out) {
  *out << value.name;
}

class Usage : public testing::TestWithParam<BadUsage> {};

TEST_P(Usage, IsRefusedWithWhatIsWrong) {
  const Outcome outcome = ringstorm(GetParam().arguments);
  expect_refused(outcome);
  EXPECT_THAT(outcome.err, HasSubstr(GetParam().says)) << outcome.all();
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Usage,
    testing::Values(
        BadUsage{"NoScenario", {"run"}, "nothing to run"},                                                //
        BadUsage{"UnknownFlag", {"run", "embedded:echo", "--conections", "5"}, "--conections"},           //
        BadUsage{"UnknownCommand", {"rnu"}, "rnu"},                                                       //
        BadUsage{"NoHost", {"run", "ws:///chat"}, "host"},                                                //
        BadUsage{"WrongScheme", {"run", "embedded:echo", "--url", "http://127.0.0.1/"}, "http"},          //
        BadUsage{"NoCaFile", {"run", "wss://127.0.0.1/", "--ca-file", "/nowhere.pem"}, "/tls/ca_file"},   //
        BadUsage{"NoSuchServer", {"run", "embedded:ecko"}, "echo"},                                       //
        BadUsage{"BadPort", {"run", "ws://127.0.0.1:99999/"}, "99999"},                                   //
        BadUsage{"Fragment", {"run", "ws://127.0.0.1:9/#top"}, "fragment"},                               //
        BadUsage{"BadCount", {"run", "embedded:echo", "-c", "many"}, "many"},                             //
        BadUsage{"NoConnections", {"run", "embedded:echo", "-c", "0"}, "0"},                              //
        BadUsage{"BadDuration", {"run", "embedded:echo", "-d", "ten"}, "ten"},                            //
        BadUsage{"BadSize", {"run", "embedded:echo", "--size", "big"}, "big"},                            //
        BadUsage{"BadWaiting", {"run", "embedded:echo", "--waiting", "never"}, "never"},                  //
        BadUsage{"BadHeader", {"run", "embedded:echo", "-H", "no colon"}, "no colon"},                    //
        BadUsage{"OwnKey", {"run", "embedded:echo", "-H", "Sec-WebSocket-Key: x"}, "Sec-WebSocket-Key"},  //
        BadUsage{"CheckWithoutFile", {"check"}, "scenario"},                                              //
        BadUsage{"BadServeMode", {"serve", "--mode", "sing"}, "sing"}),
    [](const auto& test) { return std::string{test.param.name}; });

// --- What this machine cannot do.

TEST(Impossible, MoreConnectionsThanPortsNamesTheNumberThatFits) {
  std::ifstream range("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  ASSERT_TRUE(range >> first >> last);
  const std::string too_many = std::to_string(last - first + 2);
  // Loopback has as many addresses to come from as it takes; this one, which is nobody's, has those of one of
  // ours.
  const Outcome outcome = run({"ws://192.0.2.1:9/", "-c", too_many, "--open-rate", "1M/s", "--shards", "8"});
  expect_refused(outcome);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("port"), ContainsRegex("[0-9],[0-9]{3}"))) << outcome.all();
}

TEST(Impossible, MoreConnectionsThanFilesNamesTheNumberThatFits) {
  const auto few_files = [] {
    const rlimit limit{256, 256};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  };
  const Outcome outcome = run({"ws://127.0.0.1:9/", "-c", "1000", "--shards", "1"}, few_files);
  expect_refused(outcome);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("file"), ContainsRegex("[0-9]{2,3}"))) << outcome.all();
}

TEST(Impossible, OpeningSlowerThanTheRunIsLong) {
  const Outcome outcome = run({"ws://127.0.0.1:9/", "-c", "1000", "--open-rate", "10/s", "-d", "1s"});
  expect_refused(outcome);
  EXPECT_THAT(outcome.err, ContainsRegex("open.rate")) << outcome.all();
}

// --- Targets that are not there.

/// A port that nobody listens on, held so that nobody else can.
class DeafPort {
 public:
  DeafPort() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~DeafPort() { ::close(fd_); }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

TEST(Unreachable, APortNobodyListensOn) {
  const DeafPort port;
  const Outcome outcome = run({port.url(), "-c", "5", "-d", "500ms"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_EQ(outcome.errors("connection refused"), 5u) << outcome.all();
  EXPECT_EQ(outcome.count("/connections/failed"), 5u);
  EXPECT_EQ(broken_sums(outcome), "");
  EXPECT_EQ(schema_violations(outcome.report), "");
}

TEST(Unreachable, ANameThatDoesNotResolve) {
  const Outcome outcome = run({"ws://no-such-host.invalid:9001/", "-c", "5", "-d", "500ms"});
  EXPECT_EQ(outcome.exit_code, 5) << outcome.all();
  EXPECT_THAT(outcome.err, HasSubstr("no-such-host.invalid")) << outcome.all();
}

}  // namespace
}  // namespace ringstorm::e2e
