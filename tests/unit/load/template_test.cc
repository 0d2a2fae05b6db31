#include "load/template.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <set>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "load/stamp.h"

namespace ringstorm {
namespace {

constexpr std::array kValues{TemplateValue{"token", 16}, TemplateValue{"users.name", 8},
                             TemplateValue{"users.city", 8}};

TemplateNames names() {
  return {.values = kValues, .longest_session = 6, .environment = [](std::string_view name) {
            return name == "TOKEN" ? std::optional<std::string>("s3{{cret") : std::nullopt;
          }};
}

const std::array<std::string_view, 3> kFillings{"abc", "Ann \"A\"", "Oslo\n"};

constexpr StampKey kStampKey{0xbeef, {1, 2}};

TemplateContext context() {
  return {.connection = 7,
          .sequence = 42,
          .session = "reader",
          .unix_ns = 1'700'000'000'123'456'789,
          .intended = Instant{seconds(5)},
          .stamped = 40,
          .stamp_key = kStampKey,
          .values = kFillings};
}

Template made(std::string_view text, const TemplateNames& world = names()) {
  TemplateReading reading = Template::parse(text, world);
  for (const TemplateMistake& mistake : reading.mistakes) ADD_FAILURE() << text << ": " << mistake.what;
  return std::move(reading.value);
}

std::string filled(const Template& made, Prng& random) {
  std::vector<std::byte> out(made.max_bytes());
  const std::size_t bytes = made.fill(out, context(), random);
  return {reinterpret_cast<const char*>(out.data()), bytes};
}

std::string filled(std::string_view text, std::uint64_t seed = 1) {
  Prng random{seed};
  return filled(made(text), random);
}

TEST(Template, FillsItsHoles) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kRows{{
      {"", ""},
      {"plain", "plain"},
      {"{{connection}}", "7"},
      {"n={{sequence}};", "n=42;"},
      {"{{ session }}", "reader"},
      {"{{time.ns}} {{time.us}} {{time.ms}} {{time.s}}",
       "1700000000123456789 1700000000123456 1700000000123 1700000000"},
      {"{{token}}{{token}}", "abcabc"},
      {"{{users.name}} in {{users.city}}", "Ann \"A\" in Oslo\n"},
      {"Bearer {{env.TOKEN}}", "Bearer s3{{cret"},  // what comes from outside is not taken apart again
      {R"({"a":{"n":{{sequence}}}})", R"({"a":{"n":42}})"},
      {"{{{{connection}}", "{{connection}}"},
      {"{{{connection}}}", "{7}"},
      {"{{{{{connection}}", "{{{connection}}"},
      {"{{{{{{connection}}", "{{7"},
      {"}} { } }}", "}} { } }}"},
      {"{{random.int(5,5)}}{{random.int(-3, -3)}}", "5-3"},
  }};
  for (const auto& [text, expected] : kRows) EXPECT_EQ(filled(text), expected) << text;
}

TEST(Template, WithoutHolesIsConstant) {
  const Template constant = made("{{{{ and {{env.TOKEN}}");
  EXPECT_TRUE(constant.constant());
  EXPECT_EQ(constant.constant_text(), "{{ and s3{{cret");
  EXPECT_FALSE(made("{{connection}}").constant());
  EXPECT_TRUE(made(std::string(Template::kMaxBytes + 1, 'x')).constant());
}

TEST(Template, DrawsWithinItsBounds) {
  std::set<std::string> seen;
  const Template die = made("{{random.int(1,6)}}");
  Prng random{3};
  for (int i = 0; i < 1000; ++i) seen.insert(filled(die, random));
  EXPECT_EQ(seen, (std::set<std::string>{"1", "2", "3", "4", "5", "6"}));

  const Template any = made("{{random.int(-9223372036854775808,9223372036854775807)}}");
  for (int i = 0; i < 1000; ++i) {
    const std::string number = filled(any, random);
    EXPECT_LE(number.size(), any.max_bytes());
    EXPECT_EQ(std::to_string(std::strtoll(number.c_str(), nullptr, 10)), number);
  }
}

TEST(Template, DrawsEveryHexDigit) {
  Prng random{5};
  for (std::size_t digits = 1; digits <= 40; ++digits) {
    const Template hex = made("{{random.hex(" + std::to_string(digits) + ")}}");
    std::set<char> seen;
    for (int i = 0; i < 500; ++i) {
      const std::string text = filled(hex, random);
      ASSERT_EQ(text.size(), digits);
      seen.insert(text.begin(), text.end());
    }
    EXPECT_EQ(std::string(seen.begin(), seen.end()), "0123456789abcdef") << digits;
  }
}

TEST(Template, UuidsAreOfVersionFourAndAllDifferent) {
  const Template uuid = made("{{uuid}}");
  Prng random{9};
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = filled(uuid, random);
    ASSERT_EQ(text.size(), 36U);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) EXPECT_EQ(text[dash], '-') << text;
    EXPECT_EQ(text[14], '4') << text;
    EXPECT_NE(std::string_view("89ab").find(text[19]), std::string_view::npos) << text;
    seen.insert(text);
  }
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(Template, TheSeedRepeatsEveryChoice) {
  constexpr std::string_view kText = "{{random.hex(32)}} {{random.int(0,1000000)}} {{uuid}}";
  EXPECT_EQ(filled(kText, 11), filled(kText, 11));
  EXPECT_NE(filled(kText, 11), filled(kText, 12));
  std::set<std::string> of_connections;
  for (std::uint64_t connection = 0; connection < 1000; ++connection) {
    Prng random = template_random(42, connection);
    of_connections.insert(filled(made(kText), random));
  }
  EXPECT_EQ(of_connections.size(), 1000U);
}

