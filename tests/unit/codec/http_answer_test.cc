#include "codec/http_answer.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using Kind = HttpAnswer::Kind;

TEST(HttpAnswer, IsReadWithItsLocation) {
  const std::string_view head = "HTTP/1.1 302 Found\r\nServer: x\r\nlocation: http://a/b\r\n\r\n";
  const HttpAnswer answer = read_http_answer(std::string(head) + "body", 1'000);
  EXPECT_EQ(answer.kind, Kind::whole);
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.head_bytes, head.size());
  EXPECT_EQ(read_http_answer(head, 1'000).location, "http://a/b");
  EXPECT_EQ(read_http_answer("HTTP/1.1 200 OK\r\n\r\n", 1'000).location, "");
}

TEST(HttpAnswer, IsReadWithItsCookies) {
  const HttpAnswer answer = read_http_answer(
      "HTTP/1.1 302 Found\r\nSet-Cookie: a=1\r\nX: y\r\nset-cookie: b=2; Path=/\r\n\r\n", 1'000);
  EXPECT_EQ(answer.cookies, (std::vector<std::string_view>{"a=1", "b=2; Path=/"}));
}

TEST(HttpAnswer, NeedsEveryByteOfItsHead) {
  const std::string_view head = "HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n";
  for (std::size_t size = 0; size < head.size(); ++size)
    EXPECT_EQ(read_http_answer(head.substr(0, size), 1'000).kind, Kind::need_more) << size;
  EXPECT_EQ(read_http_answer(head, 1'000).kind, Kind::whole);
}

TEST(HttpAnswer, WhatIsNoneIsSeenAtOnce) {
  for (const char* text : {"S", "SSH-2.0", "HTTP/2", "HTTP/1.1 2x", "\x15\x03\x01"})
    EXPECT_EQ(read_http_answer(text, 1'000).kind, Kind::malformed) << text;
  EXPECT_EQ(read_http_answer("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 1'000).kind, Kind::malformed);
}

TEST(HttpAnswer, IsBounded) {
  const std::string head = "HTTP/1.1 200 OK\r\nX: " + std::string(100, 'x') + "\r\n\r\n";
  EXPECT_EQ(read_http_answer(head, head.size()).kind, Kind::whole);
  EXPECT_EQ(read_http_answer(head, head.size() - 1).kind, Kind::too_large);
  EXPECT_EQ(read_http_answer(head.substr(0, 50), 60).kind, Kind::need_more);
}

TEST(HttpAnswer, TellsWhereARedirectPoints) {
  EXPECT_EQ(telling_part("HTTP/1.1 301 Moved\r\nServer: x\r\nLOCATION: /there\r\nX: y\r\n\r\n"),
            "LOCATION: /there");
  EXPECT_EQ(telling_part("HTTP/1.1 301 Moved\r\nLocation: /cut"), "Location: /cut");
  for (const char* head : {"HTTP/1.1 301 Moved\r\nX: Location: /x\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nLocation: /x\r\n\r\n", "HTTP/1.1 3", "", "SSH"})
    EXPECT_EQ(telling_part(head), head);
}

// RFC 7617 section 2.
TEST(HttpAnswer, CredentialsAreBase64) {
  EXPECT_EQ(basic_credentials("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(basic_credentials("", ""), "Basic Og==");
}

}  // namespace
}  // namespace ringstorm
