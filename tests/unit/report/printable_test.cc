#include "report/printable.h"

#include <string>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

TEST(Printable, EscapesWhateverIsNotPlain) {
  EXPECT_EQ(printable("plain ~ text", 80), "plain ~ text");
  EXPECT_EQ(printable("a\r\n\tb\\", 80), "a\\r\\n\\tb\\\\");
  EXPECT_EQ(printable(std::string_view("\0\x1b[31m\x7f\x80\xff", 9), 80), "\\x00\\x1b[31m\\x7f\\x80\\xff");
}

TEST(Printable, CutsBetweenEscapesAndSaysSo) {
  EXPECT_EQ(printable("12345678", 8), "12345678");
  EXPECT_EQ(printable("123456789", 8), "12345...");
  EXPECT_EQ(printable("123\x01\x02\x03", 8), "123...");  // half an escape helps nobody
  for (std::size_t limit = 8; limit < 60; ++limit) {
    EXPECT_LE(printable(std::string(100, '\x01'), limit).size(), limit);
  }
}

TEST(FirstLine, EndsAtEitherEnd) {
  EXPECT_EQ(first_line("HTTP/1.1 403 Forbidden\r\nA: b"), "HTTP/1.1 403 Forbidden");
  EXPECT_EQ(first_line("one\ntwo"), "one");
  EXPECT_EQ(first_line("only"), "only");
  EXPECT_EQ(first_line("\r\n"), "");
}

}  // namespace
}  // namespace ringstorm
