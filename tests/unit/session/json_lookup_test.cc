#include "session/json_lookup.h"

#include <array>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/prng.h"

namespace ringstorm {
namespace {

std::string found(std::string_view text, std::string_view pointer) {
  const auto steps = parse_json_pointer(pointer);
  EXPECT_TRUE(steps.has_value()) << pointer;
  const auto value = find_json(text, steps.value_or(std::vector<std::string>{}));
  return value ? std::string(*value) : "nothing";
}

TEST(JsonLookup, FollowsAPointer) {
  constexpr std::string_view kText =
      R"( {"a": {"b": [1, {"c" : "x"}, -2.5e3], "": true}, "d/e": null, "f~": {}} )";
  EXPECT_EQ(found(kText, "/a/b/0"), "1");
  EXPECT_EQ(found(kText, "/a/b/1/c"), "\"x\"");
  EXPECT_EQ(found(kText, "/a/b/2"), "-2.5e3");
  EXPECT_EQ(found(kText, "/a/"), "true");
  EXPECT_EQ(found(kText, "/d~1e"), "null");
  EXPECT_EQ(found(kText, "/f~0"), "{}");
  EXPECT_EQ(found(kText, "/a/b"), R"([1, {"c" : "x"}, -2.5e3])");
  EXPECT_EQ(found("7", ""), "7");
}

TEST(JsonLookup, FindsNothingWhereNothingIs) {
  for (const auto* pointer : {"/x", "/a/b/3", "/a/b/01x", "/a/b/-1", "/a/b/0/c", "/a/c"})
    EXPECT_EQ(found(R"({"a":{"b":[1,2,3]}})", pointer), "nothing") << pointer;
  EXPECT_EQ(found("[]", "/0"), "nothing");
  EXPECT_EQ(found("{}", "/a"), "nothing");
}

TEST(JsonLookup, TextThatIsNoJsonHasNothingInIt) {
  for (const auto* text :
       {"", " ", "{", "{\"a", "{\"a\"", "{\"a\":", "{\"a\" 1}", "[1", "hello", "{\"a\\", "}"})
    EXPECT_EQ(found(text, "/a"), "nothing") << text;
  EXPECT_EQ(found("", ""), "nothing");
  EXPECT_EQ(found("{\"b\": [1, {\"a\":", "/b"), "nothing");
  EXPECT_EQ(found("{\"b\": \"\\", "/b"), "nothing");
}

TEST(JsonLookup, NamesAreComparedAsTheyAreMeant) {
  EXPECT_EQ(found(R"({"a\"b": 1})", "/a\"b"), "1");
  EXPECT_EQ(found(R"({"\u0061": 2})", "/a"), "2");
  EXPECT_EQ(found(R"({"x": "/a", "a": 3})", "/a"), "3");
}

TEST(JsonLookup, ComparesAndDecodesStrings) {
  const nlohmann::json texts{"", "plain", "q\"\\/\b\f\n\r\t", "\u00e4\u20ac", "\U0001f600 end"};
  for (const nlohmann::json& text : texts) {
    for (const bool ascii : {false, true}) {
      const std::string written = text.dump(-1, ' ', ascii);
      const auto meant = text.get<std::string>();
      EXPECT_TRUE(json_string_equals(written, meant)) << written;
      EXPECT_FALSE(json_string_equals(written, meant + "x")) << written;
      std::array<char, 64> out{};
      const auto bytes = decode_json_string(written, out);
      ASSERT_TRUE(bytes.has_value());
      EXPECT_EQ(std::string_view(out.data(), *bytes), meant);
    }
  }
}

TEST(JsonLookup, DecodesNothingThatDoesNotFitOrIsMalformed) {
  std::array<char, 4> out{};
  EXPECT_FALSE(decode_json_string("\"12345\"", out));
  EXPECT_FALSE(decode_json_string("\"123\xc3\xa4\"", out));
  for (const auto* text :
       {R"("\x")", R"("\u12")", R"("\ud800")", R"("\ud800\u0041")", R"("\udc00")", "\"", "1"}) {
    EXPECT_FALSE(decode_json_string(text, out)) << text;
    EXPECT_FALSE(json_string_equals(text, "x")) << text;
  }
}

TEST(JsonLookup, RefusesWhatIsNoPointer) {
  for (const auto* pointer : {"a", "a/b", "/~", "/~2", "/a~"})
    EXPECT_FALSE(parse_json_pointer(pointer)) << pointer;
}

// Whatever bytes come, it ends and reads nothing beyond them (the sanitizers watch), and in whole documents
// it finds what a parser finds.
TEST(JsonLookup, AgreesWithAParserOnCutAndDamagedText) {
  const std::string whole = R"({"a":[1,{"b":"c\\\"d"},[[]]],"e":{"f":{"g":"\u00e9"}},"h":-1.5})";
  const auto document = nlohmann::json::parse(whole);
  for (const auto* pointer : {"/a/1/b", "/a/2/0", "/e/f/g", "/h", "/e/x"}) {
    const auto at = nlohmann::json::json_pointer(pointer);
    EXPECT_EQ(found(whole, pointer) != "nothing", document.contains(at)) << pointer;
    if (document.contains(at)) {
      EXPECT_EQ(nlohmann::json::parse(found(whole, pointer)), document.at(at));
    }
    Prng random{1};
    for (int round = 0; round < 2000; ++round) {
      const std::string copy = whole.substr(0, random.below(whole.size() + 1));
      std::vector<char> text(copy.begin(), copy.end());
      if (!text.empty()) text[random.below(text.size())] = "{}[]\",:\\ 1"[random.below(10)];
      found({text.data(), text.size()}, pointer);
    }
  }
}

}  // namespace
}  // namespace ringstorm
