#include "tools/card_guard.hpp"

#include <gmock/gmock.h>

namespace checkout::tools {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CardGuard, LooksIntoEveryStringOfTheArgumentsAndNamesThePlace) {
  const Json arguments = {{"tenant_id", "mall"}, {"notes", {"fine", {{"inner", "4242 4242 4242 4242"}}}}};
  const Result<void> refused = refuseCardNumbers(arguments);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::CardNumberRejected);
  EXPECT_EQ(refused.error().details.at("argument"), "/notes/1/inner");
}

TEST(CardGuard, NeverRepeatsTheNumber) {
  for (const Json& arguments : {Json{{"reason", "4242 4242 4242 4242"}}, Json{{"4242424242424242", "a name"}},
                                Json{{"note", 4242424242424242}}}) {
    const Result<void> refused = refuseCardNumbers(arguments);
    ASSERT_FALSE(refused.ok()) << arguments;
    EXPECT_THAT(toJson(refused.error()).dump(), Not(HasSubstr("4242")));
  }
}

TEST(CardGuard, WhereACardIsMeantAnyNumberWithACheckDigitIsOne) {
  for (const Json& arguments :
       {Json{{"cardNumber", "4222222222222"}}, Json{{"card_number", 4222222222222}},
        Json{{"paymentMethodId", "9999999999999995"}}, Json{{"PAN", "4222-2222-2222-2"}}})
    EXPECT_FALSE(refuseCardNumbers(arguments).ok()) << arguments;
  EXPECT_TRUE(refuseCardNumbers({{"paymentMethodId", "pm_card_visa"}}).ok());
  EXPECT_TRUE(refuseCardNumbers({{"phone", "4222222222222"}}).ok());
}

TEST(CardGuard, SaysWhatToDoWhereThereIsNoCheckoutYet) {
  const Result<void> refused = refuseCardNumbers({{"query", "4242424242424242"}});
  EXPECT_THAT(refused.error().nextAction->message, HasSubstr("checkout_start"));
}

TEST(CardGuard, LetsOtherArgumentsPass) {
  EXPECT_TRUE(refuseCardNumbers({{"tenant_id", "mall"}, {"quantity", 3}, {"maxPrice", 999999999999}}).ok());
}

}  // namespace
}  // namespace checkout::tools
