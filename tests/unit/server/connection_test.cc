// The server's side of one connection without a socket: hand it bytes, look at what it would send.
#include "server/connection.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/server/wire.h"

namespace ringstorm {
namespace {

using namespace testing;
using Phase = ServerConnection::Phase;

class ConnectionTest : public ::testing::Test {
 protected:
  ~ConnectionTest() override {
    connection_.release(context_);
    EXPECT_EQ(context_.pool.bytes_in_use(), 0U);
  }

  /// Hands the bytes over and returns what is sent for them.
  std::string exchange(std::string bytes) {
    connection_.receive(std::as_writable_bytes(std::span(bytes)), context_);
    return sent();
  }
  std::string sent() {
    std::string all;
    for (;;) {
      const auto bytes = connection_.start_send();
      if (bytes.empty()) return all;
      all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      connection_.finish_send(context_);
    }
  }
  /// The same, a piece at a time.
  std::string exchange_in_pieces(std::string_view bytes, std::size_t piece) {
    std::string all;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
      all += exchange(std::string(bytes.substr(0, piece)));
    return all;
  }
  /// Another client.
  void renew() {
    connection_.release(context_);
    std::destroy_at(&connection_);
    std::construct_at(&connection_);
  }
  void upgrade() { ASSERT_EQ(exchange(std::string(kRequest)), kResponse); }
  const ServerCounts& counts() const { return context_.counts; }

