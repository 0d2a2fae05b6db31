#include "codec/deflate_negotiation.h"

#include <algorithm>
#include <array>

#include "codec/extension_list.h"

namespace ringstorm {
namespace {

enum Parameter : unsigned {
  kServerNoContextTakeover,
  kClientNoContextTakeover,
  kServerMaxWindowBits,
  kClientMaxWindowBits,
};
constexpr std::array<std::string_view, 4> kParameters{"server_no_context_takeover",
                                                      "client_no_context_takeover", "server_max_window_bits",
                                                      "client_max_window_bits"};

constexpr unsigned kWindowSizes = kMostWindowBits - kFewestWindowBits + 1U;
static_assert(kDeflateAgreements == 2 * 2 * kWindowSizes * kWindowSizes);

/// A decimal number from 8 to 15 without a leading zero (RFC 7692 sections 7.1.2.1 and 7.1.2.2).
std::optional<std::uint8_t> window_bits(std::string_view text) {
  if (text == "8" || text == "9") return static_cast<std::uint8_t>(text[0] - '0');
  if (text.size() != 2 || text[0] != '1' || text[1] < '0' || text[1] > '5') return std::nullopt;
  return static_cast<std::uint8_t>(10 + text[1] - '0');
}

/// The parameters of one permessage-deflate as they were given.
struct Given {
  Cause violation = Cause::none;
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::optional<std::uint8_t> server_max_window_bits;
  bool has_client_max_window_bits = false;
  std::optional<std::uint8_t> client_max_window_bits;
};

/// False when the value cannot stand there. `bare_client_bits`: client_max_window_bits may have none.
bool set(Given& given, std::size_t which, const std::optional<std::string_view>& value,
         bool bare_client_bits) {
  const std::optional<std::uint8_t> bits = value ? window_bits(*value) : std::nullopt;
  switch (which) {
    case kServerNoContextTakeover: given.server_no_context_takeover = true; return !value;
    case kClientNoContextTakeover: given.client_no_context_takeover = true; return !value;
    case kServerMaxWindowBits: given.server_max_window_bits = bits; return bits.has_value();
    default:
      given.has_client_max_window_bits = true;
      given.client_max_window_bits = bits;
      return bits || (!value && bare_client_bits);
  }
}

Given take_parameters(ExtensionList& list, bool bare_client_bits) {
  Given given;
  unsigned seen = 0;
  while (const auto parameter = list.next_parameter()) {
    if (given.violation != Cause::none) continue;
    const auto name = std::find(kParameters.begin(), kParameters.end(), parameter->name);
    const auto which = static_cast<std::size_t>(name - kParameters.begin());
    if (which == kParameters.size()) {
      given.violation = Cause::unknown_extension_parameter;
    } else if ((seen >> which & 1U) != 0) {
      given.violation = Cause::repeated_extension_parameter;
    } else if (!set(given, which, parameter->value, bare_client_bits)) {
      given.violation = Cause::wrong_extension_value;
    }
    seen |= 1U << which;
  }
  if (list.malformed()) given.violation = Cause::malformed_extensions;
  return given;
}

DeflateJudgement refuse(Cause violation) {
  return {.violation = violation, .agreement = {}};
}

/// RFC 7692 section 7.1.1.1, 7.1.2.1 and 7.1.2.2: what the answer may say only when it was offered, and what
/// it must say because it was.
Cause judge_against_offer(const Given& given, const DeflateOffer& offer) {
  if (given.has_client_max_window_bits && !offer.client_max_window_bits)
    return Cause::unoffered_extension_parameter;
  if (offer.server_no_context_takeover && !given.server_no_context_takeover)
    return Cause::ungranted_extension_parameter;
  if (offer.server_max_window_bits &&
      given.server_max_window_bits.value_or(kMostWindowBits + 1) > *offer.server_max_window_bits)
    return Cause::ungranted_extension_parameter;
  return Cause::none;
}

/// What comes of one offer, or nothing when it is to be declined.
std::optional<DeflateAnswer> accept(const Given& given, const DeflateTerms& terms) {
  const bool limits_client = terms.client_max_window_bits < kMostWindowBits;
  if (given.violation != Cause::none || (limits_client && !given.has_client_max_window_bits))
    return std::nullopt;
  DeflateAgreement agreement;
  agreement.server_no_context_takeover = given.server_no_context_takeover || terms.server_no_context_takeover;
  agreement.client_no_context_takeover = given.client_no_context_takeover || terms.client_no_context_takeover;
  agreement.server_max_window_bits =
      std::min(given.server_max_window_bits.value_or(kMostWindowBits), terms.server_max_window_bits);
  agreement.client_max_window_bits =
      std::min(given.client_max_window_bits.value_or(kMostWindowBits), terms.client_max_window_bits);
  std::string text = to_string(agreement);
  // An offer of the largest window is granted in so many words too.
  if (given.server_max_window_bits && agreement.server_max_window_bits == kMostWindowBits)
    text += "; server_max_window_bits=15";
  return DeflateAnswer{agreement, std::move(text)};
}

void add_flag(std::string& text, Parameter parameter) {
  text.append("; ").append(kParameters[parameter]);
}
void add_bits(std::string& text, Parameter parameter, unsigned bits) {
  add_flag(text, parameter);
  text.append("=").append(std::to_string(bits));
}

}  // namespace

std::size_t index_of(const DeflateAgreement& agreement) {
  const std::size_t takeover =
      (agreement.server_no_context_takeover ? 2U : 0U) + (agreement.client_no_context_takeover ? 1U : 0U);
  const std::size_t server = agreement.server_max_window_bits - std::size_t{kFewestWindowBits};
  const std::size_t client = agreement.client_max_window_bits - std::size_t{kFewestWindowBits};
  return (takeover * kWindowSizes + server) * kWindowSizes + client;
}

DeflateAgreement deflate_agreement(std::size_t index) {
  const std::size_t windows = index % (kWindowSizes * kWindowSizes);
  const std::size_t takeover = index / (kWindowSizes * kWindowSizes);
  return {.server_no_context_takeover = (takeover & 2) != 0,
          .client_no_context_takeover = (takeover & 1) != 0,
          .server_max_window_bits = static_cast<std::uint8_t>(kFewestWindowBits + windows / kWindowSizes),
          .client_max_window_bits = static_cast<std::uint8_t>(kFewestWindowBits + windows % kWindowSizes)};
}

std::string to_string(const DeflateOffer& offer) {
  std::string text{kDeflateName};
  if (offer.server_no_context_takeover) add_flag(text, kServerNoContextTakeover);
  if (offer.client_no_context_takeover) add_flag(text, kClientNoContextTakeover);
  if (offer.server_max_window_bits) add_bits(text, kServerMaxWindowBits, *offer.server_max_window_bits);
  if (offer.client_max_window_bits == kMostWindowBits) {
    add_flag(text, kClientMaxWindowBits);
  } else if (offer.client_max_window_bits) {
    add_bits(text, kClientMaxWindowBits, *offer.client_max_window_bits);
  }
  return text;
}

std::string to_string(const DeflateAgreement& agreement) {
  std::string text{kDeflateName};
  if (agreement.server_no_context_takeover) add_flag(text, kServerNoContextTakeover);
  if (agreement.client_no_context_takeover) add_flag(text, kClientNoContextTakeover);
  if (agreement.server_max_window_bits < kMostWindowBits)
    add_bits(text, kServerMaxWindowBits, agreement.server_max_window_bits);
  if (agreement.client_max_window_bits < kMostWindowBits)
    add_bits(text, kClientMaxWindowBits, agreement.client_max_window_bits);
  return text;
}

DeflateJudgement judge_deflate_answer(std::string_view answer, const DeflateOffer& offer) {
  ExtensionList list(answer);
  const auto name = list.next_extension();
  if (!name) return refuse(Cause::malformed_extensions);
  if (*name != kDeflateName) return refuse(Cause::unoffered_extension);
  const Given given = take_parameters(list, false);
  if (given.violation != Cause::none) return refuse(given.violation);
  // A second extension would want the bit that the first has.
  const auto second = list.next_extension();
  if (list.malformed()) return refuse(Cause::malformed_extensions);
  if (second) return refuse(*second == kDeflateName ? Cause::repeated_extension : Cause::unoffered_extension);
  if (const Cause violation = judge_against_offer(given, offer); violation != Cause::none)
    return refuse(violation);
  const std::uint8_t own_bits = offer.client_max_window_bits.value_or(kMostWindowBits);
  return {
      .violation = Cause::none,
      .agreement = {
          .server_no_context_takeover = given.server_no_context_takeover,
          .client_no_context_takeover = given.client_no_context_takeover || offer.client_no_context_takeover,
          .server_max_window_bits = given.server_max_window_bits.value_or(kMostWindowBits),
          .client_max_window_bits = std::min(own_bits, given.client_max_window_bits.value_or(own_bits))}};
}

std::optional<DeflateAnswer> answer_deflate_offers(std::string_view offers, const DeflateTerms& terms) {
  ExtensionList list(offers);
  while (const auto name = list.next_extension()) {
    if (*name != kDeflateName) continue;
    if (auto answer = accept(take_parameters(list, true), terms)) return answer;
  }
  return std::nullopt;
}

}  // namespace ringstorm
