#include "base/lazy_array.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace ringstorm {
namespace {

struct Pair {
  std::uint64_t a;
  std::uint32_t b;
};

TEST(LazyArray, IsZeroed) {
  LazyArray<Pair> array(10'000);
  ASSERT_EQ(array.size(), 10'000U);
  for (std::size_t i = 0; i < array.size(); ++i) ASSERT_TRUE(array[i].a == 0 && array[i].b == 0) << i;
}

TEST(LazyArray, HoldsWhatItWasGiven) {
  LazyArray<std::uint32_t> array(1'000);
  for (std::uint32_t i = 0; i < 1'000; ++i) array[i] = i * 3;
  for (std::uint32_t i = 0; i < 1'000; ++i) ASSERT_EQ(array.data()[i], i * 3);
}

TEST(LazyArray, MayBeEmpty) {
  LazyArray<Pair> array(0);
  EXPECT_EQ(array.size(), 0U);
  EXPECT_NE(array.data(), nullptr);
}

TEST(LazyArray, CostsMemoryOnlyWhereItWasTouched) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer's calloc touches every page itself";
#endif
  constexpr std::size_t kBytes = 256 << 20;
  LazyArray<char> array(kBytes);
  array[0] = 'x';
  array[kBytes - 1] = 'x';
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<std::uintptr_t>(array.data()) + page - 1) / page * page;
  std::vector<unsigned char> pages(kBytes / page - 1);
  ASSERT_EQ(::mincore(reinterpret_cast<void*>(begin), pages.size() * page, pages.data()), 0);
  std::size_t resident = 0;
  for (const unsigned char state : pages) resident += state & 1;
  // A huge page for each end at the most, of 2 MiB.
  EXPECT_LE(resident * page, std::size_t{8} << 20);
}

TEST(LazyArrayDeathTest, IsNotHadWithoutMemoryForIt) {
  volatile std::size_t too_many = SIZE_MAX / 4;  // not for the compiler to see through
  EXPECT_DEATH(LazyArray<Pair>{too_many}, "items_ != nullptr|requested allocation size|calloc parameters");
}

#ifndef NDEBUG
TEST(LazyArrayDeathTest, HasAnEnd) {
  LazyArray<int> array(3);
  EXPECT_DEATH(array[3] = 1, "index < size_");
}
#endif

}  // namespace
}  // namespace ringstorm
