#include "plan/session_plan.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

SessionForm weighing(std::uint64_t weight) {
  SessionForm form;
  form.weight = weight;
  return form;
}

SessionForm counting(std::uint64_t count) {
  SessionForm form;
  form.count = count;
  return form;
}

using Counts = std::vector<std::uint64_t>;

TEST(SessionPlan, CutsTheConnectionsExactly) {
  EXPECT_EQ(connections_of(std::vector{weighing(1), weighing(2), weighing(1)}, 100), (Counts{25, 50, 25}));
  EXPECT_EQ(connections_of(std::vector{counting(10), weighing(1)}, 100), (Counts{10, 90}));
  EXPECT_EQ(connections_of(std::vector{weighing(0), weighing(1)}, 7), (Counts{0, 7}));
  for (std::uint64_t all = 1; all < 200; ++all) {
    const Counts counts =
        connections_of(std::vector{weighing(3), counting(5), weighing(7), weighing(1)}, all);
    EXPECT_EQ(counts[0] + counts[1] + counts[2] + counts[3], all);
  }
}

TEST(SessionPlan, EveryStretchOfConnectionsHasItsShare) {
  const Counts counts{10, 90, 300};
  const auto cast = cast_sessions(counts);
  ASSERT_EQ(cast.size(), 400U);
  for (std::size_t session = 0; session < 3; ++session) {
    EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count(cast, session)), counts[session]);
    for (std::size_t end = 1; end <= cast.size(); ++end) {
      const auto had = std::count(cast.begin(), cast.begin() + static_cast<std::ptrdiff_t>(end), session);
      EXPECT_NEAR(static_cast<double>(had), static_cast<double>(counts[session] * end) / 400, 1.0);
    }
  }
}

}  // namespace
}  // namespace ringstorm
