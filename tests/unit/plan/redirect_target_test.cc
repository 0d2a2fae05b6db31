#include "plan/redirect_target.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

std::string from(const char* url, const char* location) {
  const auto target = redirect_target(url, location);
  return target ? *target : to_string(target.error());
}

TEST(RedirectTarget, IsResolvedAgainstWhereItWasSaid) {
  EXPECT_EQ(from("ws://a:1/x/y?q", "/z"), "ws://a:1/z");
  EXPECT_EQ(from("ws://a:1/x/y?q", "z?p=1"), "ws://a:1/x/z?p=1");
  EXPECT_EQ(from("ws://a:1/x/y?q", "?p"), "ws://a:1/x/y?p");
  EXPECT_EQ(from("ws://a:1/x/y", "../z"), "ws://a:1/z");
  EXPECT_EQ(from("ws://a:1/x", "//b:2/y"), "ws://b:2/y");
  EXPECT_EQ(from("ws://a:1/x", "http://b/y"), "ws://b/y");
  EXPECT_EQ(from("ws://a:1/x", "HTTPS://b/y#part"), "wss://b/y");
  EXPECT_EQ(from("ws://a:1/x", "wss://[::1]:2/"), "wss://[::1]:2/");
}

TEST(RedirectTarget, StaysOnAUnixSocket) {
  EXPECT_EQ(from("ws+unix:/run/a.sock:/x", "/y?z"), "ws+unix:/run/a.sock:/y?z");
  EXPECT_EQ(
      from("ws+unix:/run/a.sock:/x", "http://h/"),
      "ws+unix:/run/a.sock:/x: points to \"http://h/\", and from a Unix socket only a path leads anywhere");
}

TEST(RedirectTarget, SaysWhatLeadsNowhere) {
  EXPECT_EQ(from("ws://a/", ""), "ws://a/: points elsewhere without saying where");
  EXPECT_EQ(from("ws://a/", "#only"), "ws://a/: points elsewhere without saying where");
  EXPECT_EQ(from("ws://a/", "http://[bad/"), "ws://a/: points to \"http://[bad/\", which is no URL");
  EXPECT_EQ(from("ws://a/", "/a b"), "ws://a/: points to \"/a b\", which is no URL");
}

TEST(RedirectTarget, KnowsTheStatuses) {
  for (const int status : {301, 302, 303, 307, 308}) EXPECT_TRUE(is_redirect(status)) << status;
  for (const int status : {0, 101, 200, 300, 304, 305, 306, 400}) EXPECT_FALSE(is_redirect(status)) << status;
}

}  // namespace
}  // namespace ringstorm
