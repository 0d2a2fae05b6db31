// What permessage-deflate (RFC 7692 section 7.1) a client offers, what a server answers, and what the two
// have agreed on: text in, values or the reason for a refusal out. It never knows how anything is compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/cause.h"

namespace ringstorm {

inline constexpr std::string_view kDeflateName = "permessage-deflate";
inline constexpr std::uint8_t kFewestWindowBits = 8;
inline constexpr std::uint8_t kMostWindowBits = 15;

/// What a client offers. A parameter that is not set is not in the offer.
struct DeflateOffer {
  bool server_no_context_takeover = false;  ///< the server is not to keep its context between messages
  bool client_no_context_takeover = false;  ///< a hint: this client will not keep its own
  std::optional<std::uint8_t> server_max_window_bits = {};  ///< 8 to 15: the largest the server may use
  /// 8 to 15: the server may limit the client's window, which is no larger than this whatever it answers. 15
  /// is offered without a value. Nothing: the server may not limit it.
  std::optional<std::uint8_t> client_max_window_bits = {};

  friend bool operator==(const DeflateOffer&, const DeflateOffer&) = default;
};

/// What both ends obey from then on.
struct DeflateAgreement {
  bool server_no_context_takeover = false;
  bool client_no_context_takeover = false;
  std::uint8_t server_max_window_bits = kMostWindowBits;
  std::uint8_t client_max_window_bits = kMostWindowBits;

  friend bool operator==(const DeflateAgreement&, const DeflateAgreement&) = default;
};

/// Every agreement there can be has a number of its own below this, so that they can be counted.
inline constexpr std::size_t kDeflateAgreements = 256;
std::size_t index_of(const DeflateAgreement& agreement);
DeflateAgreement deflate_agreement(std::size_t index);

/// The value of Sec-WebSocket-Extensions: "permessage-deflate; client_max_window_bits".
std::string to_string(const DeflateOffer& offer);
/// The agreement in the same words, with every window that is smaller than the largest.
std::string to_string(const DeflateAgreement& agreement);

/// A server's answer as its client judges it.
struct DeflateJudgement {
  Cause violation = Cause::none;  ///< the client must fail the connection
  DeflateAgreement agreement;     ///< when there is none
};

/// Judges one Sec-WebSocket-Extensions field of the answer to `offer`, as RFC 7692 section 7.1 demands: one
/// extension, the one that was offered, each parameter known, once, in range and allowed by the offer, and
/// what the offer asks of the server granted. Allocates nothing.
DeflateJudgement judge_deflate_answer(std::string_view answer, const DeflateOffer& offer);

/// What a server grants at most, whatever is offered.
struct DeflateTerms {
  bool server_no_context_takeover = false;  ///< it never keeps its own context
  bool client_no_context_takeover = false;  ///< it never lets the client keep one
  std::uint8_t server_max_window_bits = kMostWindowBits;
  std::uint8_t client_max_window_bits = kMostWindowBits;  ///< a client that cannot be limited is declined
};

struct DeflateAnswer {
  DeflateAgreement agreement;
  std::string text;  ///< of the Sec-WebSocket-Extensions field
};

/// The server's side: the first acceptable offer in a Sec-WebSocket-Extensions field of a request, and what
/// to answer. Nothing when there is none: offers that break a rule are declined, as section 7.1 has it.
std::optional<DeflateAnswer> answer_deflate_offers(std::string_view offers, const DeflateTerms& terms);

}  // namespace ringstorm
