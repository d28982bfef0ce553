#include "tools/leniency.hpp"

#include <gtest/gtest.h>

namespace checkout::tools {
namespace {

const Json kSchema = Json::parse(R"({
  "properties": {
    "tenant_id": {"type": "string"}, "cartId": {"type": "string"}, "email": {"type": "string"},
    "quantity": {"type": "integer"},
    "address": {"type": "object", "properties": {"country": {"type": "string", "pattern": "^[A-Z]{2}$"},
                                                 "postalCode": {"type": "string"}}}
  },
  "required": ["tenant_id", "cartId"]
})");

Json read(Json arguments) {
  accommodate(arguments, kSchema);
  return arguments;
}

TEST(Leniency, WhatIsOptionalAndEmptyCountsAsAbsent) {
  EXPECT_EQ(read({{"cartId", "c"}, {"email", ""}, {"address", nullptr}}), (Json{{"cartId", "c"}}));
  EXPECT_EQ(read({{"cartId", ""}}), (Json{{"cartId", ""}})) << "what is required is said to be wrong";
}

TEST(Leniency, TextThatIsANumberIsOneWhereANumberIsWanted) {
  EXPECT_EQ(read({{"quantity", "2"}}), (Json{{"quantity", 2}}));
  for (const char* text : {"two", "2.5", " 2", "2 pieces", "99999999999999999999"})
    EXPECT_EQ(read({{"quantity", text}}), (Json{{"quantity", text}}));
  EXPECT_EQ(read({{"cartId", "2"}}), (Json{{"cartId", "2"}}));
}

TEST(Leniency, CountriesMayBeWrittenSmall) {
  EXPECT_EQ(read({{"address", {{"country", "de"}}}}), (Json{{"address", {{"country", "DE"}}}}));
  EXPECT_EQ(read({{"address", {{"country", "Germany"}}}}), (Json{{"address", {{"country", "Germany"}}}}));
}

TEST(Leniency, NamesInAnotherStyleAreUnderstood) {
  EXPECT_EQ(read({{"tenantId", "a"}, {"cart_id", "c"}, {"address", {{"postal_code", "1"}}}}),
            (Json{{"address", {{"postalCode", "1"}}}, {"tenant_id", "a"}, {"cartId", "c"}}));
  EXPECT_EQ(read({{"cartId", "c"}, {"cart_id", "d"}}), (Json{{"cartId", "c"}, {"cart_id", "d"}}))
      << "one of two would be lost";
  EXPECT_EQ(read({{"basket", "c"}}), (Json{{"basket", "c"}}));
}

TEST(Leniency, NothingElseChanges) {
  const Json odd = {{"cartId", 7}, {"quantity", Json::array({1})}, {"other", ""}, {"email", "a@b.example"}};
  EXPECT_EQ(read(odd), odd);
  EXPECT_EQ(read(Json::array({1})), Json::array({1}));
}

}  // namespace
}  // namespace checkout::tools
