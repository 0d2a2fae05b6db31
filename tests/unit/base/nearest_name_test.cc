#include "base/nearest_name.h"

#include <array>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

constexpr std::array<std::string_view, 6> kNames{"connections", "in_flight", "message",
                                                 "messages",    "url",       "open_rate"};

TEST(NearestName, FindsWhatWasMeant) {
  EXPECT_EQ(nearest_name("conections", kNames), "connections");   // one left out
  EXPECT_EQ(nearest_name("connectiosn", kNames), "connections");  // two swapped
  EXPECT_EQ(nearest_name("messagess", kNames), "messages");       // one too many
  EXPECT_EQ(nearest_name("URL", kNames), "url");                  // another case
  EXPECT_EQ(nearest_name("openRate", kNames), "open_rate");       // another style
  EXPECT_EQ(nearest_name("inflight", kNames), "in_flight");
  EXPECT_EQ(nearest_name("conn", kNames), "connections");  // cut short
}

TEST(NearestName, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("", kNames), "");
  EXPECT_EQ(nearest_name("threads", kNames), "");
  EXPECT_EQ(nearest_name("xyz", kNames), "");
  EXPECT_EQ(nearest_name("co", kNames), "");
  EXPECT_EQ(nearest_name(std::string(10'000, 'a'), kNames), "");
  EXPECT_EQ(nearest_name("url", {}), "");
}

TEST(NearestName, MakesAQuestionOfIt) {
  EXPECT_EQ(did_you_mean("ulr", kNames), "did you mean \"url\"?");
  EXPECT_EQ(did_you_mean("quite else", kNames), "");
}

}  // namespace
}  // namespace ringstorm
