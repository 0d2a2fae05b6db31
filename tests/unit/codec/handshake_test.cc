#include "codec/handshake.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using Verdict = UpgradeJudgement::Verdict;

constexpr std::size_t kMaxHeadBytes = 1024;
constexpr std::string_view kRfcKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kRfcAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const std::vector<std::string> kOffered = {"chat", "superchat"};

UpgradeJudgement judge(std::string_view head, std::size_t max_head_bytes = kMaxHeadBytes) {
  return judge_upgrade_response(head, accept_key(kRfcKey), kOffered, max_head_bytes);
}

std::string response_with(std::string_view headers, std::string_view status = "101 Switching Protocols") {
  return std::string("HTTP/1.1 ").append(status).append("\r\n").append(headers).append("\r\n");
}

constexpr const char* kUpgrade = "Upgrade: websocket\r\n";
constexpr const char* kConnection = "Connection: Upgrade\r\n";
constexpr const char* kAccept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

std::string good(std::string_view more = "") {
  return response_with(std::string(kUpgrade) + kConnection + kAccept + std::string(more));
}

TEST(AcceptKeyTest, IsTheExampleOfRfc6455Section13) {
  const AcceptKey accept = accept_key(kRfcKey);
  EXPECT_EQ(std::string_view(accept.data(), accept.size()), kRfcAccept);
}

TEST(UpgradeResponse, TheExampleOfRfc6455Section13IsAccepted) {
  const std::string head =
      "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\n"
      "Connection: Upgrade\r\n"
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
      "Sec-WebSocket-Protocol: chat\r\n\r\n";
  const UpgradeJudgement judgement = judge(head +
                                           "\x81\x01"
                                           "a");
  EXPECT_EQ(judgement.verdict, Verdict::accepted);
  EXPECT_EQ(judgement.head_bytes, head.size()) << "what follows is frames";
  EXPECT_EQ(judgement.subprotocol, 0);
}

TEST(UpgradeResponse, DeflateIsJudgedByWhatWasOffered) {
  const DeflateOffer offer{.client_max_window_bits = 15};
  const auto judged = [&](std::string_view headers) {
    return judge_upgrade_response(good(headers), accept_key(kRfcKey), kOffered, kMaxHeadBytes, &offer);
  };
  EXPECT_EQ(judged("").verdict, Verdict::accepted);
  EXPECT_FALSE(judged("").deflate) << "declined";
  const UpgradeJudgement agreed =
      judged("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n");
  ASSERT_TRUE(agreed.deflate);
  EXPECT_EQ(agreed.deflate->client_max_window_bits, 10);
  const std::pair<const char*, Cause> broken[] = {
      {"Sec-WebSocket-Extensions: permessage-deflate; x\r\n", Cause::unknown_extension_parameter},
      {"Sec-WebSocket-Extensions: other\r\n", Cause::unoffered_extension},
      {"Sec-WebSocket-Extensions:\r\n", Cause::malformed_extensions},
      {"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
       Cause::repeated_extension},
      {"Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Extensions: other\r\n",
       Cause::unoffered_extension},
  };
  for (const auto& [headers, cause] : broken) {
    EXPECT_EQ(judged(headers).verdict, Verdict::failed) << headers;
    EXPECT_EQ(judged(headers).failure.cause, cause) << headers;
  }
}

TEST(UpgradeResponse, MayBeWrittenInManyWays) {
  EXPECT_EQ(judge(good()).subprotocol, -1);
  const std::string heads[] = {
      good(),
      good("Server: x\r\nX-Empty:\r\n"),
      response_with(std::string("UPGRADE: WebSocket\r\nconnection:upgrade\r\nsec-websocket-accept:   ") +
                    std::string(kRfcAccept) + "  \r\n"),
      response_with(std::string(kUpgrade) + "Connection: keep-alive, Upgrade\r\n" + kAccept),
      response_with(std::string(kUpgrade) + "Connection: keep-alive\r\nConnection: upgrade\r\n" + kAccept),
      response_with(std::string(kUpgrade) + kConnection + kAccept + "Content-Length: 0\r\n"),
      response_with(std::string(kUpgrade) + kConnection + kAccept, "101 "),
  };
  for (const std::string& head : heads) {
    const UpgradeJudgement judgement = judge(head);
    EXPECT_EQ(judgement.verdict, Verdict::accepted) << head << to_string(judgement.failure);
    EXPECT_EQ(judgement.head_bytes, head.size());
  }
}

TEST(UpgradeResponse, NamesTheSubprotocolAmongThoseOffered) {
  EXPECT_EQ(judge(good("Sec-WebSocket-Protocol: superchat\r\n")).subprotocol, 1);
  EXPECT_EQ(judge(good("Sec-WebSocket-Protocol: superchat\r\n")).verdict, Verdict::accepted);
}

