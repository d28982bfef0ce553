#include "base/json_gate.hpp"

#include <string>

#include <gtest/gtest.h>

namespace checkout {
namespace {

Json parsed(std::string_view text, const JsonLimits& limits = {}) {
  auto result = parseUntrustedJson(text, limits);
  if (result.ok()) return *result;
  ADD_FAILURE() << "refused: " << result.error().message;
  return {};
}

struct Refusal {
  std::size_t offset;
  std::string expected, found;
  bool operator==(const Refusal&) const = default;
};
void PrintTo(const Refusal& r, std::ostream* out) {
  *out << "at " << r.offset << ": expected " << r.expected << ", found " << r.found;
}

Refusal refused(std::string_view text, const JsonLimits& limits = {}) {
  auto result = parseUntrustedJson(text, limits);
  if (result.ok()) return {0, "a refusal", result->dump()};
  EXPECT_EQ(result.error().code, ErrorCode::ValidationFailed);
  const Json& details = result.error().details;
  const Refusal refusal{details.at("offset"), details.at("expected"), details.at("found")};
  EXPECT_EQ(result.error().message, "invalid JSON at byte " + std::to_string(refusal.offset) + ": expected " +
                                        refusal.expected + ", found " + refusal.found);
  return refusal;
}

std::string repeat(std::string_view what, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += what;
  return text;
}

std::string join(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) text += part;
  return text;
}

std::string jsonString(std::string_view what) {
  return join({"\"", what, "\""});
}

std::string nested(std::size_t depth) {
  return repeat("[", depth) + repeat("]", depth);
}

JsonLimits unlimited() {
  constexpr std::size_t kHuge = std::size_t{1} << 40;
  return {kHuge, kHuge, kHuge, kHuge, kHuge};
}

TEST(JsonGate, AgreesWithAnIndependentParserOnValidText) {
  for (const char* text : {
           R"({})",
           R"([])",
           R"(0)",
           R"(-0)",
           R"(true)",
           R"(false)",
           R"(null)",
           R"("")",
           R"("x")",
           " \t\r\n { \"a\" : [ 1 , 2.5 , -3e2 , 4E+1, 5e-1 ] , \"b\" : { } , \"\" : [ [ ] ] } \n",
           R"(["\"\\\/\b\f\n\r\t", "\u0041\u00e9\u20AC\uD83D\uDE00", "é€😀"])",
           R"([9223372036854775807, -9223372036854775808, 1.0, 0.1, 1e308, 1E-300])",
           R"({"z":1,"a":2,"m":{"y":[{"x":null}]}})",
           R"({"a":1,"A":2,"a ":3})",
       }) {
    EXPECT_EQ(parsed(text), Json::parse(text)) << text;
    EXPECT_EQ(parsed(text).dump(), Json::parse(text).dump()) << text;
  }
}

TEST(JsonGate, KeepsIntegersAndFloatsApart) {
  EXPECT_TRUE(parsed("7").is_number_integer());
  EXPECT_TRUE(parsed("-0").is_number_integer());
  EXPECT_TRUE(parsed("7.0").is_number_float());
  EXPECT_TRUE(parsed("7e0").is_number_float());
}

TEST(JsonGate, SaysWhereAndWhy) {
  EXPECT_EQ(refused(""), (Refusal{0, "a value", "the end of the text"}));
  EXPECT_EQ(refused("  "), (Refusal{2, "a value", "the end of the text"}));
  EXPECT_EQ(refused("{"), (Refusal{1, "a key or '}'", "the end of the text"}));
  EXPECT_EQ(refused("{1:2}"), (Refusal{1, "a key or '}'", "'1'"}));
  EXPECT_EQ(refused(R"({"a")"), (Refusal{4, "':'", "the end of the text"}));
  EXPECT_EQ(refused(R"({"a":})"), (Refusal{5, "a value", "'}'"}));
  EXPECT_EQ(refused(R"({"a":1 "b":2})"), (Refusal{7, "',' or '}'", "'\"'"}));
  EXPECT_EQ(refused(R"({"a":1,})"), (Refusal{7, "a key", "'}'"}));
  EXPECT_EQ(refused("[1,]"), (Refusal{3, "a value", "']'"}));
  EXPECT_EQ(refused("[,1]"), (Refusal{1, "a value", "','"}));
  EXPECT_EQ(refused("[1 2]"), (Refusal{3, "',' or ']'", "'2'"}));
  EXPECT_EQ(refused("[1}"), (Refusal{2, "',' or ']'", "'}'"}));
  EXPECT_EQ(refused("tru"), (Refusal{3, "true", "the end of the text"}));
  EXPECT_EQ(refused("nulL"), (Refusal{3, "null", "'L'"}));
  EXPECT_EQ(refused("'a'"), (Refusal{0, "a value", "'''"}));
  EXPECT_EQ(refused("NaN"), (Refusal{0, "a value", "'N'"}));
  EXPECT_EQ(refused("[1] // note"), (Refusal{4, "the end of the text", "'/'"}));
  EXPECT_EQ(refused("{} {}"), (Refusal{3, "the end of the text", "'{'"}));
}

