// Input: where a piece ends, the size limit, the head. What a piece decides, the whole does not change, and
// what is accepted holds the key.
#include <string>
#include <vector>

#include "base/check.h"
#include "codec/handshake.h"
#include "fuzz/input.h"

using namespace ringstorm;
using Verdict = UpgradeJudgement::Verdict;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const AcceptKey expected = accept_key("dGhlIHNhbXBsZSBub25jZQ==");
  static const std::vector<std::string> offered = {"chat", "superchat"};
  fuzz::Input input(data, size);
  const std::size_t wanted_piece = input.byte() * 4;
  const std::size_t max_head_bytes = 64 + input.byte() * 16;
  const std::string_view head = input.rest_as_text();

  const UpgradeJudgement whole = judge_upgrade_response(head, expected, offered, max_head_bytes);
  const UpgradeJudgement piece =
      judge_upgrade_response(head.substr(0, wanted_piece), expected, offered, max_head_bytes);
  if (piece.verdict != Verdict::need_more) {
    RS_CHECK(piece.verdict == whole.verdict);
    RS_CHECK(piece.failure == whole.failure);
    RS_CHECK(piece.head_bytes == whole.head_bytes);
    RS_CHECK(piece.subprotocol == whole.subprotocol);
  }
  // The same with permessage-deflate on offer, which only makes more of it acceptable.
  const DeflateOffer deflate{.client_max_window_bits = 15};
  const UpgradeJudgement offered_more =
      judge_upgrade_response(head, expected, offered, max_head_bytes, &deflate);
  if (whole.verdict == Verdict::accepted) RS_CHECK(offered_more.verdict == Verdict::accepted);
  if (offered_more.deflate) RS_CHECK(offered_more.verdict == Verdict::accepted);
  RS_CHECK((whole.verdict == Verdict::failed) == static_cast<bool>(whole.failure));
  if (whole.verdict == Verdict::need_more) RS_CHECK(head.size() < max_head_bytes);
  if (whole.verdict == Verdict::accepted) {
    RS_CHECK(whole.head_bytes <= head.size());
    RS_CHECK(whole.head_bytes <= max_head_bytes);
    const std::string_view accepted = head.substr(0, whole.head_bytes);
    RS_CHECK(accepted.ends_with("\r\n\r\n"));
    RS_CHECK(accepted.find({expected.data(), expected.size()}) != std::string_view::npos);
  }
  return 0;
}
