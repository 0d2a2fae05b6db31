#include "connection/upgrade_attempt.h"

#include <algorithm>
#include <cstring>

namespace ringstorm {
namespace {

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

UpgradeAttempt::UpgradeAttempt(std::size_t max_head_bytes)
    : max_head_bytes_(max_head_bytes), gathered_(max_head_bytes + 1) {}

void UpgradeAttempt::begin(SecureRandom& random) {
  Nonce nonce;
  random.fill(nonce);
  key_ = encode_nonce(nonce);
  expected_ = accept_key({key_.data(), key_.size()});
  gathered_bytes_ = 0;
  answer_ = {};
}

UpgradeJudgement UpgradeAttempt::take(std::span<std::byte>& input,
                                      std::span<const std::string> offered_subprotocols,
                                      const DeflateOffer* deflate) {
  if (input.empty()) return {};
  const std::size_t before = gathered_bytes_;
  if (before == 0) {
    // Nearly every answer comes in one piece: judge it where it lies.
    answer_ = as_text(input);
  } else {
    const std::size_t added = std::min(input.size(), gathered_.size() - before);
    std::memcpy(gathered_.data() + before, input.data(), added);
    gathered_bytes_ += added;
    answer_ = {gathered_.data(), gathered_bytes_};
  }
  const UpgradeJudgement judgement =
      judge_upgrade_response(answer_, expected_, offered_subprotocols, max_head_bytes_, deflate);
  if (judgement.verdict == UpgradeJudgement::Verdict::accepted) {
    input = input.subspan(judgement.head_bytes - before);
  } else if (judgement.verdict == UpgradeJudgement::Verdict::need_more) {
    if (before == 0) {
      std::memcpy(gathered_.data(), input.data(), input.size());
      gathered_bytes_ = input.size();
      answer_ = {gathered_.data(), gathered_bytes_};
    }
    input = {};
  }
  return judgement;
}

}  // namespace ringstorm