TEST(JsonGate, RefusesAByteOrderMarkAndNulBytes) {
  EXPECT_EQ(refused("\xEF\xBB\xBF{}"), (Refusal{0, "JSON", "a byte order mark"}));
  EXPECT_EQ(refused(std::string_view("\0", 1)), (Refusal{0, "a value", "byte 0x00"}));
  EXPECT_EQ(refused(std::string_view("{}\0", 3)), (Refusal{2, "the end of the text", "byte 0x00"}));
  EXPECT_EQ(refused(std::string_view("\"a\0b\"", 5)),
            (Refusal{2, "an escape for a control character", "byte 0x00"}));
  EXPECT_EQ(refused("\"a\nb\""), (Refusal{2, "an escape for a control character", "byte 0x0A"}));
  EXPECT_EQ(refused("\f1"), (Refusal{0, "a value", "byte 0x0C"}));
}

TEST(JsonGate, RefusesNumbersThatTheGrammarDoesNotKnow) {
  EXPECT_EQ(refused("01"), (Refusal{1, "the end of the text", "'1'"}));
  EXPECT_EQ(refused("-"), (Refusal{1, "a digit", "the end of the text"}));
  EXPECT_EQ(refused("-a"), (Refusal{1, "a digit", "'a'"}));
  EXPECT_EQ(refused("+1"), (Refusal{0, "a value", "'+'"}));
  EXPECT_EQ(refused("1."), (Refusal{2, "a digit", "the end of the text"}));
  EXPECT_EQ(refused(".5"), (Refusal{0, "a value", "'.'"}));
  EXPECT_EQ(refused("1e"), (Refusal{2, "a digit", "the end of the text"}));
  EXPECT_EQ(refused("1e+-1"), (Refusal{3, "a digit", "'-'"}));
  EXPECT_EQ(refused("0x10"), (Refusal{1, "the end of the text", "'x'"}));
  EXPECT_EQ(refused("1_000"), (Refusal{1, "the end of the text", "'_'"}));
}

