#include "tools/card_guard.hpp"

#include <gmock/gmock.h>

namespace checkout::tools {
namespace {

using testing::HasSubstr;
using testing::Not;

class CardNumbers : public testing::TestWithParam<const char*> {};
TEST_P(CardNumbers, AreFound) {
  EXPECT_TRUE(containsCardNumber(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(OfEveryNetwork, CardNumbers,
                         testing::Values("4242424242424242",     // Visa
                                         "4222222222222",        // Visa, 13 digits
                                         "4000002500003155",     //
                                         "5555555555554444",     // Mastercard
                                         "2223003122003222",     //
                                         "378282246310005",      // American Express
                                         "6011111111111117",     // Discover
                                         "6011000990139424",     //
                                         "3056930009020004",     // Diners Club
                                         "36227206271667",       //
                                         "3566002020360505",     // JCB
                                         "6200000000000005",     // UnionPay
                                         "6205500000000000004",  // UnionPay, 19 digits
                                         "6759649826438453"));   // Maestro
INSTANTIATE_TEST_SUITE_P(InDisguise, CardNumbers,
                         testing::Values("4242 4242 4242 4242", "4242-4242-4242-4242",
                                         "4242 - 4242 - 4242 - 4242",
                                         "4242\xC2\xA0"
                                         "4242\xC2\xA0"
                                         "4242\xC2\xA0"
                                         "4242",
                                         "card: 4242424242424242.", "pay with 4242 4242 4242 4242 123",
                                         "12 4242 4242 4242 4242", "cc4242424242424242",
                                         "4242424242424242visa", "card_4242424242424242", "3782 822463 10005",
                                         "+4242 4242 4242 4242"));

class OtherDigits : public testing::TestWithParam<const char*> {};
TEST_P(OtherDigits, AreLeftAlone) {
  EXPECT_FALSE(containsCardNumber(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(
    ThatAreNoCards, OtherDigits,
    testing::Values("", "4242", "no digits at all",
                    "4242424242424241",      // check digit
                    "424242424242",          // 12 digits
                    "42424242424242424242",  // 20 digits
                    "0000000000000000",      // no network
                    "1234567812345670",      //
                    "42424242424242",        // no Visa has 14 digits
                    "4242,4242,4242,4242",   // a list
                    "+49 1512 3456 7890 1",  // a phone number
                    "saga_4242424242424242abcdef0123456789", "pi_3MtwBwLkdIwHu7ix28a3tqPa",
                    "1b4e28ba-2fa1-11d2-883f-0016d3cca427", "2026-11-22T09:30:00.250Z",
                    "cart-deadbeef-4111-4111-8111-0005abcdefab",  // but for its shape, a Visa
                    "Main Street 4242, 10115 Berlin"));

TEST(CardGuard, NeverTakesAPhoneNumberOfUpToFifteenDigitsForACard) {
  // Each is a Visa number by prefix, length and check digit.
  EXPECT_TRUE(containsCardNumber("4222222222222"));
  EXPECT_FALSE(containsCardNumber("+4222222222222"));
  EXPECT_FALSE(containsCardNumber("call +42 222 222 222 22"));
}

TEST(CardGuard, LooksIntoEveryStringOfTheArgumentsAndNamesThePlace) {
  const Json arguments = {{"tenant_id", "mall"}, {"notes", {"fine", {{"inner", "4242 4242 4242 4242"}}}}};
  const Result<void> refused = refuseCardNumbers(arguments);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::CardNumberRejected);
  EXPECT_EQ(refused.error().details.at("argument"), "/notes/1/inner");
}

TEST(CardGuard, NeverRepeatsTheNumber) {
  const Result<void> refused = refuseCardNumbers({{"reason", "4242 4242 4242 4242"}});
  EXPECT_THAT(toJson(refused.error()).dump(), Not(HasSubstr("4242")));
}

TEST(CardGuard, LetsOtherArgumentsPass) {
  EXPECT_TRUE(refuseCardNumbers({{"tenant_id", "mall"}, {"quantity", 3}, {"maxPrice", 999999999999}}).ok());
}

}  // namespace
}  // namespace checkout::tools
