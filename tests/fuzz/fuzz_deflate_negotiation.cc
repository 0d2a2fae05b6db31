// Input: the offer, the terms, the text of a Sec-WebSocket-Extensions field. What a client accepts, its offer
// allowed; what a server answers, the client that offered it accepts.
#include "base/check.h"
#include "codec/deflate_negotiation.h"
#include "fuzz/input.h"

using namespace ringstorm;

namespace {

std::optional<std::uint8_t> bits_or_none(unsigned choice) {
  if (choice % 9 == 8) return std::nullopt;
  return static_cast<std::uint8_t>(kFewestWindowBits + choice % 9);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned flags = input.byte();
  const DeflateOffer offer{.server_no_context_takeover = (flags & 1) != 0,
                           .client_no_context_takeover = (flags & 2) != 0,
                           .server_max_window_bits = bits_or_none(input.byte()),
                           .client_max_window_bits = bits_or_none(input.byte())};
  const DeflateTerms terms{.server_no_context_takeover = (flags & 4) != 0,
                           .client_no_context_takeover = (flags & 8) != 0,
                           .server_max_window_bits = bits_or_none(input.byte()).value_or(kMostWindowBits),
                           .client_max_window_bits = bits_or_none(input.byte()).value_or(kMostWindowBits)};
  const std::string_view text = input.rest_as_text();

  const DeflateJudgement judged = judge_deflate_answer(text, offer);
  if (judged.violation == Cause::none) {
    const DeflateAgreement& agreed = judged.agreement;
    RS_CHECK(text.find(kDeflateName) != std::string_view::npos);
    RS_CHECK(agreed.server_no_context_takeover || !offer.server_no_context_takeover);
    RS_CHECK(agreed.server_max_window_bits <= offer.server_max_window_bits.value_or(kMostWindowBits));
    RS_CHECK(agreed.client_max_window_bits <= offer.client_max_window_bits.value_or(kMostWindowBits));
    RS_CHECK(deflate_agreement(index_of(agreed)) == agreed);
  }

  if (const auto answer = answer_deflate_offers(text, terms)) {
    RS_CHECK(answer->agreement.server_max_window_bits <= terms.server_max_window_bits);
    RS_CHECK(answer->agreement.client_max_window_bits <= terms.client_max_window_bits);
  }
  if (const auto answer = answer_deflate_offers(to_string(offer), terms)) {
    const DeflateJudgement ours = judge_deflate_answer(answer->text, offer);
    RS_CHECK(ours.violation == Cause::none);
    RS_CHECK(ours.agreement == answer->agreement);
  }
  return 0;
}
