#include "mcp/header_value.hpp"

#include <gtest/gtest.h>

namespace checkout::mcp {
namespace {

TEST(HeaderValue, IsLiteralWithoutTheWholeSentinel) {
  for (const char* text :
       {"us-west1", "SGVsbG8=", "=?base64?SGVsbG8=", "SGVsbG8=?=", "=?BASE64?SGVsbG8=?=", "", "=?base64?="})
    EXPECT_EQ(decodeHeaderValue(text), text);
}

TEST(HeaderValue, IsDecodedInsideTheSentinel) {
  EXPECT_EQ(decodeHeaderValue("=?base64?SGVsbG8sIOS4lueVjA==?="), "Hello, 世界");
  EXPECT_EQ(decodeHeaderValue("=?base64?IHBhZGRlZCA=?="), " padded ");
  EXPECT_EQ(decodeHeaderValue("=?base64?bGluZTEKbGluZTI=?="), "line1\nline2");
  EXPECT_EQ(decodeHeaderValue("=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="), "=?base64?literal?=");
  EXPECT_EQ(decodeHeaderValue("=?base64?"
                              "?="),
            "");
}

TEST(HeaderValue, IsRefusedWhenMalformed) {
  for (const char* text : {"=?base64?SGVsbG8?=", "=?base64?SGVs!!!bG8=?=", "=?base64?====?=",
                           "=?base64?SGVsbG9=?=", "=?base64?SG=sbG8=?=", "caf\xC3\xA9", "a\nb"})
    EXPECT_EQ(decodeHeaderValue(text), std::nullopt) << text;
}

TEST(HeaderValue, ComparesNumbersAsNumbers) {
  EXPECT_TRUE(headerEquals("42", 42));
  EXPECT_TRUE(headerEquals("42.0", 42));
  EXPECT_TRUE(headerEquals("-7", -7));
  EXPECT_FALSE(headerEquals("42x", 42));
  EXPECT_FALSE(headerEquals("", 0));
  EXPECT_FALSE(headerEquals("nan", 0));
  EXPECT_TRUE(headerEquals("9007199254740993", std::int64_t{9007199254740993}));
  EXPECT_FALSE(headerEquals("9007199254740992", std::int64_t{9007199254740993}));
}

TEST(HeaderValue, ComparesTextAndBooleansExactly) {
  EXPECT_TRUE(headerEquals("a", "a"));
  EXPECT_FALSE(headerEquals("A", "a"));
  EXPECT_TRUE(headerEquals("true", true));
  EXPECT_FALSE(headerEquals("True", true));
  EXPECT_FALSE(headerEquals("null", nullptr));
}

}  // namespace
}  // namespace checkout::mcp
