// Two tables of currencies were written apart, the product's and the simulator's: where they differ, one is
// wrong.
#include "domain/currencies.hpp"

#include <gtest/gtest.h>

#include "sandbox/currency.hpp"

namespace checkout {
namespace {

TEST(CurrencyTables, SayTheSameOfEveryCode) {
  int known = 0;
  std::string code = "aaa";
  for (code[0] = 'a'; code[0] <= 'z'; ++code[0])
    for (code[1] = 'a'; code[1] <= 'z'; ++code[1])
      for (code[2] = 'a'; code[2] <= 'z'; ++code[2]) {
        const domain::CurrencyFacts* facts = domain::findCurrency(code);
        ASSERT_EQ(facts != nullptr, sandbox::isCurrency(code)) << code;
        if (facts == nullptr) continue;
        ++known;
        EXPECT_EQ(facts->exponent, sandbox::decimalsOf(code)) << code;
        EXPECT_EQ(std::max<std::int64_t>(facts->minimumCharge, 1), sandbox::smallestCharge(code)) << code;
        EXPECT_EQ(domain::maximumCharge(code), sandbox::largestCharge(code)) << code;
      }
  EXPECT_GE(known, 135) << "Stripe takes payments in more than 135 currencies";
}

}  // namespace
}  // namespace checkout