TEST(JsonGate, RefusesNumbersThatDoNotFit) {
  const Refusal integer{0, "an integer of 64 bits", "one that does not fit"};
  EXPECT_EQ(refused("9223372036854775808"), integer);
  EXPECT_EQ(refused("-9223372036854775809"), integer);
  EXPECT_EQ(refused(repeat("9", 100'000)), integer);
  const Refusal real{0, "a number in the range of a double", "one that does not fit"};
  EXPECT_EQ(refused("1e400"), real);
  EXPECT_EQ(refused("-1e309"), real);
  EXPECT_EQ(refused("1e999999999999999999999"), real);
  EXPECT_EQ(refused(repeat("9", 1000) + ".5"), real);
  EXPECT_EQ(parsed(join({"0.", repeat("1", 100'000)})), Json(1.0 / 9));
}

TEST(JsonGate, RefusesMalformedUtf8) {
  for (const char* bytes :
       {"\x80", "\xC3", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xE2\x82",
        "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"})
    EXPECT_EQ(refused(jsonString(bytes)).expected, "valid UTF-8");
  EXPECT_EQ(parsed("\"\xF4\x8F\xBF\xBF\""), Json("\xF4\x8F\xBF\xBF"));
}

TEST(JsonGate, RefusesLoneSurrogatesAndBadEscapes) {
  const std::string pair = "a pair of surrogates", lone = "a lone one";
  EXPECT_EQ(refused(R"("\uD800")"), (Refusal{1, pair, lone}));
  EXPECT_EQ(refused(R"("x\uD800x")"), (Refusal{2, pair, lone}));
  EXPECT_EQ(refused(R"("\uDC00")"), (Refusal{1, pair, lone}));
  EXPECT_EQ(refused(R"("\uD800\uD800")"), (Refusal{1, pair, lone}));
  EXPECT_EQ(refused(R"("\uD800A")"), (Refusal{1, pair, lone}));
  EXPECT_EQ(refused(R"("\u12G4")"), (Refusal{5, "four hexadecimal digits after '\\u'", "'G'"}));
  EXPECT_EQ(refused(R"("\u12)"), (Refusal{5, "four hexadecimal digits after '\\u'", "the end of the text"}));
  EXPECT_EQ(refused(R"("\x41")"), (Refusal{2, "one of \"\\/bfnrtu after '\\'", "'x'"}));
  EXPECT_EQ(refused("\"\\"), (Refusal{2, "one of \"\\/bfnrtu after '\\'", "the end of the text"}));
  EXPECT_EQ(refused("\"abc"), (Refusal{4, "the closing '\"' of a string", "the end of the text"}));
}

TEST(JsonGate, FindsRepeatedKeysAfterUnescaping) {
  EXPECT_EQ(refused(R"({"a":1,"a":2})"), (Refusal{7, "a key that is new in this object", "a repeated key"}));
  EXPECT_EQ(refused(R"({"a":1,"\u0061":2})").found, "a repeated key");
  EXPECT_EQ(refused(R"([{"x":{"k":1,"b":2,"k":3}}])").offset, 19u);
  EXPECT_TRUE(parsed(R"([{"a":1},{"a":{"a":2}}])").is_array());
}

TEST(JsonGate, NeverRepeatsTheTextInItsMessages) {
  const auto error = parseUntrustedJson(R"({"4242424242424242":1,"4242424242424242":2})").error();
  EXPECT_EQ(toJson(error).dump().find("4242"), std::string::npos);
}

TEST(JsonGate, HoldsEachLimitAtItsEdge) {
  EXPECT_TRUE(parsed(nested(32)).is_array());
  EXPECT_EQ(refused(nested(33)), (Refusal{32, "at most 32 levels of nesting", "one more"}));
  EXPECT_EQ(refused(repeat(R"({"a":)", 33)).expected, "at most 32 levels of nesting");

  EXPECT_EQ(parsed(join({"[", repeat("1,", 9'998), "1]"})).size(), 9'999u);  // the array counts too
  EXPECT_EQ(refused(join({"[", repeat("1,", 9'999), "1]"})),
            (Refusal{1 + 2 * 9'999, "at most 10000 values", "one more"}));

  EXPECT_EQ(parsed(jsonString(repeat("x", 8'192))).get<std::string>().size(), 8'192u);
  EXPECT_EQ(refused(jsonString(repeat("x", 8'193))), (Refusal{0, "at most 8192 bytes in a string", "more"}));
  EXPECT_EQ(parsed(jsonString(repeat(R"(\u20ac)", 2'730))).get<std::string>().size(), 8'190u);
  EXPECT_EQ(refused(jsonString(repeat(R"(\u20ac)", 2'731))).expected, "at most 8192 bytes in a string");
  EXPECT_EQ(refused(join({"{\"", repeat("x", 8'193), "\":1}"})).offset, 1u);

  std::string members = "{";
  for (int i = 0; i < 1'000; ++i) members += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(parsed(members.substr(0, members.size() - 1) + "}").size(), 1'000u);
  EXPECT_EQ(refused(members + "\"x\":0}"),
            (Refusal{members.size(), "at most 1000 members in an object", "one more"}));

  EXPECT_TRUE(parsed(join({"1", repeat(" ", 256 * 1024 - 1)})).is_number());
  EXPECT_EQ(refused(join({"1", repeat(" ", 256 * 1024)})),
            (Refusal{262'144, "at most 262144 bytes", "262145"}));
}

TEST(JsonGate, SurvivesAMillionOpenBrackets) {
  JsonLimits limits = unlimited();
  limits.maxDepth = 32;
  EXPECT_EQ(refused(repeat("[", 1'000'000), limits).offset, 32u);
  EXPECT_EQ(refused(repeat("[", 1'000'000)).expected, "at most 262144 bytes");
  EXPECT_EQ(refused(repeat(R"({"":)", 1'000'000), limits).offset, 4u * 32);
  // The parser itself uses no call frames: even without a depth limit it ends in an ordinary error.
  EXPECT_EQ(refused(repeat("[", 100'000), unlimited()).found, "the end of the text");
}

TEST(JsonGate, RefusesEveryPrefixOfAnObject) {
  const std::string text = R"({"a":[1,-2.5e3,"\u00e9\\ é",true,null,{"b":{}}],"c":"😀"})";
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(parseUntrustedJson(text.substr(0, size)).ok()) << size;
  EXPECT_TRUE(parseUntrustedJson(text).ok());
}

// Every single-byte change is either refused by both parsers, or means the same to both, except where the
// gate is stricter on purpose (repeated keys, large integers).
TEST(JsonGate, AgreesWithAnIndependentParserOnDamagedText) {
  const std::string text = R"({"a":[1,-2.5e3,"\u00e9 \"é",true,null],"b":{}})";
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(byte);
      const auto ours = parseUntrustedJson(damaged);
      const Json theirs = Json::parse(damaged, nullptr, false);
      if (ours.ok()) {
        EXPECT_EQ(*ours, theirs) << damaged;
      } else if (ours.error().details.at("found") != "a repeated key") {
        EXPECT_TRUE(theirs.is_discarded()) << damaged << ": " << ours.error().message;
      }
    }
  }
}

}  // namespace
}  // namespace checkout
