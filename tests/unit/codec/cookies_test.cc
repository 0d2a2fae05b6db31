#include "codec/cookies.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

CookieJar jar(std::initializer_list<const char*> fields, const char* target = "/") {
  CookieJar jar;
  for (const char* field : fields) jar.take(field, target);
  return jar;
}

// The examples of RFC 6265 section 3.1.
TEST(CookieJar, SendsBackWhatWasSet) {
  EXPECT_EQ(jar({"SID=31d4d96e407aad42"}).for_request("/", false), "SID=31d4d96e407aad42");
  EXPECT_EQ(jar({"SID=31d4d96e407aad42; Path=/; Domain=example.com", "lang=en-US; Path=/"})
                .for_request("/a?b", false),
            "SID=31d4d96e407aad42; lang=en-US");
  EXPECT_EQ(jar({"SID=1; Path=/; Secure; HttpOnly"}).for_request("/", true), "SID=1");
}

TEST(CookieJar, ReplacesTheOneOfTheSameNameAndPath) {
  EXPECT_EQ(jar({"a=1", "b=2", "a=3"}).for_request("/", false), "b=2; a=3");
  EXPECT_EQ(jar({"a=1; Path=/x", "a=2"}).for_request("/x/y", false), "a=1; a=2");  // the longer path first
}

TEST(CookieJar, ForgetsWhatIsOver) {
  EXPECT_EQ(jar({"a=1", "b=2", "a=; Max-Age=0"}).for_request("/", false), "b=2");
  EXPECT_TRUE(jar({"a=1; max-age=-99999999999999999999"}).empty());
  EXPECT_FALSE(jar({"a=1; Max-Age=60"}).empty());
  EXPECT_FALSE(jar({"a=1; Max-Age=soon"}).empty());
  EXPECT_FALSE(jar({"a=1; Max-Age=99999999999999999999"}).empty());
}

TEST(CookieJar, SendsASecureOneOverTlsOnly) {
  const CookieJar both = jar({"a=1; SECURE", "b=2"});
  EXPECT_EQ(both.for_request("/", false), "b=2");
  EXPECT_EQ(both.for_request("/", true), "a=1; b=2");
}

TEST(CookieJar, KeepsToThePath) {
  const CookieJar rooms = jar({"a=1; Path=/room", "b=2; Path=/room/", "c=3; Path=x"}, "/room/one?x=/y");
  EXPECT_EQ(rooms.for_request("/room", false), "a=1; c=3");
  EXPECT_EQ(rooms.for_request("/room/two", false), "b=2; a=1; c=3");
  EXPECT_EQ(rooms.for_request("/roommate", false), "");
  EXPECT_EQ(jar({"a=1"}, "/").for_request("/any/where", false), "a=1");
}

TEST(CookieJar, TakesNothingThatIsNone) {
  CookieJar jar;
  for (const char* field : {"", ";", "a", "=1", " =1; Path=/", "a\r\nX: y=1", "a=1\r\nX: y"})
    EXPECT_FALSE(jar.take(field, "/")) << field;
  EXPECT_TRUE(jar.empty());
  EXPECT_TRUE(jar.take(" a = 1 = 2 ;;= ;Path", "/"));
  EXPECT_EQ(jar.for_request("/", false), "a=1 = 2");
}

TEST(CookieJar, IsBounded) {
  CookieJar jar;
  EXPECT_TRUE(jar.take("a=" + std::string(CookieJar::kMostBytes - 1, 'x'), "/"));
  EXPECT_FALSE(jar.take("b=", "/"));
  EXPECT_TRUE(jar.take("a=1", "/"));
  EXPECT_TRUE(jar.take("b=2", "/"));
}

}  // namespace
}  // namespace ringstorm
