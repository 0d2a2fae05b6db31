#include "base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

TEST(Error, LeavesOutWhatItDoesNotHave) {
  EXPECT_EQ(to_string(Error{"", "b", "c"}), "b (c)");
  EXPECT_EQ(to_string(Error{"a", "b", ""}), "a: b");
}

TEST(Result, CarriesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  EXPECT_EQ(**result, 7);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 7);
}

TEST(Result, IsReadAndChangedThroughItself) {
  Result<std::string> result = std::string("abc");
  EXPECT_EQ(result->size(), 3U);
  result->push_back('d');
  *result += 'e';
  EXPECT_EQ(result.value(), "abcde");
}

TEST(Result, PassesItsErrorsOn) {
  const Result<int> inner = std::vector<Error>{{"a", "b", ""}, {"c", "d", ""}};
  const Result<std::string> outer = inner.errors();
  ASSERT_FALSE(outer);
  EXPECT_EQ(outer.errors().size(), 2U);
  EXPECT_EQ(to_string(outer.error()), "a: b");
}

TEST(Status, SucceedsOrSaysWhy) {
  EXPECT_TRUE(success());
  const Status failed = Error{"here", "no", ""};
  EXPECT_FALSE(failed);
  EXPECT_EQ(failed.error().what, "no");
}

TEST(ResultDeathTest, DoesNotLendAValueItDoesNotHave) {
  Result<std::string> failed = Error{"", "no", ""};
  EXPECT_DEATH((void)failed->size(), "ok\\(\\)");
  EXPECT_DEATH((void)std::move(failed).value(), "ok\\(\\)");
}

}  // namespace
}  // namespace ringstorm