TEST(Template, StampsAreFoundAgain) {
  const std::string text = filled("{\"s\":\"{{stamp}}\"}");
  const StampReading found = find_stamp(std::as_bytes(std::span(text)), kStampKey);
  EXPECT_EQ(found.kind, StampReading::Kind::ours);
  EXPECT_EQ(found.stamp, (Stamp{7, 40, Instant{seconds(5)}}));
  EXPECT_TRUE(made("{{stamp}}").has_stamp());
  EXPECT_FALSE(made("{{uuid}}").has_stamp());
}

TEST(Template, NeverFillsMoreThanItSays) {
  TemplateContext greatest = context();
  greatest.connection = greatest.sequence = std::numeric_limits<std::uint64_t>::max();
  greatest.unix_ns = std::numeric_limits<std::int64_t>::min();
  const Template all = made("{{connection}}{{sequence}}{{session}}{{time.ns}}{{token}}");
  std::vector<std::byte> out(all.max_bytes());
  Prng random{1};
  EXPECT_EQ(all.fill(out, greatest, random), 20U + 20 + 6 + 20 + 3);
  EXPECT_EQ(all.max_bytes(), 20U + 20 + 6 + 20 + 16);
  const std::array<std::string_view, 3> too_long{"0123456789abcdefg", "", ""};
  greatest.values = too_long;
  EXPECT_DEATH(all.fill(out, greatest, random), "");
}

TEST(Template, EscapesForJson) {
  TemplateNames json = names();
  json.escaping = Escaping::json;
  const Template text = made(R"({"name":"{{users.name}}","city":"{{users.city}}"})", json);
  Prng random{1};
  EXPECT_EQ(filled(text, random), R"({"name":"Ann \"A\"","city":"Oslo\u000a"})");
  EXPECT_EQ(text.max_bytes(), 21U + 2 * 6 * 8);
}

TEST(Template, SaysWhichValuesItUses) {
  const auto used = [](std::string_view text) {
    const Template one = made(text);
    return std::vector<std::uint32_t>(one.used_values().begin(), one.used_values().end());
  };
  EXPECT_EQ(used("{{users.city}} {{token}} {{users.city}}"), (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(used("{{uuid}}"), std::vector<std::uint32_t>{});
}

TEST(Template, RefusesWithThePlaceAndTheNearestName) {
  constexpr std::array<std::tuple<std::string_view, std::size_t, std::string_view, std::string_view>, 14>
      kRows{{
          {"a {{conection}}", 4, "nothing has the name \"conection\"", "did you mean \"connection\"?"},
          {"{{ user.name }}", 3, "nothing has the name \"user.name\"", "did you mean \"users.name\"?"},
          {"{{time}}", 2, "nothing has the name \"time\"", "did you mean \"time.s\"?"},
          {"{{zzzzzzzz}}", 2, "nothing has the name", "write {{{{ for two braces"},
          {"x{{uuid", 1, "no \"}}\" closes", "write {{{{ for two braces"},
          {"{{}}", 2, "a hole without a name", ""},
          {"{{env.NONE}}", 2, "the environment variable \"NONE\" is not set", ""},
          {"{{random.int}}", 2, "found nothing as what random.int is given", ""},
          {"{{random.int(6,1)}}", 2, "found \"6,1\" as what random.int is given", ""},
          {"{{random.int(1)}}", 2, "as in random.int(1,6)", ""},
          {"{{random.hex(0)}}", 2, "1 to 4,096", ""},
          {"{{random.hex(4097)}}", 2, "1 to 4,096", ""},
          {"{{uuid(4)}}", 2, "\"uuid\" takes no arguments", ""},
          {"{{random.bytes(4)}}", 2, "nothing has the name \"random.bytes(4)\"", ""},
      }};
  for (const auto& [text, offset, what, hint] : kRows) {
    const TemplateReading reading = Template::parse(text, names());
    ASSERT_EQ(reading.mistakes.size(), 1U) << text;
    EXPECT_EQ(reading.mistakes[0].offset, offset) << text;
    EXPECT_NE(reading.mistakes[0].what.find(what), std::string::npos) << reading.mistakes[0].what;
    EXPECT_TRUE(reading.mistakes[0].hint.starts_with(hint)) << text << reading.mistakes[0].hint;
  }
}

TEST(Template, FindsAllMistakesInOnePass) {
  const TemplateReading reading = Template::parse("{{one1}} {{uuid}} {{env.NONE}} {{", names());
  ASSERT_EQ(reading.mistakes.size(), 3U);
  EXPECT_EQ(reading.mistakes[1].offset, 20U);
  EXPECT_EQ(reading.mistakes[2].offset, 31U);
}

TEST(Template, RefusesWhatMayBecomeTooLong) {
  const std::string text = std::string(Template::kMaxBytes - 19, 'x') + "{{sequence}}";
  EXPECT_EQ(Template::parse(text, names()).mistakes.size(), 1U);
  EXPECT_TRUE(Template::parse(text.substr(1), names()).mistakes.empty());
}

TEST(Template, HasNoSessionWithoutSessions) {
  EXPECT_EQ(Template::parse("{{session}}", {}).mistakes.size(), 1U);
}

TEST(Template, ReservesItsWords) {
  for (const std::string_view word : {"stamp", "random.int", "env.X"})
    EXPECT_TRUE(Template::is_reserved(word));
  for (const std::string_view word : {"token", "users.name", "Stamp"})
    EXPECT_FALSE(Template::is_reserved(word));
}

}  // namespace
}  // namespace ringstorm