struct Refusal {
  std::string head;
  Failure failure;
};

TEST(UpgradeResponse, IsRefusedByCause) {
  const std::string upgrade = kUpgrade, connection = kConnection, accept = kAccept;
  const Refusal rows[] = {
      {response_with(connection + accept), {Cause::missing_upgrade_header}},
      {response_with("Upgrade: h2c\r\n" + connection + accept), {Cause::missing_upgrade_header}},
      {response_with(upgrade + accept), {Cause::missing_connection_header}},
      {response_with(upgrade + "Connection: keep-alive\r\n" + accept), {Cause::missing_connection_header}},
      {response_with(upgrade + "Connection: Upgraded\r\n" + accept), {Cause::missing_connection_header}},
      {response_with(upgrade + connection), {Cause::missing_accept_key}},
      {response_with(upgrade + connection + "Sec-WebSocket-Accept: " + std::string(kRfcKey) + "\r\n"),
       {Cause::wrong_accept_key}},
      {response_with(upgrade + connection + "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=\r\n"),
       {Cause::wrong_accept_key}},
      {response_with(upgrade + connection + "Sec-WebSocket-Accept:\r\n"), {Cause::wrong_accept_key}},
      {good(accept), {Cause::wrong_accept_key}},  // twice
      {good("Sec-WebSocket-Extensions: permessage-deflate\r\n"), {Cause::unoffered_extension}},
      {good("Sec-WebSocket-Protocol: other\r\n"), {Cause::unoffered_subprotocol}},
      {good("Sec-WebSocket-Protocol: Chat\r\n"), {Cause::unoffered_subprotocol}},
      {good("Sec-WebSocket-Protocol:\r\n"), {Cause::unoffered_subprotocol}},
      {good("Sec-WebSocket-Protocol: chat, superchat\r\n"), {Cause::unoffered_subprotocol}},
      {good("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n"),
       {Cause::unoffered_subprotocol}},
      {response_with("", "200 OK"), {Cause::http_status, 200}},
      {response_with("Location: /x\r\nContent-Length: 5\r\n", "301 Moved Permanently"),
       {Cause::http_status, 301}},
      {response_with("", "401 Unauthorized"), {Cause::http_status, 401}},
      {response_with(upgrade + connection + accept, "403 Forbidden"), {Cause::http_status, 403}},
      {response_with("Transfer-Encoding: chunked\r\n", "500 Oh"), {Cause::http_status, 500}},
      {response_with("no colon here\r\n", "503 Busy"), {Cause::http_status, 503}},
      {response_with("no colon here\r\n"), {Cause::malformed_head}},
      {response_with(upgrade + "Bad Name: x\r\n"), {Cause::malformed_head}},
      {response_with(upgrade + "X: a\x01"
                               "b\r\n"),
       {Cause::malformed_head}},
      {"HTTP/1.1 101\r\n\r\n", {Cause::malformed_head}},
  };
  for (const Refusal& row : rows) {
    const UpgradeJudgement judgement = judge(row.head);
    EXPECT_EQ(judgement.verdict, Verdict::failed) << row.head;
    EXPECT_EQ(judgement.failure, row.failure) << row.head << to_string(judgement.failure);
  }
}

TEST(UpgradeResponse, IsWaitedForWhileItCanStillBecomeOne) {
  const std::string head = good("Sec-WebSocket-Protocol: chat\r\n");
  for (std::size_t bytes = 0; bytes < head.size(); ++bytes) {
    ASSERT_EQ(judge(head.substr(0, bytes)).verdict, Verdict::need_more) << bytes;
  }
}

TEST(UpgradeResponse, IsRefusedAtTheFirstImpossibleByte) {
  for (const char* start :
       {"S", "220 smtp.example.org", "HTTQ", "HTTP/2", "HTTP/1.1X", "HTTP/1.1 1O1", "\x81", "\r\n", "<html>",
        "HTTP/1.1 101 Ok\r\nno colon here\r", "HTTP/1.1 101 Ok\nUpgrade"}) {
    EXPECT_EQ(judge(start).verdict, Verdict::failed) << start;
    EXPECT_EQ(judge(start).failure.cause, Cause::malformed_head) << start;
  }
}

