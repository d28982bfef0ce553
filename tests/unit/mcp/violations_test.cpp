#include "mcp/violations.hpp"

#include <gmock/gmock.h>

#include "mcp/schema_validator.hpp"

namespace checkout::mcp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Wrong {
  const char* name;
  const char* schema;
  const char* value;
  const char* pointer;
  const char* expected;
  const char* found;
};

class ViolationTable : public ::testing::TestWithParam<Wrong> {};

TEST_P(ViolationTable, SaysWhatWasExpectedAndWhatCame) {
  const SchemaValidator validator(Json::parse(GetParam().schema));
  const auto violations = validator.violations(Json::parse(GetParam().value));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].pointer, GetParam().pointer);
  EXPECT_EQ(violations[0].expected, GetParam().expected);
  EXPECT_EQ(violations[0].found, GetParam().found);
}

INSTANTIATE_TEST_SUITE_P(
    Keywords, ViolationTable,
    ::testing::Values(
        Wrong{"Type", R"({"properties":{"a":{"type":"string"}}})", R"({"a":5})", "/a", "a string", "5"},
        Wrong{"TypeList", R"({"properties":{"a":{"type":["string","null"]}}})", R"({"a":true})", "/a",
              "a string or null", "true"},
        Wrong{"IntegerRange", R"({"properties":{"q":{"type":"integer","minimum":1,"maximum":99}}})",
              R"({"q":100})", "/q", "an integer from 1 to 99", "100"},
        Wrong{"Fraction", R"({"properties":{"q":{"type":"integer"}}})", R"({"q":1.5})", "/q", "an integer",
              "1.5"},
        Wrong{"Minimum", R"({"properties":{"q":{"type":"number","minimum":0}}})", R"({"q":-1})", "/q",
              "a number of at least 0", "-1"},
        Wrong{"Exclusive", R"({"properties":{"q":{"type":"number","exclusiveMinimum":0}}})", R"({"q":0})",
              "/q", "a number greater than 0", "0"},
        Wrong{"MultipleOf", R"({"properties":{"q":{"type":"integer","multipleOf":5}}})", R"({"q":7})", "/q",
              "an integer, a multiple of 5", "7"},
        Wrong{"Enum", R"({"properties":{"s":{"type":"string","enum":["open","paid"]}}})", R"({"s":"opne"})",
              "/s", R"(one of "open" or "paid")", R"("opne")"},
        Wrong{"Const", R"({"properties":{"s":{"const":1}}})", R"({"s":2})", "/s", "1", "2"},
        Wrong{"MaxLength", R"({"properties":{"s":{"type":"string","minLength":1,"maxLength":3}}})",
              R"({"s":"éééé"})", "/s", "a string of 1 to 3 characters", "\"éééé\""},
        Wrong{"MinLength", R"({"properties":{"s":{"type":"string","minLength":1}}})", R"({"s":""})", "/s",
              "a string of at least 1 character", R"("")"},
        Wrong{"Pattern", R"({"properties":{"s":{"type":"string","pattern":"^[A-Z]{2}$"}}})", R"({"s":"de"})",
              "/s", "a string matching ^[A-Z]{2}$", R"("de")"},
        Wrong{"Required", R"({"properties":{"cartId":{"type":"string"}},"required":["cartId"]})", "{}",
              "/cartId", "a string (required)", "nothing"},
        Wrong{"Nested",
              R"({"properties":{"a":{"properties":{"b":{"type":"array","items":{"type":"string"}}}}}})",
              R"({"a":{"b":["x",1]}})", "/a/b/1", "a string", "1"},
        Wrong{"DidYouMean", R"({"properties":{"productId":{}},"additionalProperties":false})",
              R"({"product_id":1})", "/product_id", "no such argument (did you mean productId?)",
              "an unknown argument"},
        Wrong{"NoIdeaWhatWasMeant", R"({"properties":{"a":{},"b":{}},"additionalProperties":false})",
              R"({"something":1})", "/something", "only a, b", "an unknown argument"},
        Wrong{"MaxItems", R"({"properties":{"l":{"type":"array","maxItems":1}}})", R"({"l":[1,2]})", "/l",
              "an array of at most 1 item", "an array of 2 items"},
        Wrong{"Unique", R"({"properties":{"l":{"type":"array","uniqueItems":true}}})", R"({"l":[1,1]})", "/l",
              "an array without repeated items", "an array of 2 items"},
        Wrong{"Reference",
              R"({"definitions":{"id":{"type":"string"}},"properties":{"a":{"$ref":"#/definitions/id"}}})",
              R"({"a":1})", "/a", "a string", "1"},
        Wrong{"AnyOfByType", R"({"properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}]}}})",
              R"({"a":[]})", "/a", "a string or an integer", "an array of 0 items"},
        Wrong{"AnyOfNearestBranch",
              R"({"properties":{"a":{"anyOf":[{"type":"null"},{"type":"object","required":["x"]}]}}})",
              R"({"a":{}})", "/a/x", "a value (required)", "nothing"},
        Wrong{"EscapedPointer", R"({"properties":{"a/b~":{"type":"string"}}})", R"({"a/b~":1})", "/a~1b~0",
              "a string", "1"},
        Wrong{
            "IfThen",
            R"({"if":{"properties":{"k":{"const":1}}},"then":{"required":["x"]},"properties":{"k":{},"x":{}}})",
            R"({"k":1})", "/x", "a value (required)", "nothing"},
        Wrong{"UnknownToTheExplainer", R"({"properties":{"a":{"not":{"type":"string"}}}})", R"({"a":"x"})",
              "/a", "a value that fits the schema",
              "one that does not: Target should not validate against schema specified in 'not' constraint."}),
    [](const auto& info) { return info.param.name; });

