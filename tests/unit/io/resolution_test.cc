#include "io/resolution.h"

#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"

namespace ringstorm {
namespace {

const Resolution& settled(const Resolution& resolution) {
  while (!resolution.done()) std::this_thread::sleep_for(milliseconds(1));
  return resolution;
}

TEST(Resolution, AnswersAsTheResolverDoes) {
  const Resolution resolution("localhost", 9001);
  const auto addresses = settled(resolution).addresses();
  ASSERT_TRUE(addresses);
  EXPECT_EQ(addresses->front().port(), 9001);
}

TEST(Resolution, SaysWhyThereIsNone) {
  const Resolution resolution("nowhere.invalid", 1);  // RFC 6761
  const auto addresses = settled(resolution).addresses();
  ASSERT_FALSE(addresses);
  EXPECT_EQ(addresses.error().where, "nowhere.invalid");
}

TEST(Resolution, NeedNotBeWaitedFor) {
  for (int i = 0; i < 10; ++i) const Resolution forgotten("localhost", 1);
}

}  // namespace
}  // namespace ringstorm
