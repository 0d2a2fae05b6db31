#include "codec/deflate_negotiation.h"

#include <set>

#include <gtest/gtest.h>

#include "codec/extension_list.h"

namespace ringstorm {
namespace {

constexpr DeflateOffer kBare{};
constexpr DeflateOffer kBrowser{.client_max_window_bits = 15};

TEST(DeflateOfferText, NamesWhatIsOffered) {
  EXPECT_EQ(to_string(kBare), "permessage-deflate");
  EXPECT_EQ(to_string(kBrowser), "permessage-deflate; client_max_window_bits");
  EXPECT_EQ(to_string(DeflateOffer{.server_no_context_takeover = true,
                                   .client_no_context_takeover = true,
                                   .server_max_window_bits = 8,
                                   .client_max_window_bits = 9}),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=8; client_max_window_bits=9");
}

struct AnswerRow {
  const char* answer;
  DeflateOffer offer;
  DeflateAgreement agreement;
};

TEST(DeflateAnswer, IsObeyed) {
  const AnswerRow rows[] = {
      {"permessage-deflate", kBare, {}},
      {"  permessage-deflate  ", kBare, {}},
      {",permessage-deflate,", kBare, {}},
      // A server may do more for the client than it was asked for (RFC 7692 section 7.1.1.1, 7.1.2.1).
      {"permessage-deflate; server_no_context_takeover", kBare, {.server_no_context_takeover = true}},
      {"permessage-deflate; server_max_window_bits=10", kBare, {.server_max_window_bits = 10}},
      {"permessage-deflate;server_max_window_bits=\"10\"", kBare, {.server_max_window_bits = 10}},
      // It may forbid the client its context whether that offered it or not (section 7.1.1.2).
      {"permessage-deflate; client_no_context_takeover", kBare, {.client_no_context_takeover = true}},
      // What the client said it would do, it does, whatever the server says to it.
      {"permessage-deflate", {.client_no_context_takeover = true}, {.client_no_context_takeover = true}},
      {"permessage-deflate", kBrowser, {}},
      {"permessage-deflate; client_max_window_bits=8", kBrowser, {.client_max_window_bits = 8}},
      {"permessage-deflate", {.client_max_window_bits = 11}, {.client_max_window_bits = 11}},
      {"permessage-deflate; client_max_window_bits=10",
       {.client_max_window_bits = 11},
       {.client_max_window_bits = 10}},
      {"permessage-deflate; client_max_window_bits=15",
       {.client_max_window_bits = 11},
       {.client_max_window_bits = 11}},
      {"permessage-deflate; server_max_window_bits=12; server_no_context_takeover",
       {.server_no_context_takeover = true, .server_max_window_bits = 12},
       {.server_no_context_takeover = true, .server_max_window_bits = 12}},
      {"permessage-deflate; server_max_window_bits=9",
       {.server_max_window_bits = 12},
       {.server_max_window_bits = 9}},
  };
  for (const AnswerRow& row : rows) {
    const DeflateJudgement judged = judge_deflate_answer(row.answer, row.offer);
    EXPECT_EQ(judged.violation, Cause::none) << row.answer << " to " << to_string(row.offer);
    EXPECT_EQ(judged.agreement, row.agreement) << row.answer << " to " << to_string(row.offer);
  }
}

struct RefusedRow {
  const char* answer;
  Cause cause;
  DeflateOffer offer = kBrowser;
};

TEST(DeflateAnswer, IsRefusedForEachRuleItBreaks) {
  const RefusedRow rows[] = {
      {"", Cause::malformed_extensions},
      {"permessage-deflate;", Cause::malformed_extensions},
      {"permessage-deflate; =", Cause::malformed_extensions},
      {"permessage-deflate; server_max_window_bits=", Cause::malformed_extensions},
      {"permessage-deflate; server_max_window_bits=\"10", Cause::malformed_extensions},
      {"permessage-deflate, ;", Cause::malformed_extensions},
      {"permessage-deflate permessage-deflate", Cause::malformed_extensions},
      {"permessage-deflate; client_max_window_bits=9 x", Cause::malformed_extensions},
      {"x-webkit-deflate-frame", Cause::unoffered_extension},
      {"PERMESSAGE-DEFLATE", Cause::unoffered_extension},
      {"permessage-deflate, permessage-bzip2", Cause::unoffered_extension},
      {"permessage-deflate, permessage-deflate", Cause::repeated_extension},
      {"permessage-deflate; window_bits=10", Cause::unknown_extension_parameter},
      {"permessage-deflate; Server_No_Context_Takeover", Cause::unknown_extension_parameter},
      {"permessage-deflate; server_no_context_takeover; server_no_context_takeover",
       Cause::repeated_extension_parameter},
      {"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
       Cause::repeated_extension_parameter},
      {"permessage-deflate; server_no_context_takeover=true", Cause::wrong_extension_value},
      {"permessage-deflate; client_no_context_takeover=1", Cause::wrong_extension_value},
      {"permessage-deflate; server_max_window_bits", Cause::wrong_extension_value},
      {"permessage-deflate; client_max_window_bits", Cause::wrong_extension_value},  // only in an offer
      {"permessage-deflate; server_max_window_bits=7", Cause::wrong_extension_value},
      {"permessage-deflate; server_max_window_bits=16", Cause::wrong_extension_value},
      {"permessage-deflate; server_max_window_bits=08", Cause::wrong_extension_value},
      {"permessage-deflate; server_max_window_bits=1", Cause::wrong_extension_value},
      {"permessage-deflate; server_max_window_bits=1a", Cause::wrong_extension_value},
      {"permessage-deflate; server_max_window_bits=100", Cause::wrong_extension_value},
      {"permessage-deflate; server_max_window_bits=-9", Cause::wrong_extension_value},
      {"permessage-deflate; client_max_window_bits=10", Cause::unoffered_extension_parameter, kBare},
      {"permessage-deflate", Cause::ungranted_extension_parameter, {.server_no_context_takeover = true}},
      {"permessage-deflate", Cause::ungranted_extension_parameter, {.server_max_window_bits = 12}},
      {"permessage-deflate; server_max_window_bits=13",
       Cause::ungranted_extension_parameter,
       {.server_max_window_bits = 12}},
  };
  for (const RefusedRow& row : rows) {
    EXPECT_EQ(judge_deflate_answer(row.answer, row.offer).violation, row.cause)
        << row.answer << " to " << to_string(row.offer);
  }
}

struct ServerRow {
  const char* offers;
  const char* answer;  ///< null: none
  DeflateTerms terms = {};
};

TEST(DeflateServer, AnswersTheFirstAcceptableOffer) {
  const ServerRow rows[] = {
      {"permessage-deflate", "permessage-deflate"},
      {"x-webkit-deflate-frame, permessage-deflate", "permessage-deflate"},
      {"foo; bar=\"a, \\\" b\", permessage-deflate", "permessage-deflate"},
      {"permessage-deflate; client_max_window_bits", "permessage-deflate"},
      {"permessage-deflate; client_max_window_bits=10", "permessage-deflate; client_max_window_bits=10"},
      {"permessage-deflate; server_no_context_takeover", "permessage-deflate; server_no_context_takeover"},
      {"permessage-deflate; client_no_context_takeover", "permessage-deflate; client_no_context_takeover"},
      {"permessage-deflate; server_max_window_bits=15", "permessage-deflate; server_max_window_bits=15"},
      {"permessage-deflate; server_max_window_bits=9", "permessage-deflate; server_max_window_bits=9"},
      // RFC 7692 section 7.1.3's own example of a fallback, once the first offer is no good.
      {"permessage-deflate; server_max_window_bits=7, permessage-deflate", "permessage-deflate"},
      {"permessage-deflate; window=9, permessage-deflate; server_max_window_bits=10",
       "permessage-deflate; server_max_window_bits=10"},
      {"", nullptr},
      {"permessage-bzip2", nullptr},
      {"permessage-deflate; server_max_window_bits", nullptr},
      {"permessage-deflate; client_no_context_takeover=1", nullptr},
      {"permessage-deflate; client_max_window_bits=16", nullptr},
      {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", nullptr},
      {"permessage-deflate; =", nullptr},
      // What the server wants for itself.
      {"permessage-deflate",
       "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
       "server_max_window_bits=10",
       {.server_no_context_takeover = true,
        .client_no_context_takeover = true,
        .server_max_window_bits = 10}},
      {"permessage-deflate; server_max_window_bits=12",
       "permessage-deflate; server_max_window_bits=10",
       {.server_max_window_bits = 10}},
      {"permessage-deflate; client_max_window_bits",
       "permessage-deflate; client_max_window_bits=9",
       {.client_max_window_bits = 9}},
      {"permessage-deflate", nullptr, {.client_max_window_bits = 9}},
  };
  for (const ServerRow& row : rows) {
    const auto answer = answer_deflate_offers(row.offers, row.terms);
    EXPECT_EQ(answer ? answer->text : "nothing", row.answer != nullptr ? row.answer : "nothing")
        << row.offers;
  }
}

// Both ends are ours here; the rows above hold each against the RFC.
TEST(DeflateNegotiation, EveryOfferOfOursIsAnsweredAsWeUnderstandIt) {
  for (unsigned i = 0; i < 4 * 9 * 9; ++i) {
    DeflateOffer offer{.server_no_context_takeover = (i & 1) != 0,
                       .client_no_context_takeover = (i & 2) != 0};
    if (const unsigned bits = i / 4 % 9; bits < 8)
      offer.server_max_window_bits = static_cast<std::uint8_t>(8 + bits);
    if (const unsigned bits = i / 36; bits < 8)
      offer.client_max_window_bits = static_cast<std::uint8_t>(8 + bits);
    const auto answer = answer_deflate_offers(to_string(offer), {});
    ASSERT_TRUE(answer) << to_string(offer);
    const DeflateJudgement judged = judge_deflate_answer(answer->text, offer);
    EXPECT_EQ(judged.violation, Cause::none) << answer->text << " to " << to_string(offer);
    EXPECT_EQ(judged.agreement, answer->agreement) << answer->text << " to " << to_string(offer);
  }
}

TEST(DeflateAgreement, EveryOneHasANumber) {
  std::set<std::string> texts;
  for (std::size_t i = 0; i < kDeflateAgreements; ++i) {
    EXPECT_EQ(index_of(deflate_agreement(i)), i);
    texts.insert(to_string(deflate_agreement(i)));
  }
  EXPECT_EQ(texts.size(), kDeflateAgreements);
}

TEST(ExtensionListTest, GivesEveryExtensionWithItsParameters) {
  ExtensionList list("a;x;y=1 , , b; z = \"q, \\\" ;\" ,c");
  EXPECT_EQ(list.next_extension(), "a");
  EXPECT_EQ(list.next_parameter()->name, "x");
  const auto y = list.next_parameter();
  ASSERT_TRUE(y);
  EXPECT_EQ(y->value, "1");
  EXPECT_FALSE(list.next_parameter());
  EXPECT_EQ(list.next_extension(), "b");
  EXPECT_EQ(list.next_parameter()->value, "q, \\\" ;");
  EXPECT_EQ(list.next_extension(), "c") << "parameters may be passed over";
  EXPECT_FALSE(list.next_extension());
  EXPECT_FALSE(list.malformed());
}

}  // namespace
}  // namespace ringstorm
