#include "plan/addressing.h"

#include <gtest/gtest.h>

#include "plan/plan.h"
#include "plan/scenario_file.h"

namespace ringstorm {
namespace {

TEST(Addressing, KnowsALiteralWhenItSeesOne) {
  for (const char* text : {"127.0.0.1", "::1", "2001:db8::7", "::ffff:10.0.0.1", "fe80::1%eth0"})
    EXPECT_TRUE(is_address(text)) << text;
  for (const char* text : {"", "localhost", "127.0.0", "1.2.3.4.5", "[::1]", "::1%", "%eth0", "127.0.0.1 ",
                           "127.0.0.1:80", ":::"})
    EXPECT_FALSE(is_address(text)) << text;
  EXPECT_FALSE(is_address(std::string_view("::1\0", 4)));
}

std::string read(const std::string& resolve) {
  const auto scenario = parse_scenario(R"({"resolve": )" + resolve + "}", "s.json");
  if (!scenario) return to_string(scenario.error());
  std::string text;
  for (const HostAddresses& entry : scenario->resolve) {
    text += entry.host + " =";
    for (const std::string& address : entry.addresses) text += " " + address;
    text += ";";
  }
  return text;
}

TEST(Addressing, AHostHasAnAddressOrAList) {
  EXPECT_EQ(read("{}"), "");
  EXPECT_EQ(read(R"({"a.example": "127.0.0.1", "b.example": ["[::1]", "10.0.0.1"]})"),
            "a.example = 127.0.0.1;b.example = ::1 10.0.0.1;");
}

TEST(Addressing, MistakesAreSaidWithTheirPlace) {
  EXPECT_EQ(
      read("[]"),
      "s.json:1:13 /resolve: found a list, expected an object such as {\"example.org\": \"127.0.0.1\"}");
  EXPECT_EQ(read(R"({"a": 1})"), "s.json:1:19 /resolve/a: found 1, expected an address or a list of them");
  EXPECT_EQ(read(R"({"a": ["::1", {}]})"),
            "s.json:1:27 /resolve/a/1: found an object, expected an address or a list of them");
  EXPECT_EQ(read(R"({"a": []})"),
            "s.json:1:19 /resolve/a: a has no address (give one, or leave the name out)");
  EXPECT_EQ(
      read(R"({"a": "b.example"})"),
      "s.json:1:19 /resolve/a: found \"b.example\", expected an address (such as 127.0.0.1 or ::1, without "
      "a port)");
  EXPECT_EQ(
      read(R"({"a": "127.0.0.1:9001"})"),
      "s.json:1:19 /resolve/a: found \"127.0.0.1:9001\", expected an address (such as 127.0.0.1 or ::1, "
      "without a port)");
  EXPECT_EQ(read(R"({"": "::1"})"), "s.json:1:18 /resolve/: a host has no name");
  EXPECT_EQ(read(R"({"a": "::1", "A": "::2"})"),
            "s.json:1:31 /resolve/A: A is given twice (write its addresses as a list)");
}

TEST(Addressing, FindsAHostInAnyCase) {
  const std::vector<HostAddresses> hosts{{"chat.example", {"::1"}}, {"Other.Example", {"::2"}}};
  EXPECT_EQ(find_host(hosts, "CHAT.example"), &hosts[0]);
  EXPECT_EQ(find_host(hosts, "other.example"), &hosts[1]);
  EXPECT_EQ(find_host(hosts, "chat.exampl"), nullptr);
  EXPECT_EQ(find_host(hosts, ""), nullptr);
}

TEST(Addressing, AFlagHasTheSameInOneWord) {
  const auto entry = parse_host_addresses("chat.example=127.0.0.1,[::1]");
  ASSERT_TRUE(entry);
  EXPECT_EQ(*entry, (HostAddresses{"chat.example", {"127.0.0.1", "::1"}}));
  for (const char* text : {"", "a", "=::1", "a=", "a=b", "a=::1,", "a=,::1"})
    EXPECT_FALSE(parse_host_addresses(text)) << text;
}

TEST(Addressing, ThePlanSaysWhereConnectionsWillGo) {
  Scenario s;
  s.url = "ws://chat.example:9001/";
  const auto line = [&] {
    const std::string text = describe(*make_plan(s, MachineLimits{.cores = 2, .open_files = 20'000}));
    const std::size_t at = text.find("addresses ");
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_EQ(line(), "addresses    the first to accept of those that the resolver names");
  s.addresses = AddressChoice::first;
  s.resolve = {{"chat.example", {"127.0.0.1", "::1"}}};
  EXPECT_EQ(line(), "addresses    the first of 127.0.0.1, ::1");
  s.addresses = AddressChoice::spread;
  EXPECT_EQ(line(), "addresses    in turn all of 127.0.0.1, ::1");
  s.url = "ws://127.0.0.1:9001/";
  EXPECT_EQ(line(), "");
}

}  // namespace
}  // namespace ringstorm
