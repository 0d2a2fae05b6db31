#include "plan/json_tree.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/prng.h"

namespace ringstorm {
namespace {

using Kind = JsonNode::Kind;

std::string source(std::string_view text, const JsonNode& node) {
  return std::string{text.substr(node.begin, node.end - node.begin)};
}

TEST(JsonTree, KnowsWhereEveryValueStands) {
  constexpr std::string_view kText =
      "{\n  \"a\": [1, -2.5e3 , true,null],\n  // \"b\": no\n  \"c\\\"\" : /* , */ \"x\\\\\" }";
  const JsonTree tree = read_json(kText);
  ASSERT_TRUE(tree.root);
  EXPECT_TRUE(tree.problems.empty());
  const JsonNode& root = *tree.root;
  EXPECT_EQ(source(kText, root), kText);
  ASSERT_EQ(root.children.size(), 2U);
  const JsonNode& list = root.children[0];
  EXPECT_EQ(source(kText, list), "[1, -2.5e3 , true,null]");
  ASSERT_EQ(list.children.size(), 4U);
  EXPECT_EQ(list.children[0].text, "1");
  EXPECT_EQ(list.children[1].text, "-2.5e3");
  EXPECT_EQ(list.children[2].text, "true");
  EXPECT_EQ(source(kText, list.children[3]), "null");
  const JsonNode& string = root.children[1];
  EXPECT_EQ(string.key, "c\"");
  EXPECT_EQ(string.text, "x\\");
  EXPECT_EQ(source(kText, string), "\"x\\\\\"");
  EXPECT_EQ(position_of(kText, string.key_begin).line, 4U);
  EXPECT_EQ(position_of(kText, string.key_begin).column, 3U);
  EXPECT_EQ(root.member("a"), &list);
  EXPECT_EQ(root.member("b"), nullptr);
  EXPECT_EQ(list.member("a"), nullptr);
}

TEST(JsonTree, ACommentRightAfterANumberDoesNotConfuseIt) {
  constexpr std::string_view kText = "[1/* 9 */,2// 8\n,3]";
  const JsonTree tree = read_json(kText);
  ASSERT_TRUE(tree.root);
  ASSERT_EQ(tree.root->children.size(), 3U);
  EXPECT_EQ(tree.root->children[1].text, "2");
  EXPECT_EQ(tree.root->children[2].text, "3");
  EXPECT_EQ(position_of(kText, tree.root->children[2].begin).line, 2U);
}

TEST(JsonTree, PassesOverAByteOrderMark) {
  const JsonTree tree = read_json("\xEF\xBB\xBF{\"a\": 1}");
  ASSERT_TRUE(tree.root);
  EXPECT_EQ(tree.root->children[0].text, "1");
}

struct MalformedCase {
  const char* text;
  std::size_t line;
  std::size_t column;
  const char* what;
};
class Malformed : public testing::TestWithParam<MalformedCase> {};
TEST_P(Malformed, IsRefusedAtItsPlace) {
  const auto& expected = GetParam();
  const JsonTree tree = read_json(expected.text);
  EXPECT_FALSE(tree.root);
  ASSERT_EQ(tree.problems.size(), 1U);
  const TextPosition at = position_of(expected.text, tree.problems[0].offset);
  EXPECT_EQ(at.line, expected.line) << tree.problems[0].what;
  EXPECT_EQ(at.column, expected.column) << tree.problems[0].what;
  EXPECT_NE(tree.problems[0].what.find(expected.what), std::string::npos) << tree.problems[0].what;
}
INSTANTIATE_TEST_SUITE_P(
    Places, Malformed,
    testing::Values(MalformedCase{"", 1, 1, "unexpected end of input"},
                    MalformedCase{"{", 1, 2, "expected string literal"},
                    MalformedCase{"{\n  \"a\": 1,,\n}", 2, 10, "unexpected ','; expected string literal"},
                    MalformedCase{"{\n,}", 2, 1, "unexpected ','; expected string literal"},
                    MalformedCase{"[1,\n,]", 2, 1, "unexpected ','"},
                    MalformedCase{"{\"a\" 1}", 1, 6, "expected ':'"},
                    MalformedCase{"{\"a\": 1\n \"b\": 2}", 2, 2, "expected '}'"},
                    MalformedCase{"[1, 2", 1, 6, "unexpected end of input"},
                    MalformedCase{"{\"a\": tru}", 1, 7, "invalid literal"},
                    MalformedCase{"{\"a\": NaN}", 1, 7, "invalid literal"},
                    MalformedCase{"{\"a\": 1} x", 1, 10, "expected end of input"},
                    MalformedCase{"{\"a\": 01}", 1, 8, "unexpected number literal"},
                    MalformedCase{"{\"a\": -}", 1, 7, "invalid number"},
                    MalformedCase{"{\"a\": \"b\n\"}", 1, 7, "control character"},
                    MalformedCase{"{\"a\": \"\xff\"}", 1, 7, "ill-formed UTF-8"},
                    MalformedCase{"{\"a\": \"\\ud800\"}", 1, 7, "surrogate"},
                    MalformedCase{"/* never closed", 1, 1, "comment"},
                    MalformedCase{"{'a': 1}", 1, 2, "invalid literal"},
                    MalformedCase{"{\"a\":\n 1e400}", 2, 2, "the number 1e400 is too large"}));

TEST(JsonTree, AcceptsACommaBehindTheLastItem) {
  constexpr std::string_view kText = "{\"a\": [1, 2, /* , */ ],\n // ,\n \"b\": {\"c\": \",]\" ,},}";
  const JsonTree tree = read_json(kText);
  ASSERT_TRUE(tree.root);
  EXPECT_TRUE(tree.problems.empty());
  EXPECT_EQ(tree.root->member("a")->children.size(), 2U);
  const JsonNode& c = *tree.root->member("b")->member("c");
  EXPECT_EQ(c.text, ",]");
  EXPECT_EQ(kText.substr(c.begin, c.end - c.begin), "\",]\"");
}

TEST(PlaceInString, CountsWhatIsWritten) {
  constexpr std::string_view kText = "  \"a\\n\\u00fc\\u20ac\\ud83d\\ude00\u00fc!\"";
  const JsonTree tree = read_json(kText);
  ASSERT_TRUE(tree.root);
  // Of each byte of the decoded text, 1 + 1 + 2 + 3 + 4 + 2 + 1 of them.
  constexpr std::size_t kPlaces[] = {3, 4, 6, 6, 12, 12, 12, 18, 18, 18, 18, 30, 31, 32, 33};
  for (std::size_t i = 0; i < std::size(kPlaces); ++i)
    EXPECT_EQ(place_in_string(kText, *tree.root, i), kPlaces[i]) << i;
}

TEST(JsonTree, ReportsNamesGivenTwice) {
  constexpr std::string_view kText = "{\"a\": 1,\n \"b\": {\"c\": 1, \"c\": 2},\n \"a\": 3}";
  const JsonTree tree = read_json(kText);
  ASSERT_TRUE(tree.root);
  ASSERT_EQ(tree.problems.size(), 2U);
  EXPECT_EQ(tree.problems[0].pointer, "/b/c");
  EXPECT_EQ(tree.problems[1].pointer, "/a");
  EXPECT_EQ(tree.problems[1].what, "\"a\" is given twice, first on line 1");
  EXPECT_EQ(position_of(kText, tree.problems[1].offset).line, 3U);
}

TEST(JsonTree, RefusesDeepNestingWithoutRecursing) {
  const JsonTree tree = read_json(std::string(1'000'000, '['));
  EXPECT_FALSE(tree.root);
  ASSERT_EQ(tree.problems.size(), 1U);
  EXPECT_EQ(tree.problems[0].what, "nested more than 32 levels deep");
  EXPECT_EQ(tree.problems[0].offset, 32U);
  EXPECT_TRUE(read_json(std::string(32, '[') + std::string(32, ']')).root);
  const JsonTree inside = read_json("{\"a\": [0, " + std::string(31, '['));
  ASSERT_EQ(inside.problems.size(), 1U);
  EXPECT_EQ(inside.problems[0].pointer.substr(0, 8), "/a/1/0/0");
}

TEST(JsonTree, RefusesTooManyValues) {
  std::string text = "[0";
  for (int i = 0; i < 100'000; ++i) text += ",0";
  const JsonTree tree = read_json(text + "]");
  EXPECT_FALSE(tree.root);
  ASSERT_EQ(tree.problems.size(), 1U);
  EXPECT_EQ(tree.problems[0].what, "holds more than 100,000 values");
}

nlohmann::json rebuilt(const JsonNode& node) {
  nlohmann::json out;
  switch (node.kind) {
    case Kind::null: break;
    case Kind::boolean: out = node.text == "true"; break;
    case Kind::number: out = nlohmann::json::parse(node.text); break;
    case Kind::string: out = node.text; break;
    case Kind::list:
      out = nlohmann::json::array();
      for (const JsonNode& child : node.children) out.push_back(rebuilt(child));
      break;
    case Kind::object:
      out = nlohmann::json::object();
      for (const JsonNode& child : node.children) out[child.key] = rebuilt(child);
      break;
  }
  return out;
}

nlohmann::json random_json(Prng& random, int depth) {
  const auto size = [&] { return random.below(4); };
  switch (random.below(depth > 3 ? 5 : 7)) {
    case 0: return nullptr;
    case 1: return random.below(2) == 0;
    case 2: return static_cast<std::int64_t>(random.next());
    case 3: return random.unit() * 1e6;
    case 4: return std::string(size(), "\"\\/,:{}[]\n *"[random.below(12)]);
    case 5: {
      auto list = nlohmann::json::array();
      for (auto n = size(); n > 0; --n) list.push_back(random_json(random, depth + 1));
      return list;
    }
    default: {
      auto object = nlohmann::json::object();
      for (auto n = size(); n > 0; --n)
        object[std::string(n, "a\":,/"[random.below(5)])] = random_json(random, depth + 1);
      return object;
    }
  }
}

void expect_places_to_hold(const JsonNode& node, std::string_view text) {
  // What stands at a node's place is that node, read on its own.
  EXPECT_EQ(nlohmann::json::parse(source(text, node)), rebuilt(node));
  for (const JsonNode& child : node.children) expect_places_to_hold(child, text);
}

TEST(JsonTree, AgreesWithThePlainParserOnAnyDocument) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Prng random{seed};
    const nlohmann::json document = random_json(random, 0);
    const std::string text = document.dump(static_cast<int>(random.below(4)) - 1);
    const JsonTree tree = read_json(text);
    ASSERT_TRUE(tree.root) << "seed " << seed << ": " << text;
    ASSERT_EQ(rebuilt(*tree.root), document) << "seed " << seed << ": " << text;
    expect_places_to_hold(*tree.root, text);
  }
}

TEST(TextPosition, CountsCharactersNotBytes) {
  constexpr std::string_view kText = "ab\n\u00fc\u20acx";
  EXPECT_EQ(position_of(kText, 0).column, 1U);
  EXPECT_EQ(position_of(kText, 2).line, 1U);
  EXPECT_EQ(position_of(kText, 3).line, 2U);
  EXPECT_EQ(position_of(kText, 3).column, 1U);
  EXPECT_EQ(position_of(kText, 8).column, 3U);
  EXPECT_EQ(position_of(kText, 1000).column, 4U);
}

TEST(Shortened, CutsBetweenCharactersAndHidesControls) {
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abcd", 3), "abc…");
  EXPECT_EQ(shortened("\u20ac\u20ac", 5), "\u20ac…");
  EXPECT_EQ(shortened("a\nb\x1b", 10), "a?b?");
}

TEST(PointerStep, EscapesAsRfc6901) {
  EXPECT_EQ(pointer_step("a/b~c"), "a~1b~0c");
}

}  // namespace
}  // namespace ringstorm