TEST(UpgradeResponse, IsHeldToItsSize) {
  const std::string head = good();
  EXPECT_EQ(judge(head + "frames", head.size()).verdict, Verdict::accepted) << "exactly as much as allowed";
  EXPECT_EQ(judge(head, head.size() - 1).failure.cause, Cause::head_too_large);
  EXPECT_EQ(judge(head + "frames", head.size() - 1).failure.cause, Cause::head_too_large);
  const std::string endless = "HTTP/1.1 101 Ok\r\n" + std::string(kMaxHeadBytes, 'x');
  EXPECT_EQ(judge(endless.substr(0, kMaxHeadBytes - 1)).verdict, Verdict::need_more);
  EXPECT_EQ(judge(endless.substr(0, kMaxHeadBytes)).failure.cause, Cause::head_too_large);
}

constexpr const char* kRfcRequest =
    "GET /chat HTTP/1.1\r\n"
    "Host: server.example.com\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Origin: http://example.com\r\n"
    "Sec-WebSocket-Protocol: chat, superchat\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n";

std::string request_with(std::string_view line, std::string_view replacement) {
  std::string request = kRfcRequest;
  const std::size_t at = request.find(line);
  EXPECT_NE(at, std::string::npos) << line;
  return request.replace(at, line.size(), replacement);
}

TEST(UpgradeRequestParsing, TakesTheExampleOfRfc6455Section13) {
  const std::string head = kRfcRequest;
  const std::string received = head + "\x81\x80";
  const ParsedUpgradeRequest parsed = parse_upgrade_request(received, kMaxHeadBytes);
  EXPECT_EQ(parsed.verdict, Verdict::accepted);
  EXPECT_EQ(parsed.head_bytes, head.size());
  EXPECT_EQ(parsed.target, "/chat");
  EXPECT_EQ(parsed.key, kRfcKey);
  EXPECT_EQ(parsed.subprotocols, "chat, superchat");
  EXPECT_EQ(parsed.key.data(), received.data() + received.find(kRfcKey)) << "a view, not a copy";
}

TEST(UpgradeRequestParsing, TakesListsAndAnyCase) {
  for (const std::string& head : {request_with("Upgrade: websocket", "UPGRADE: h2c, WebSocket"),
                                  request_with("Connection: Upgrade", "connection: keep-alive, UPGRADE"),
                                  request_with("Origin: http://example.com\r\n", ""),
                                  request_with("Origin: http://example.com", "Origin:")}) {
    EXPECT_EQ(parse_upgrade_request(head, kMaxHeadBytes).verdict, Verdict::accepted) << head;
  }
}

struct RequestRefusal {
  std::string head;
  int status;
};

TEST(UpgradeRequestParsing, RefusesWithTheRightStatus) {
  const RequestRefusal rows[] = {
      {request_with("GET", "POST"), 405},
      {request_with("GET", "get"), 405},
      {request_with("HTTP/1.1", "HTTP/1.0"), 400},
      {request_with("HTTP/1.1", "HTTP/2.0"), 400},
      {request_with("Host: server.example.com\r\n", ""), 400},
      {request_with("Origin: http", "Host: twice"), 400},
      {request_with("Upgrade: websocket\r\n", ""), 400},
      {request_with("Connection: Upgrade\r\n", ""), 400},
      {request_with("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""), 400},
      {request_with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j"), 400},
      {request_with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQQQ"), 400},
      {request_with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j ZQ="), 400},
      {request_with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBs!SBub25jZQ=="), 400},
      {request_with("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBs\r\n ZSBub25jZQ=="), 400},
      {request_with("server.example.com", "server\r\n .example.com"), 400},
      {request_with("chat, superchat", "chat,\r\n superchat"), 400},
      {request_with("Origin: http://example.com", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400},
      {request_with("Version: 13", "Version: 8"), 426},
      {request_with("Sec-WebSocket-Version: 13\r\n", ""), 426},
      {request_with("Origin: http://example.com", "Origin http://example.com"), 400},
      {"\x16\x03\x01 a TLS client", 400},
      {"HELLO\r\n", 400},
      {"GET /" + std::string(kMaxHeadBytes, 'a'), 431},
  };
  for (const RequestRefusal& row : rows) {
    const ParsedUpgradeRequest parsed = parse_upgrade_request(row.head, kMaxHeadBytes);
    EXPECT_EQ(parsed.verdict, Verdict::failed) << row.head;
    EXPECT_EQ(parsed.refuse_with, row.status) << row.head;
  }
}

TEST(UpgradeRequestParsing, WaitsForTheWholeHead) {
  const std::string head = kRfcRequest;
  for (std::size_t bytes = 0; bytes < head.size(); ++bytes) {
    ASSERT_EQ(parse_upgrade_request(head.substr(0, bytes), kMaxHeadBytes).verdict, Verdict::need_more)
        << bytes;
  }
}

}  // namespace
}  // namespace ringstorm
