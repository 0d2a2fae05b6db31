#include "connection/upgrade_attempt.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/prng.h"
#include "unit/codec/bytes.h"

namespace ringstorm {
namespace {

using Verdict = UpgradeJudgement::Verdict;
using test::Bytes;
using test::to_bytes;
using test::to_text;

constexpr std::size_t kLimit = 1024;

std::string key_of(const UpgradeAttempt& attempt) {
  return {attempt.key().data(), attempt.key().size()};
}

/// RFC 6455 section 4.2.2, item 5.4: the base64 of the SHA-1 of the key and the GUID.
std::string accept_for(const std::string& key) {
  const std::string joined = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(joined.data()), joined.size(), digest.data());
  std::array<unsigned char, 29> text{};
  EVP_EncodeBlock(text.data(), digest.data(), 20);
  return reinterpret_cast<const char*>(text.data());
}

std::string answer_to(const std::string& key, const std::string& more = "") {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
         "Upgrade\r\nSec-WebSocket-Accept: " +
         accept_for(key) + "\r\n" + more + "\r\n";
}

/// Feeds a peer's bytes to one attempt, each piece in memory of its own that is gone afterwards.
class Peer {
 public:
  explicit Peer(std::size_t limit = kLimit) : attempt(limit) { attempt.begin(random_); }

  void begin_again() { attempt.begin(random_); }

  UpgradeJudgement say(const std::string& piece) {
    Bytes bytes = to_bytes(piece);
    std::span<std::byte> input(bytes);
    const UpgradeJudgement judgement = attempt.take(input, offered);
    left = to_text(input);
    answer = attempt.answer();
    return judgement;
  }

  /// Until there is a verdict; `left` has then everything that was not taken.
  UpgradeJudgement say_in_pieces(const std::string& text, const std::vector<std::size_t>& sizes) {
    UpgradeJudgement judgement;
    std::size_t at = 0;
    for (std::size_t i = 0; at < text.size() && judgement.verdict == Verdict::need_more; ++i) {
      const std::size_t size = i < sizes.size() ? sizes[i] : text.size() - at;
      judgement = say(text.substr(at, size));
      at += std::min(size, text.size() - at);
    }
    left += text.substr(at);
    return judgement;
  }

  UpgradeAttempt attempt;
  std::vector<std::string> offered;
  std::string left;
  std::string answer;

 private:
  SecureRandom random_;
};

TEST(UpgradeAttempt, DrawsANewKeyOfSixteenBytesEachTime) {
  Peer peer;
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    const std::string key = key_of(peer.attempt);
    EXPECT_EQ(key.substr(22), "==");
    std::array<unsigned char, 18> nonce{};
    EXPECT_EQ(EVP_DecodeBlock(nonce.data(), reinterpret_cast<const unsigned char*>(key.data()), 24), 18);
    keys.insert(key);
    peer.begin_again();
  }
  EXPECT_EQ(keys.size(), 100U);
}

TEST(UpgradeAttempt, LeavesTheFramesThatFollowTheHeadWhereTheyAre) {
  Peer peer;
  Bytes bytes = to_bytes(answer_to(key_of(peer.attempt)) + "\x81\x02hi");
  std::span<std::byte> input(bytes);
  EXPECT_EQ(peer.attempt.take(input, {}).verdict, Verdict::accepted);
  EXPECT_EQ(to_text(input), "\x81\x02hi");
  EXPECT_EQ(input.data(), &bytes[bytes.size() - 4]) << "not a copy";
}

TEST(UpgradeAttempt, TakesTheAnswerInTwoPiecesCutAnywhere) {
  Peer peer;
  const std::size_t bytes = answer_to(key_of(peer.attempt)).size() + 4;
  for (std::size_t cut = 1; cut < bytes; ++cut) {
    peer.begin_again();
    const std::string text = answer_to(key_of(peer.attempt)) + "\x81\x02hi";
    const UpgradeJudgement judgement = peer.say_in_pieces(text, {cut});
    EXPECT_EQ(judgement.verdict, Verdict::accepted) << cut;
    EXPECT_EQ(judgement.head_bytes, bytes - 4) << cut;
    EXPECT_EQ(peer.left, "\x81\x02hi") << cut;
  }
}

TEST(UpgradeAttempt, TakesTheAnswerInPiecesOfAnySize) {
  Peer peer;
  Prng random{3};
  for (const std::size_t most : {1U, 2U, 7U, 40U}) {
    peer.begin_again();
    std::vector<std::size_t> sizes(1000);
    for (std::size_t& size : sizes) size = 1 + random.below(most);
    EXPECT_EQ(peer.say_in_pieces(answer_to(key_of(peer.attempt)) + "frames", sizes).verdict,
              Verdict::accepted);
    EXPECT_EQ(peer.left, "frames");
  }
}