  ServerContext context_;
  ServerConnection connection_;
};

TEST_F(ConnectionTest, AcceptsTheRequestOfTheRfc) {
  EXPECT_EQ(exchange(std::string(kRequest)), kResponse);
  EXPECT_EQ(connection_.phase(), Phase::open);
}

TEST_F(ConnectionTest, AcceptsARequestInAnyPiecesWithAFrameBehindIt) {
  const std::string all = std::string(kRequest) + client_frame(kText, "Hello");
  for (std::size_t piece = 1; piece <= all.size(); ++piece) {
    SCOPED_TRACE(piece);
    renew();
    EXPECT_EQ(exchange_in_pieces(all, piece), std::string(kResponse) + server_frame(kText, "Hello"));
  }
}

TEST_F(ConnectionTest, AgreesToTheFirstSubprotocolOffered) {
  std::string request(kRequest);
  request.insert(request.size() - 2, "Sec-WebSocket-Protocol: chat, superchat\r\n");
  const std::string response = exchange(request);
  EXPECT_NE(response.find("\r\nSec-WebSocket-Protocol: chat\r\n"), std::string::npos) << response;
}

TEST_F(ConnectionTest, RefusesWithTheStatusThatFits) {
  std::string old_version(kRequest);
  old_version.replace(old_version.find("Version: 13"), 11, "Version: 8");
  std::string post(kRequest);
  post.replace(0, 3, "POST");
  const struct {
    std::string head;
    std::string_view status;
  } rows[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "},
      {old_version, "HTTP/1.1 426 "},
      {post, "HTTP/1.1 405 "},
      {"\x16\x03\x01\x02garbage\x01\xff", "HTTP/1.1 400 "},
      {"GET / HTTP/1.1\r\nX: " + std::string(17'000, 'x'), "HTTP/1.1 431 "},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.status);
    renew();
    EXPECT_EQ(exchange(row.head).substr(0, row.status.size()), row.status);
    EXPECT_EQ(connection_.phase(), Phase::failing);
  }
  EXPECT_EQ(counts().upgrades_refused, std::size(rows));
}

TEST_F(ConnectionTest, EndlessHeadEndsAtItsLimitWhateverThePieces) {
  for (const std::size_t piece : {1U, 7U, 4096U, 16'384U, 20'000U}) {
    SCOPED_TRACE(piece);
    renew();
    EXPECT_EQ(exchange_in_pieces("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x'), piece).substr(0, 13),
              "HTTP/1.1 431 ");
  }
}

TEST_F(ConnectionTest, EchoesTheExampleOfTheRfc) {
  upgrade();
  EXPECT_EQ(exchange("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "\x81\x05Hello");
}

TEST_F(ConnectionTest, EchoesEveryLengthEncodingWhateverThePieces) {
  upgrade();
  for (const std::size_t size : {0U, 1U, 125U, 126U, 4000U, 4096U, 65'535U, 65'536U, 300'000U}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, std::size_t{16'384}, size + 14}) {
      if (size / piece > 70'000) continue;
      SCOPED_TRACE(std::to_string(size) + " in pieces of " + std::to_string(piece));
      const std::string payload = pattern(size);
      ASSERT_TRUE(exchange_in_pieces(client_frame(kBinary, payload), piece) ==
                  server_frame(kBinary, payload));
    }
  }
}

TEST_F(ConnectionTest, EchoesFragmentsAsTheyAreAndAnswersAPingInBetween) {
  upgrade();
  EXPECT_EQ(exchange(client_frame(kTextBegins, "Hel") + client_frame(kPing, "now") +
                     client_frame(kContinues, "") + client_frame(kContinuesLast, "lo")),
            server_frame(kTextBegins, "Hel") + server_frame(kPong, "now") + server_frame(kContinues, "") +
                server_frame(kContinuesLast, "lo"));
  EXPECT_EQ(counts().messages, 1U);
  EXPECT_EQ(counts().payload_bytes, 5U);
  EXPECT_EQ(counts().pings, 1U);
}

TEST_F(ConnectionTest, SinkAnswersControlsOnly) {
  context_.mode = ServerMode::sink;
  upgrade();
  EXPECT_EQ(exchange(client_frame(kText, "Hello") + client_frame(kPing, "p")), server_frame(kPong, "p"));
  EXPECT_EQ(counts().messages, 1U);
  EXPECT_EQ(exchange(client_frame(kClose, code_bytes(1000))), server_frame(kClose, code_bytes(1000)));
}

TEST_F(ConnectionTest, AnswersACloseWithItsCodeAndLeaves) {
  for (const std::string& payload :
       {std::string(), code_bytes(1000), code_bytes(4999), code_bytes(1001) + "bye"}) {
    renew();
    upgrade();
    EXPECT_EQ(exchange(client_frame(kClose, payload)), server_frame(kClose, payload.substr(0, 2)));
    EXPECT_EQ(connection_.phase(), Phase::leaving);
    EXPECT_EQ(exchange(client_frame(kText, "after the end")), "");
    connection_.output_is_out();
    EXPECT_EQ(connection_.phase(), Phase::finished);
  }
  EXPECT_EQ(counts().closes,
            (std::map<std::uint16_t, std::uint64_t>{{1000, 1}, {1001, 1}, {1005, 1}, {4999, 1}}));
  EXPECT_EQ(counts().open, 0U);
}

struct Violation {
  const char* name;
  std::string bytes;
  unsigned code;
  Cause cause;
};

std::vector<Violation> violations() {
  return {
      {"unmasked frame", server_frame(kText, "Hello"), 1002, Cause::unmasked_frame},
      {"reserved bit", client_frame(0xC1, "Hello"), 1002, Cause::reserved_bit},
      {"reserved opcode", client_frame(0x83, "Hello"), 1002, Cause::reserved_opcode},
      {"reserved control opcode", client_frame(0x8B, ""), 1002, Cause::reserved_opcode},
      {"over-long length", std::string("\x82\xfe\x00\x7d\x01\x02\x03\x04", 8), 1002, Cause::overlong_length},
      {"impossible length", std::string("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00", 10), 1002,
       Cause::impossible_length},
      {"fragmented ping", client_frame(0x09, ""), 1002, Cause::fragmented_control},
      {"oversized ping", client_frame(kPing, std::string(126, 'p')), 1002, Cause::oversized_control},
      {"nothing to continue", client_frame(kContinuesLast, "x"), 1002, Cause::unexpected_continuation},
      {"interrupted message", client_frame(kTextBegins, "x") + client_frame(kText, "y"), 1002,
       Cause::interrupted_message},
      {"invalid UTF-8", client_frame(kText, "ab\xff"), 1007, Cause::invalid_utf8},
      {"UTF-8 cut off", client_frame(kText, "\xc3"), 1007, Cause::invalid_utf8},
      {"message over the limit", header(kBinary, 1'000'001, true) + "mask", 1009, Cause::message_too_large},
      {"close of one byte", client_frame(kClose, "x"), 1002, Cause::malformed_close},
      {"close with 1005", client_frame(kClose, code_bytes(1005)), 1002, Cause::malformed_close},
  };
}

TEST_F(ConnectionTest, FailsEveryViolationWithItsCodeWhateverThePieces) {
  context_.rules.max_message_bytes = 1'000'000;
  for (const Violation& violation : violations()) {
    for (std::size_t piece = 1; piece <= violation.bytes.size(); ++piece) {
      SCOPED_TRACE(std::string(violation.name) + " in pieces of " + std::to_string(piece));
      renew();
      upgrade();
      const std::string answer = exchange_in_pieces(client_frame(kText, "fine") + violation.bytes, piece);
      const std::string fine = server_frame(kText, "fine");
      const std::string fragment =
          violation.cause == Cause::interrupted_message ? server_frame(kTextBegins, "x") : "";
      ASSERT_EQ(answer, fine + fragment + server_frame(kClose, code_bytes(violation.code)));
      ASSERT_EQ(connection_.phase(), Phase::failing);
      connection_.output_is_out();
      ASSERT_EQ(connection_.phase(), Phase::lingering);
    }
    EXPECT_GE(counts().violations.at(violation.cause), violation.bytes.size());
  }
  EXPECT_EQ(counts().open, 0U);
}

// A Close inside a half-sent frame would be taken for its payload.
TEST_F(ConnectionTest, SaysNothingInTheMiddleOfAFrame) {
  upgrade();
  const std::string text = std::string(100'000, 'a') + "\xff";
  const std::string frame = client_frame(kText, text);
  const std::string first = exchange(frame.substr(0, 50'000));
  EXPECT_EQ(first.size(), 10 + 50'000U - 14);
  const std::string second = exchange(frame.substr(50'000));
  EXPECT_EQ(first + second, header(kText, text.size(), false) + text.substr(0, 100'000));
  EXPECT_EQ(connection_.phase(), Phase::failing);
  EXPECT_EQ(counts().closes, (std::map<std::uint16_t, std::uint64_t>{{1007, 1}}));
}

TEST_F(ConnectionTest, TakesBackAFrameOfWhichNothingHasGone) {
  upgrade();
  EXPECT_EQ(exchange(client_frame(kText, std::string(100'000, 'a') + "\xff")),
            server_frame(kClose, code_bytes(1007)));
}

TEST_F(ConnectionTest, HoldsAShortTextUntilItIsWhole) {
  upgrade();
  const std::string frame = client_frame(kText, "Hello");
  EXPECT_EQ(exchange(frame.substr(0, 9)), "");
  EXPECT_EQ(exchange(frame.substr(9)), server_frame(kText, "Hello"));
}

TEST_F(ConnectionTest, GoesAwayWith1001AndWaitsForTheAnswer) {
  upgrade();
  connection_.go_away(context_);
  EXPECT_EQ(sent(), server_frame(kClose, code_bytes(1001)));
  EXPECT_EQ(connection_.phase(), Phase::closing);
  EXPECT_EQ(exchange(client_frame(kText, "still on its way") + client_frame(kPing, "")), "");
  EXPECT_EQ(counts().messages, 1U);
  EXPECT_EQ(exchange(client_frame(kClose, code_bytes(1001))), "");
  EXPECT_EQ(connection_.phase(), Phase::leaving);
  EXPECT_EQ(counts().closes, (std::map<std::uint16_t, std::uint64_t>{{1001, 1}}));
}

TEST_F(ConnectionTest, VanishedClientIsAnAbnormalClosure) {
  upgrade();
  connection_.receive_end(false, false, context_);
  EXPECT_EQ(connection_.phase(), Phase::finished);
  EXPECT_EQ(counts().closes, (std::map<std::uint16_t, std::uint64_t>{{1006, 1}}));
  EXPECT_EQ(counts().open, 0U);
}

TEST_F(ConnectionTest, ClientThatOnlyStopsSendingGetsItsEcho) {
  upgrade();
  std::string bytes = client_frame(kText, "last words") + client_frame(kText, "half").substr(0, 8);
  connection_.receive(std::as_writable_bytes(std::span(bytes)), context_);
  connection_.receive_end(true, false, context_);
  EXPECT_EQ(connection_.phase(), Phase::leaving);
  EXPECT_EQ(sent(), server_frame(kText, "last words"));
}

TEST_F(ConnectionTest, EndBeforeTheHeadIsAnAbandonedUpgrade) {
  exchange("GET / HT");
  connection_.receive_end(true, false, context_);
  EXPECT_EQ(connection_.phase(), Phase::finished);
  EXPECT_EQ(counts().upgrades_abandoned, 1U);
  EXPECT_TRUE(counts().closes.empty());
}

}  // namespace
}  // namespace ringstorm