TEST(Violations, AcceptWhatConforms) {
  const SchemaValidator validator(
      Json::parse(R"({"type":"object","properties":{"q":{"type":"integer","minimum":1}},"required":["q"]})"));
  EXPECT_TRUE(validator.violations(Json::parse(R"({"q":2})")).empty());
  EXPECT_TRUE(validator.violations(Json::parse(R"({"q":2.0})")).empty());  // an integer, says JSON Schema
}

TEST(Violations, AreAllCollected) {
  const SchemaValidator validator(Json::parse(
      R"({"properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["c"],"additionalProperties":false})"));
  EXPECT_EQ(validator.violations(Json::parse(R"({"a":1,"b":"x","d":1})")).size(), 4u);
}

TEST(Violations, NeverRepeatWhatMayBeACardNumber) {
  const SchemaValidator validator(
      Json::parse(R"({"properties":{"a":{"type":"integer","maximum":9},"b":{"type":"string","maxLength":3}},
                      "additionalProperties":false})"));
  const auto error = validationError(validator.violations(
      Json::parse(R"({"a":4242424242424242,"b":"4242 4242 4242 4242","4242-4242-4242-4242":1})")));
  const std::string text = toJson(error).dump();
  EXPECT_THAT(text, Not(HasSubstr("4242")));
  EXPECT_EQ(error.details["violations"].size(), 3u);
}

TEST(Violations, KeepTheAnswerSmallWhateverCame) {
  Json arguments = Json::object();
  for (int i = 0; i < 900; ++i) arguments["argument" + std::to_string(i) + std::string(500, 'x')] = i;
  const SchemaValidator validator(Json::parse(R"({"additionalProperties":false})"));
  const auto error = validationError(validator.violations(arguments));
  EXPECT_LT(toJson(error).dump().size(), 20'000u);
  EXPECT_THAT(error.message, HasSubstr("and 892 more"));
}

TEST(Violations, DoNotOverflowTheStackOnLongStrings) {
  const SchemaValidator validator(
      Json::parse(R"({"properties":{"a":{"type":"string","pattern":"^[a-z]+$"}}})"));
  EXPECT_TRUE(validator.violations({{"a", std::string(1024, 'x')}}).empty());
  EXPECT_EQ(validator.violations({{"a", std::string(1'000'000, 'x')}}).size(), 1u);
}

TEST(Schemas, ThatReferToTheNetworkAreRefused) {
  EXPECT_THROW(SchemaValidator(Json::parse(R"({"$ref":"http://127.0.0.1/schema.json"})")),
               std::invalid_argument);
}

TEST(Schemas, MayReferToThemselves) {
  const SchemaValidator validator(
      Json::parse(R"({"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false})"));
  EXPECT_TRUE(validator.violations(Json::parse(R"({"next":{"next":{}}})")).empty());
  const auto violations = validator.violations(Json::parse(R"({"next":{"next":5}})"));
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_EQ(violations[0].pointer, "/next/next");
}

}  // namespace
}  // namespace checkout::mcp