TEST(UpgradeAttempt, SaysWhichSubprotocolWasChosen) {
  Peer peer;
  peer.offered = {"mqtt", "chat"};
  const UpgradeJudgement judgement =
      peer.say_in_pieces(answer_to(key_of(peer.attempt), "Sec-WebSocket-Protocol: chat\r\n"), {50, 60});
  EXPECT_EQ(judgement.verdict, Verdict::accepted);
  EXPECT_EQ(judgement.subprotocol, 1);
}

TEST(UpgradeAttempt, KeepsWhatWasSaidWhenItFails) {
  const std::string refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n";
  for (const std::vector<std::size_t>& sizes : {std::vector<std::size_t>{}, {1}, {30}, {12, 3, 10}}) {
    Peer peer;
    const UpgradeJudgement judgement = peer.say_in_pieces(refusal, sizes);
    EXPECT_EQ(judgement.verdict, Verdict::failed);
    EXPECT_EQ(judgement.failure, (Failure{Cause::http_status, 403}));
    EXPECT_EQ(peer.answer, refusal);
  }
}

TEST(UpgradeAttempt, KeepsWhatWasSaidSoFarForATimeout) {
  Peer peer;
  EXPECT_EQ(peer.attempt.answer(), "");
  EXPECT_EQ(peer.say("HTTP/1.1 101 Sw").verdict, Verdict::need_more);
  EXPECT_EQ(peer.attempt.answer(), "HTTP/1.1 101 Sw") << "though the bytes received are gone";
  EXPECT_EQ(peer.say("itching").verdict, Verdict::need_more);
  EXPECT_EQ(peer.attempt.answer(), "HTTP/1.1 101 Switching");
}

TEST(UpgradeAttempt, RefusesWhatCannotBecomeAHead) {
  Peer peer;
  EXPECT_EQ(peer.say("SSH-2.0-OpenSSH_9.2\r\n").failure.cause, Cause::malformed_head);
  EXPECT_EQ(peer.answer, "SSH-2.0-OpenSSH_9.2\r\n");
}

TEST(UpgradeAttempt, AcceptsAHeadOfExactlyTheLimit) {
  const std::size_t plain = answer_to(std::string(24, 'A'), "X: \r\n").size();
  for (const std::vector<std::size_t>& sizes : {std::vector<std::size_t>{}, {1}, {kLimit - 1}}) {
    for (const std::size_t over : {0U, 1U}) {
      Peer peer;
      const std::string filler(kLimit - plain + over, 'x');
      const std::string text = answer_to(key_of(peer.attempt), "X: " + filler + "\r\n");
      ASSERT_EQ(text.size(), kLimit + over);
      const UpgradeJudgement judgement = peer.say_in_pieces(text + "frames", sizes);
      EXPECT_EQ(judgement.verdict, over == 0 ? Verdict::accepted : Verdict::failed);
      EXPECT_EQ(judgement.failure.cause, over == 0 ? Cause::none : Cause::head_too_large);
      if (over == 0) {
        EXPECT_EQ(peer.left, "frames");
      }
    }
  }
}

TEST(UpgradeAttempt, GivesUpOnAnEndlessHead) {
  std::string endless = "HTTP/1.1 101 Switching Protocols\r\n";
  while (endless.size() < 100 * kLimit) endless += "X-More: and more of it\r\n";
  for (const std::size_t piece : {1UL, 10UL, 1'000UL, 1'023UL, 1'024UL, 1'025UL, 5'000UL, 100 * kLimit}) {
    Peer peer;
    const UpgradeJudgement judgement =
        peer.say_in_pieces(endless, std::vector<std::size_t>(endless.size() / piece + 1, piece));
    EXPECT_EQ(judgement.verdict, Verdict::failed) << piece;
    EXPECT_EQ(judgement.failure.cause, Cause::head_too_large) << piece;
    EXPECT_EQ(peer.answer, endless.substr(0, peer.answer.size())) << piece;
    EXPECT_GE(peer.answer.size(), std::min(piece, kLimit)) << piece;
  }
}

TEST(UpgradeAttempt, BeginsAfreshAfterAFailureOfAnother) {
  Peer peer;
  const std::string old_key = key_of(peer.attempt);
  EXPECT_EQ(peer.say("HTTP/1.1 101").verdict, Verdict::need_more);
  peer.begin_again();
  EXPECT_EQ(peer.attempt.answer(), "");
  EXPECT_EQ(peer.say(answer_to(old_key)).failure.cause, Cause::wrong_accept_key);
  peer.begin_again();
  EXPECT_EQ(peer.say(answer_to(key_of(peer.attempt))).verdict, Verdict::accepted);
}

}  // namespace
}  // namespace ringstorm
