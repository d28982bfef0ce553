#include "base/card_number.hpp"

#include <cstdio>
#include <functional>
#include <random>
#include <string>

#include <gmock/gmock.h>

namespace checkout {
namespace {

class CardNumbers : public testing::TestWithParam<const char*> {};
TEST_P(CardNumbers, AreFound) {
  EXPECT_TRUE(containsCardNumber(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(OfEveryNetwork, CardNumbers,
                         testing::Values("4242424242424242",     // Visa
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
                                         "6759649826438453",     // Maestro
                                         "5000000000000009",     //
                                         "5600000000000003",     //
                                         "6390000000000005",     //
                                         "5067000000000009",     // Elo
                                         "6362970000457013",     //
                                         "6071260000000001",     // RuPay
                                         "9792000000000003",     // Troy
                                         "5060990580000217499",  // Verve
                                         "6725000000000001"));   // girocard
INSTANTIATE_TEST_SUITE_P(
    InDisguise, CardNumbers,
    testing::Values("4242 4242 4242 4242", "4242-4242-4242-4242", "4242 - 4242 - 4242 - 4242",
                    "4242\xC2\xA0"
                    "4242\xC2\xA0"
                    "4242\xC2\xA0"
                    "4242",
                    "4242.4242.4242.4242", "4242,4242,4242,4242", "4242/4242/4242/4242",
                    "4242_4242_4242_4242", "4242, 4242, 4242, 4242", "4242\t4242\t4242\t4242",
                    "4242\n4242\n4242\n4242", "4242\r\n4242\r\n4242\r\n4242",
                    "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2", "4.2.4.2.4.2.4.2.4.2.4.2.4.2.4.2",
                    "42 42 42 42 42 42 42 42", "card: 4242424242424242.", "pay with 4242 4242 4242 4242 123",
                    "12 4242 4242 4242 4242", "cc4242424242424242", "4242424242424242visa",
                    "card_4242424242424242", "3782 822463 10005", "+4242 4242 4242 4242"));
INSTANTIATE_TEST_SUITE_P(InOtherCharacters, CardNumbers,
                         testing::Values("4242\u20134242\u20134242\u20134242",  // en dashes
                                         "4242\u20144242\u20144242\u20144242",  // em dashes
                                         "4242\u22124242\u22124242\u22124242",  // minus signs
                                         "4242\u20094242\u20094242\u20094242",  // thin spaces
                                         "4242\u202F4242\u202F4242\u202F4242",  // narrow spaces
                                         "4242\u30004242\u30004242\u30004242",  // ideographic spaces
                                         "4242\u200B4242\u200B4242\u200B4242",  // of no width
                                         "4\u200D2\u200D4\u200D24242424242\u2060"
                                         "42",                                               //
                                         "\uFF14\uFF12\uFF14\uFF12\uFF14\uFF12\uFF14\uFF12"  // full width
                                         "\uFF14\uFF12\uFF14\uFF12\uFF14\uFF12\uFF14\uFF12",
                                         "\u0664\u0662\u0664\u0662\u0664\u0662\u0664\u0662"  // Arabic
                                         "\u0664\u0662\u0664\u0662\u0664\u0662\u0664\u0662",
                                         "\u06F4\u06F2\u06F4\u06F2\u06F4\u06F2\u06F4\u06F2"  // Persian
                                         "\u06F4\u06F2\u06F4\u06F2\u06F4\u06F2\u06F4\u06F2"));

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
                    "4222222222222",         // nor 13, any more
                    "+49 1512 3456 7890 1",  // a phone number
                    "0049 1512 3456 7890 1", "saga_4242424242424242abcdef0123456789",
                    "pi_3MtwBwLkdIwHu7ix28a3tqPa", "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
                    "2026-11-22T09:30:00.250Z",
                    "cart-deadbeef-4111-4111-8111-0005abcdefab",  // but for its shape, a Visa
                    "12.50, 13.75, 99.99, 42.42, 4.20", "DE89 3704 0044 0532 0130 00",
                    "DE89370400440532013000", "Main Street 4242, 10115 Berlin", "\xFF\xFE 4242"));

// How much of what is no card number is taken for one: printed, and held to two in a hundred.
class FalsePositives : public testing::Test {
 protected:
  static constexpr int kSamples = 20'000;

  std::string digits(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text.push_back(static_cast<char>('0' + upTo(9)));
    return text;
  }
  int upTo(int most) { return std::uniform_int_distribution<int>(0, most)(dice_); }
  template <class List>
  auto oneOf(const List& list) {
    return list[static_cast<std::size_t>(upTo(static_cast<int>(std::size(list)) - 1))];
  }
  void expectFew(const char* what, const std::function<std::string()>& make) {
    int taken = 0;
    for (int i = 0; i < kSamples; ++i) taken += containsCardNumber(make());
    std::printf("%s: %.2f %% are taken for card numbers\n", what, 100.0 * taken / kSamples);
    EXPECT_LE(taken, kSamples / 50) << what;
  }
  std::mt19937 dice_{20'261'127};
};

TEST_F(FalsePositives, AreFewAmongArticleNumbers) {
  expectFew("EAN-13", [this] {
    constexpr const char* kPrefixes[] = {"400", "401", "440", "300", "379", "500", "509", "540", "570",
                                         "690", "730", "760", "800", "840", "871", "978", "012"};
    std::string ean = oneOf(kPrefixes) + digits(9);
    int sum = 0;
    for (std::size_t i = 0; i < ean.size(); ++i) sum += (ean[i] - '0') * (i % 2 == 0 ? 1 : 3);
    ean.push_back(static_cast<char>('0' + (10 - sum % 10) % 10));
    return ean;
  });
}

TEST_F(FalsePositives, AreFewAmongBankAccounts) {
  expectFew("IBAN", [this] {
    struct Form {
      const char* country;
      int digits;
    };
    constexpr Form kForms[] = {{"DE", 18}, {"FR", 23}, {"ES", 20}, {"AT", 16}, {"PL", 24}, {"BE", 12}};
    const Form form = oneOf(kForms);
    const std::string account = digits(form.digits);
    int rest = 0;
    const auto take = [&rest](int value) { rest = (rest * (value > 9 ? 100 : 10) + value) % 97; };
    for (const char c : account) take(c - '0');
    for (const char* c = form.country; *c != '\0'; ++c) take(*c - 'A' + 10);
    take(0), take(0);
    const int check = 98 - rest;
    std::string iban = form.country + std::string(check < 10 ? "0" : "") + std::to_string(check) + account;
    if (upTo(1) == 0) return iban;
    for (std::size_t at = 4; at < iban.size(); at += 5) iban.insert(at, 1, ' ');
    return "my account is " + iban + ", thanks";
  });
}

TEST_F(FalsePositives, AreFewAmongPhoneNumbers) {
  expectFew("phone numbers", [this] {
    constexpr const char* kCodes[] = {"1",  "44", "49", "43", "41", "33", "34",
                                      "39", "81", "86", "91", "55", "48"};
    const std::string national = digits(9 + upTo(2));
    switch (upTo(4)) {
      case 0:
        return "+" + std::string(oneOf(kCodes)) + national;
      case 1:
        return "+" + std::string(oneOf(kCodes)) + " " + national.substr(0, 3) + " " + national.substr(3);
      case 2:
        return "00" + std::string(oneOf(kCodes)) + "-" + national.substr(0, 4) + "-" + national.substr(4);
      case 3:
        return "0" + national.substr(0, 3) + "/" + national.substr(3);
      default:
        return std::string(oneOf(kCodes)) + national;
    }
  });
}

TEST_F(FalsePositives, AreFewAmongOrderNumbers) {
  expectFew("order numbers", [this] {
    const std::string date = "2026" + std::string(upTo(1) ? "11" : "07") + "2" + digits(1);
    switch (upTo(5)) {
      case 0:
        return "ORD-" + date + "-" + digits(6);
      case 1:
        return "#" + digits(4 + upTo(6));
      case 2:
        return "order " + digits(12);
      case 3:
        return date + digits(8);
      case 4:
        return "17" + digits(14);  // microseconds
      default:
        return digits(3) + "-" + digits(7) + "-" + digits(7);  // a large market place's
    }
  });
}

}  // namespace
}  // namespace checkout
