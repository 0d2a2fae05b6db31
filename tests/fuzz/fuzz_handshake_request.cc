// Input: where a piece ends, the size limit, the head. What a piece decides, the whole does not change, and
// every view lies inside the head.
#include <functional>

#include "base/check.h"
#include "codec/handshake.h"
#include "fuzz/input.h"

using namespace ringstorm;
using Verdict = UpgradeJudgement::Verdict;

namespace {

void check_lies_within(std::string_view view, std::string_view head) {
  if (view.empty()) return;
  RS_CHECK(!std::less<>{}(view.data(), head.data()));
  RS_CHECK(!std::less<>{}(head.data() + head.size(), view.data() + view.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t wanted_piece = input.byte() * 4;
  const std::size_t max_head_bytes = 64 + input.byte() * 16;
  const std::string_view head = input.rest_as_text();

  const ParsedUpgradeRequest whole = parse_upgrade_request(head, max_head_bytes);
  const ParsedUpgradeRequest piece = parse_upgrade_request(head.substr(0, wanted_piece), max_head_bytes);
  if (piece.verdict != Verdict::need_more) {
    RS_CHECK(piece.verdict == whole.verdict);
    RS_CHECK(piece.refuse_with == whole.refuse_with);
    RS_CHECK(piece.head_bytes == whole.head_bytes);
    RS_CHECK(piece.key == whole.key);
  }
  if (whole.verdict == Verdict::need_more) RS_CHECK(head.size() < max_head_bytes);
  if (whole.verdict == Verdict::accepted) {
    RS_CHECK(whole.head_bytes <= head.size());
    RS_CHECK(whole.head_bytes <= max_head_bytes);
    RS_CHECK(whole.key.size() == sizeof(NonceText));
    for (const std::string_view view : {whole.target, whole.key, whole.subprotocols})
      check_lies_within(view, head);
  }
  return 0;
}
