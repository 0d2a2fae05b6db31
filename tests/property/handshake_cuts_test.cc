// A head that comes in pieces is judged as the same head whole: every prefix says "more", or already what the
// whole says.
#include <gtest/gtest.h>

#include "base/prng.h"
#include "codec/handshake.h"

namespace ringstorm {
namespace {

using Verdict = UpgradeJudgement::Verdict;

constexpr std::size_t kMaxHeadBytes = 300;

const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";
const std::vector<std::string> kOffered = {"chat", "superchat"};

std::string damaged(std::string head, Prng& prng) {
  for (std::uint64_t i = prng.below(4); i > 0; --i) {
    const std::size_t at = prng.below(head.size());
    switch (prng.below(4)) {
      case 0: head[at] = static_cast<char>(prng.next()); break;
      case 1: head.erase(at, 1 + prng.below(5)); break;
      case 2: head.insert(at, head.substr(prng.below(head.size()), prng.below(60))); break;
      default: head.insert(at, "\r\n");
    }
    if (head.empty()) head = "\r";
  }
  return head;
}

// The frames after a head must not change what it means.
std::string with_frames_behind(std::string head) {
  return head.append("\r\n\r\n\x81\x02hi\r\n\r\n");
}

TEST(HandshakeCuts, AResponseIsJudgedAlikeFromEveryPrefix) {
  const AcceptKey expected = accept_key(kKey);
  const std::string whole = upgrade_response(kKey, "superchat");
  int verdicts[3] = {};
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Prng prng(seed);
    const std::string head = with_frames_behind(damaged(whole, prng));
    const UpgradeJudgement last = judge_upgrade_response(head, expected, kOffered, kMaxHeadBytes);
    ++verdicts[static_cast<int>(last.verdict)];
    for (std::size_t bytes = 0; bytes < head.size(); ++bytes) {
      const UpgradeJudgement now =
          judge_upgrade_response(head.substr(0, bytes), expected, kOffered, kMaxHeadBytes);
      if (now.verdict == Verdict::need_more) continue;
      ASSERT_EQ(now.verdict, last.verdict) << "seed " << seed << " at " << bytes;
      ASSERT_EQ(now.failure, last.failure) << "seed " << seed << " at " << bytes;
      ASSERT_EQ(now.head_bytes, last.head_bytes) << "seed " << seed << " at " << bytes;
      ASSERT_EQ(now.subprotocol, last.subprotocol) << "seed " << seed << " at " << bytes;
    }
  }
  EXPECT_GT(verdicts[static_cast<int>(Verdict::accepted)], 300);
  EXPECT_GT(verdicts[static_cast<int>(Verdict::failed)], 300);
}

TEST(HandshakeCuts, ARequestIsJudgedAlikeFromEveryPrefix) {
  const std::string whole =
      "GET /chat?x=1 HTTP/1.1\r\nHost: localhost:9001\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: " +
      kKey + "\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, superchat\r\n\r\n";
  int verdicts[3] = {};
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    Prng prng(seed);
    const std::string head = with_frames_behind(damaged(whole, prng));
    const ParsedUpgradeRequest last = parse_upgrade_request(head, kMaxHeadBytes);
    ++verdicts[static_cast<int>(last.verdict)];
    for (std::size_t bytes = 0; bytes < head.size(); ++bytes) {
      const std::string part = head.substr(0, bytes);
      const ParsedUpgradeRequest now = parse_upgrade_request(part, kMaxHeadBytes);
      if (now.verdict == Verdict::need_more) continue;
      ASSERT_EQ(now.verdict, last.verdict) << "seed " << seed << " at " << bytes;
      ASSERT_EQ(now.head_bytes, last.head_bytes) << "seed " << seed << " at " << bytes;
      ASSERT_EQ(now.target, last.target) << "seed " << seed << " at " << bytes;
      ASSERT_EQ(now.key, last.key) << "seed " << seed << " at " << bytes;
      ASSERT_EQ(now.subprotocols, last.subprotocols) << "seed " << seed << " at " << bytes;
      ASSERT_EQ(now.refuse_with, last.refuse_with) << "seed " << seed << " at " << bytes;
    }
  }
  EXPECT_GT(verdicts[static_cast<int>(Verdict::accepted)], 300);
  EXPECT_GT(verdicts[static_cast<int>(Verdict::failed)], 300);
}

}  // namespace
}  // namespace ringstorm
