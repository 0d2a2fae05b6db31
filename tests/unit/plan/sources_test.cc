#include "plan/sources.h"

#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using testing::HasSubstr;
using Texts = std::vector<std::string>;

SourceAddresses parsed(const Texts& texts) {
  auto result = parse_source_addresses(texts);
  if (result) return *result;
  ADD_FAILURE() << to_string(result.error());
  return {};
}

std::vector<std::string> listed(const SourceAddresses& addresses) {
  std::vector<std::string> all;
  for (std::uint64_t i = 0; i < addresses.count(); ++i) all.push_back(to_string(addresses.at(i)));
  return all;
}

TEST(SourceAddresses, AreAnAddressARangeOrABlock) {
  EXPECT_EQ(listed(parsed({"10.0.0.5"})), Texts{"10.0.0.5"});
  EXPECT_EQ(listed(parsed({"127.0.0.254-127.0.1.1"})),
            (Texts{"127.0.0.254", "127.0.0.255", "127.0.1.0", "127.0.1.1"}));
  EXPECT_EQ(listed(parsed({"127.0.0.5/30"})), (Texts{"127.0.0.4", "127.0.0.5", "127.0.0.6", "127.0.0.7"}));
  EXPECT_EQ(listed(parsed({"fd00::ffff-fd00::1:1"})), (Texts{"fd00::ffff", "fd00::1:0", "fd00::1:1"}));
  EXPECT_EQ(listed(parsed({"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                           "::"}))
                .size(),
            3U);
  EXPECT_EQ(listed(parsed({"fd00::/127", "fd00::8"})), (Texts{"fd00::", "fd00::1", "fd00::8"}));
}

TEST(SourceAddresses, LeaveOutTheNetworksOwnAndTheBroadcastAddress) {
  EXPECT_EQ(listed(parsed({"10.1.2.0/30"})), (Texts{"10.1.2.1", "10.1.2.2"}));
  EXPECT_EQ(listed(parsed({"10.1.2.0/31"})), (Texts{"10.1.2.0", "10.1.2.1"}));
  EXPECT_EQ(parsed({"10.1.0.0/16"}).count(), 65'534U);
  EXPECT_EQ(parsed({"127.0.0.0/16"}).count(), 65'536U);
}

TEST(SourceAddresses, SayWhatTheyAre) {
  EXPECT_EQ(parsed({"127.0.0.2-127.0.0.60", "127.0.1.1"}).text(), "127.0.0.2 to 127.0.0.60, 127.0.1.1");
}

std::string refusal(const Texts& texts) {
  const auto result = parse_source_addresses(texts);
  return result ? "accepted" : to_string(result.error());
}

TEST(SourceAddresses, RefuseWhatIsNone) {
  EXPECT_THAT(refusal({"localhost"}), HasSubstr("/source_addresses: \"localhost\": expected an address"));
  EXPECT_THAT(refusal({""}), HasSubstr("expected an address"));
  EXPECT_THAT(refusal({"127.0.0.1-"}), HasSubstr("expected an address"));
  EXPECT_THAT(refusal({"127.0.0.9-127.0.0.2"}), HasSubstr("the range ends before it begins"));
  EXPECT_THAT(refusal({"127.0.0.9-::1"}), HasSubstr("a range from IPv4 to IPv6"));
  EXPECT_THAT(refusal({"127.0.0.0/33"}), HasSubstr("a prefix of 33 bits, expected at most 32"));
  EXPECT_THAT(refusal({"127.0.0.0/x"}), HasSubstr("expected an address"));
  EXPECT_THAT(refusal({"127.0.0.0/8"}), HasSubstr("more than 65,536 addresses"));
  EXPECT_THAT(refusal({"::/0"}), HasSubstr("more than 65,536 addresses"));
  EXPECT_THAT(refusal({"::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}),
              HasSubstr("more than 65,536 addresses"));
}

TEST(SourceAddresses, RefuseWhatDoesNotGoTogether) {
  EXPECT_THAT(refusal({"127.0.0.2", "::1"}), HasSubstr("/source_addresses/1: \"::1\": IPv4 and IPv6"));
  EXPECT_THAT(refusal({"127.0.0.0/28", "127.0.0.7"}), HasSubstr("also in 127.0.0.0 to 127.0.0.15"));
  EXPECT_THAT(refusal({"127.0.0.0/16", "127.9.0.1"}), HasSubstr("more than 65,536 addresses in all"));
}

TEST(SourceAddresses, TellEveryMistake) {
  const auto result = parse_source_addresses(Texts{"a", "127.0.0.1", "b"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.errors().size(), 2U);
}

TEST(SourcePorts, GoInOrderPastThoseThatAreTaken) {
  const SourcePorts ports(1024, 1030, {1029, 80, 1024, 1026, 1026});
  std::vector<std::uint16_t> all;
  for (std::uint64_t i = 0; i < ports.count(); ++i) all.push_back(ports.at(i));
  EXPECT_EQ(all, (std::vector<std::uint16_t>{1025, 1027, 1028, 1030}));
}

TEST(SourcePorts, ReachTheLast) {
  const SourcePorts ports(1024, 65'535, {});
  EXPECT_EQ(ports.count(), 64'512U);
  EXPECT_EQ(ports.at(64'511), 65'535U);
}

TEST(EndpointsOf, GivesEachConnectionItsOwn) {
  constexpr std::uint64_t kTargets = 3, kSources = 5, kPorts = 7;
  std::set<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>> seen;
  std::vector<std::uint64_t> per_target(kTargets), per_source(kSources);
  for (std::uint64_t i = 0; i < kTargets * kSources * kPorts; ++i) {
    const Endpoints chosen = endpoints_of(i, kTargets, kSources);
    ASSERT_LT(chosen.port, kPorts);
    ASSERT_TRUE(seen.insert({chosen.target, chosen.source, chosen.port}).second) << i;
    ++per_target[chosen.target];
    ++per_source[chosen.source];
    // At every count, the targets differ by at most one.
    ASSERT_LE(per_target.front() - per_target.back(), 1U);
  }
  EXPECT_THAT(per_source, testing::Each(kTargets * kPorts));
}

}  // namespace
}  // namespace ringstorm
