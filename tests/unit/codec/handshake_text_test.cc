#include <gtest/gtest.h>

#include "codec/handshake.h"
#include "unit/codec/bytes.h"

namespace ringstorm {
namespace {

constexpr std::string_view kRfcKey = "dGhlIHNhbXBsZSBub25jZQ==";

std::string written(const UpgradeRequest& request) {
  const UpgradeRequestTemplate bytes(request);
  NonceText key{};
  kRfcKey.copy(key.data(), key.size());
  test::Bytes out(bytes.size() + 1, std::byte{'!'});
  bytes.write(out, key);
  EXPECT_EQ(out.back(), std::byte{'!'});
  out.pop_back();
  return test::to_text(out);
}

TEST(NonceTextTest, IsBase64) {
  Nonce nonce{};
  const test::Bytes sample = test::to_bytes("the sample nonce");  // RFC 6455 section 1.3
  std::copy(sample.begin(), sample.end(), nonce.begin());
  const NonceText text = encode_nonce(nonce);
  EXPECT_EQ(std::string_view(text.data(), text.size()), kRfcKey);
}

TEST(UpgradeRequestText, OffersDeflateInAFieldOfItsOwn) {
  const std::string request =
      written({.host = "h", .subprotocols = {"chat"}, .deflate = DeflateOffer{.server_max_window_bits = 10}});
  EXPECT_NE(request.find("\r\nSec-WebSocket-Protocol: chat\r\n"
                         "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n"),
            std::string::npos)
      << request;
  const ParsedUpgradeRequest parsed = parse_upgrade_request(request, 4096);
  EXPECT_EQ(parsed.extensions[0], "permessage-deflate; server_max_window_bits=10");
  EXPECT_EQ(parsed.extensions[1], "");
}

TEST(UpgradeRequestText, StandsInTheOrderOfTheRfc) {
  EXPECT_EQ(written({.target = "/chat?room=1",
                     .host = "example.org:9001",
                     .origin = "http://example.org",
                     .headers = {{"Authorization", "Bearer x"}, {"X-Load", "1"}},
                     .subprotocols = {"chat", "superchat"}}),
            "GET /chat?room=1 HTTP/1.1\r\n"
            "Host: example.org:9001\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Origin: http://example.org\r\n"
            "Sec-WebSocket-Protocol: chat, superchat\r\n"
            "Authorization: Bearer x\r\n"
            "X-Load: 1\r\n\r\n");
}

TEST(UpgradeRequestText, LeavesOutWhatWasNotAskedFor) {
  EXPECT_EQ(written({.host = "h"}),
            "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
}

TEST(UpgradeRequestText, LetsAHeaderReplaceOurs) {
  EXPECT_EQ(
      written({.host = "h", .origin = "o", .headers = {{"X", "1"}, {"HOST", "virtual"}, {"origin", "null"}}}),
      "GET / HTTP/1.1\r\nHOST: virtual\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\norigin: null\r\nX: "
      "1\r\n\r\n");
}

TEST(UpgradeRequestText, KnowsTheHeadersItMustWriteItself) {
  for (const char* name : {"Upgrade", "connection", "Sec-WebSocket-Key", "SEC-WEBSOCKET-VERSION"}) {
    EXPECT_TRUE(is_fixed_upgrade_header(name)) << name;
  }
  for (const char* name : {"Host", "Origin", "Sec-WebSocket-Protocol", "X", ""}) {
    EXPECT_FALSE(is_fixed_upgrade_header(name)) << name;
  }
  EXPECT_DEATH(UpgradeRequestTemplate({.host = "h", .headers = {{"upgrade", "h2c"}}}),
               "is_fixed_upgrade_header");
}

TEST(UpgradeResponseText, IsTheExampleOfRfc6455Section13) {
  EXPECT_EQ(upgrade_response(kRfcKey, "chat"),
            "HTTP/1.1 101 Switching Protocols\r\n"
            "Upgrade: websocket\r\n"
            "Connection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
            "Sec-WebSocket-Protocol: chat\r\n\r\n");
  EXPECT_EQ(upgrade_response(kRfcKey, "").find("Sec-WebSocket-Protocol"), std::string::npos);
}

TEST(RefusalText, SaysWhatIsWrongAndCloses) {
  EXPECT_EQ(refusal_response(400),
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(
      refusal_response(405),
      "HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\nAllow: GET\r\n\r\n");
  EXPECT_EQ(refusal_response(426),
            "HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: "
            "0\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_EQ(refusal_response(431).substr(0, 45), "HTTP/1.1 431 Request Header Fields Too Large\r");
}

}  // namespace
}  // namespace ringstorm
