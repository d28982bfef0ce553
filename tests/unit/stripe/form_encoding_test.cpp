#include "stripe/form_encoding.hpp"

#include <gtest/gtest.h>

namespace checkout::stripe {
namespace {

TEST(FormEncoding, EscapesEverythingButUnreservedCharacters) {
  EXPECT_EQ(percentEncode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percentEncode("a b+c&d=e/f?g%h[i]"), "a%20b%2Bc%26d%3De%2Ff%3Fg%25h%5Bi%5D");
  EXPECT_EQ(percentEncode("ü"), "%C3%BC");
  EXPECT_EQ(percentEncode(std::string_view("\0\n", 2)), "%00%0A");
}

TEST(FormEncoding, KeepsTheOrderOfFields) {
  EXPECT_EQ(std::move(Form().add("b", "2").add("a", 1).add("big", std::int64_t{-9'000'000'000})).encoded(),
            "b=2&a=1&big=-9000000000");
}

TEST(FormEncoding, LeavesOutWhatIsEmptyOnlyWhenAskedTo) {
  EXPECT_EQ(std::move(Form().add("a", "").addUnlessEmpty("b", "").addUnlessEmpty("c", "x")).encoded(),
            "a=&c=x");
}

TEST(FormEncoding, UnfoldsNestedJsonIntoBracketedNames) {
  const Json value =
      Json::parse(R"({"list":[{"x":1},{"x":true}],"text":"a b","none":null,"empty":{},"bare":[]})");
  EXPECT_EQ(std::move(Form().addJson("p", value)).encoded(),
            "p[list][0][x]=1&p[list][1][x]=true&p[text]=a%20b&p[none]=");
}

}  // namespace
}  // namespace checkout::stripe
