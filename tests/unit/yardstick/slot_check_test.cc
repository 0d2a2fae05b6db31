#include "yardstick/slot_check.h"

#include <gtest/gtest.h>

namespace ringstorm::yardstick {
namespace {

TEST(ChangesOnly, HoldsForWhatIsExpectedAndNothingElse) {
  std::vector<std::byte> slot(64, std::byte{7});
  const std::vector<std::byte> original = slot;
  const std::vector<std::byte> expected(3, std::byte{9});
  const auto write = [&](std::size_t from, std::size_t count) {
    return changes_only(slot, &slot[10], expected, [&] {
      for (std::size_t i = from; i < from + count; ++i) slot[i] = std::byte{9};
    });
  };
  EXPECT_TRUE(write(10, 3));
  EXPECT_FALSE(write(10, 2));
  EXPECT_FALSE(write(10, 4));
  EXPECT_FALSE(write(9, 4));
  EXPECT_FALSE(write(63, 1));
  EXPECT_EQ(slot, original);
}

}  // namespace
}  // namespace ringstorm::yardstick
