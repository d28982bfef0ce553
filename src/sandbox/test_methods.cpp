#include "sandbox/test_methods.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "sandbox/api_error.hpp"
#include "sandbox/parameters.hpp"

namespace checkout::sandbox {
namespace {

using namespace std::chrono_literals;

struct CardRow {
  std::string_view number, token, brand = "visa", country = "US", funding = "credit";
};
// Tokens as normalise() leaves them.
constexpr CardRow kGoodCards[] = {
    {"4242424242424242", "visa"},
    {"4000056655665556", "visadebit", "visa", "US", "debit"},
    {"5555555555554444", "mastercard", "mastercard"},
    {"2223003122003222", "", "mastercard"},
    {"5200828282828210", "mastercarddebit", "mastercard", "US", "debit"},
    {"5105105105105100", "mastercardprepaid", "mastercard", "US", "prepaid"},
    {"378282246310005", "amex", "amex"},
    {"371449635398431", "", "amex"},
    {"6011111111111117", "discover", "discover"},
    {"3056930009020004", "diners", "diners"},
    {"3566002020360505", "jcb", "jcb", "JP"},
    {"6200000000000005", "unionpay", "unionpay", "CN"},
    {"4000002760000016", "de", "visa", "DE"},
    {"4000008260000000", "gb", "visa", "GB"},
    {"4000002500000003", "fr", "visa", "FR"},
    {"4000003920000003", "jp", "visa", "JP"},
    {"4000000000000077", "bypasspending"},
    {"4000000000003055", "threedsecureoptional"},
    {"4000000000005423", "createissuerfraudrecord"},
};

struct DeclineRow {
  std::string_view number, token, code, declineCode;
};
constexpr DeclineRow kDeclines[] = {
    {"4000000000000002", "chargedeclined", "card_declined", "generic_decline"},
    {"4000000000009995", "chargedeclinedinsufficientfunds", "card_declined", "insufficient_funds"},
    {"4000000000009987", "chargedeclinedlostcard", "card_declined", "lost_card"},
    {"4000000000009979", "chargedeclinedstolencard", "card_declined", "stolen_card"},
    {"4000000000000069", "chargedeclinedexpiredcard", "expired_card", "expired_card"},
    {"4000000000000127", "chargedeclinedincorrectcvc", "incorrect_cvc", "incorrect_cvc"},
    {"4000000000000119", "chargedeclinedprocessingerror", "processing_error", "processing_error"},
    {"4000000000006975", "chargedeclinedvelocitylimitexceeded", "card_declined", "card_velocity_exceeded"},
    {"4000000000000341", "chargecustomerfail", "card_declined", "generic_decline"},
    {"4100000000000019", "radarblock", "card_declined", "fraudulent"},
};

struct ChallengeRow {
  std::string_view number, token;
  bool exemptOffSession = false;
  std::string_view code = {}, declineCode = {};  // after a passed challenge
};
constexpr ChallengeRow kChallenges[] = {
    {"4000002760003184", "authenticationrequired"},
    {"4000002500003155", "authenticationrequiredonsetup", true},
    {"4000003800000446", "authenticationrequiredsetupforoffsession", true},
    {"4000000000003220", "threedsecure2required"},
    {"4000000000003063", "threedsecurerequired"},
    {"4000008260003178", "authenticationrequiredchargedeclinedinsufficientfunds", false, "card_declined",
     "insufficient_funds"},
    {"4000008400001629", "threedsecurerequiredchargedeclined", false, "card_declined", "generic_decline"},
};

struct AftermathRow {
  std::string_view number, token;
  Behaviour::Refund refund;
  bool disputed;
};
constexpr AftermathRow kAftermaths[] = {
    {"4000000000000259", "createdispute", Behaviour::Refund::AtOnce, true},
    {"4000000000002685", "createdisputeproductnotreceived", Behaviour::Refund::AtOnce, true},
    {"4000000000007726", "pendingrefund", Behaviour::Refund::Pending, false},
    {"4000000000005126", "refundfail", Behaviour::Refund::Fails, false},
};

constexpr Milliseconds kSoon = 1min, kDelayed = 3min;
struct BankRow {
  std::string_view iban, token;
  bool settles;
  Milliseconds after;
  bool disputed = false;
};
constexpr BankRow kBankAccounts[] = {
    {"DE89370400440532013000", "successde", true, kSoon},
    {"DE08370400440532013003", "successdelayedde", true, kDelayed},
    {"DE62370400440532013001", "failedde", false, kSoon},
    {"DE78370400440532013004", "faileddelayedde", false, kDelayed},
    {"DE35370400440532013002", "disputedde", true, kSoon, true},
    {"AT611904300234573201", "successat", true, kSoon},
    {"AT321904300235473204", "successdelayedat", true, kDelayed},
    {"AT861904300235473202", "failedat", false, kSoon},
    {"AT051904300235473205", "faileddelayedat", false, kDelayed},
};

Behaviour declines(std::string_view code, std::string_view declineCode) {
  Behaviour behaviour;
  behaviour.kind = Behaviour::Kind::Declines;
  behaviour.code = code;
  behaviour.declineCode = declineCode;
  return behaviour;
}

Behaviour challenges(const ChallengeRow& row) {
  Behaviour behaviour;
  behaviour.kind = Behaviour::Kind::Challenge;
  behaviour.exemptOffSession = row.exemptOffSession;
  behaviour.code = row.code;
  behaviour.declineCode = row.declineCode;
  behaviour.declinesAfterChallenge = !row.code.empty();
  return behaviour;
}

TestBankAccount bankAccount(const BankRow& row) {
  Behaviour behaviour;
  behaviour.kind = Behaviour::Kind::SettlesLater;
  behaviour.settles = row.settles;
  behaviour.settleAfter = row.after;
  behaviour.disputed = row.disputed;
  behaviour.refund = Behaviour::Refund::Pending;
  return {std::string(row.iban), behaviour};
}

// The first row of any table that `matches`.
template <class Matches>
std::optional<TestCard> findCard(Matches matches) {
  const auto card = [](const auto& row, Behaviour behaviour) {
    return TestCard{std::string(row.number), "visa", "US", "credit", std::move(behaviour)};
  };
  for (const CardRow& row : kGoodCards)
    if (matches(row))
      return TestCard{std::string(row.number), std::string(row.brand), std::string(row.country),
                      std::string(row.funding), Behaviour{}};
  for (const DeclineRow& row : kDeclines)
    if (matches(row)) return card(row, declines(row.code, row.declineCode));
  for (const ChallengeRow& row : kChallenges)
    if (matches(row)) return card(row, challenges(row));
  for (const AftermathRow& row : kAftermaths) {
    if (!matches(row)) continue;
    Behaviour behaviour;
    behaviour.refund = row.refund;
    behaviour.disputed = row.disputed;
    return card(row, behaviour);
  }
  return std::nullopt;
}

bool dropPrefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string normalise(std::string_view text) {
  std::string normal;
  for (const char c : text)
    if (c != '_') normal += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return normal;
}

std::string brandOf(const std::string& number) {
  if (number[0] == '4') return "visa";
  if (number[0] == '5' || number[0] == '2') return "mastercard";
  if (number.rfind("34", 0) == 0 || number.rfind("37", 0) == 0) return "amex";
  return "unknown";
}

}  // namespace

bool passesLuhn(const std::string& digits) {
  int sum = 0;
  bool twice = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
    const int value = (*digit - '0') * (twice ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return !digits.empty() && sum % 10 == 0;
}

bool passesIbanCheck(const std::string& iban) {
  if (iban.size() < 15 || iban.size() > 34) return false;
  const std::string turned = iban.substr(4) + iban.substr(0, 4);
  int remainder = 0;
  for (const char c : turned) {
    if (c >= '0' && c <= '9')
      remainder = (remainder * 10 + (c - '0')) % 97;
    else if (c >= 'A' && c <= 'Z')
      remainder = (remainder * 100 + (c - 'A' + 10)) % 97;
    else
      return false;
  }
  return remainder == 1;
}

TestCard testCard(const std::string& number) {
  if (auto known = findCard([&](const auto& row) { return row.number == number; })) return *known;
  return TestCard{number, brandOf(number), "US", "credit", declines("card_declined", "test_mode_live_card")};
}

TestBankAccount testBankAccount(const std::string& iban) {
  for (const BankRow& row : kBankAccounts)
    if (row.iban == iban) return bankAccount(row);
  BankRow other = kBankAccounts[0];
  other.iban = iban;
  return bankAccount(other);
}

std::optional<TestCard> cardOfToken(const std::string& token) {
  std::string_view rest = token;
  if (!dropPrefix(rest, "pm_card_") && !dropPrefix(rest, "pm_test_") && !dropPrefix(rest, "tok_"))
    return std::nullopt;
  const std::string name = normalise(rest);
  if (name.empty()) return std::nullopt;
  const auto named = [](const std::string& wanted) {
    return findCard([&](const auto& row) { return row.token == wanted; });
  };
  if (auto card = named(name)) return card;
  // pm_card_visa_chargeDeclined… is the longer spelling of pm_card_chargeDeclined…
  return name.rfind("visa", 0) == 0 && name.size() > 4 ? named(name.substr(4)) : std::nullopt;
}

std::optional<TestBankAccount> bankAccountOfToken(const std::string& token) {
  std::string_view rest = token;
  if (!dropPrefix(rest, "pm_")) return std::nullopt;
  const std::string name = normalise(rest);
  for (const BankRow& row : kBankAccounts)
    if (row.token == name || (name == "sepadebit" && row.token == "successde")) return bankAccount(row);
  return std::nullopt;
}

Result<Json> offeredMethodTypes(const Json& parameters, const std::string& currency) {
  const auto lists = [&](const char* name, const std::string& type) {
    const Json list = parameters.value(name, Json::array());
    return std::find(list.begin(), list.end(), type) != list.end();
  };
  const bool manual = parameters.value("capture_method", "") == "manual" ||
                      objectOr(parameters, "payment_intent_data").value("capture_method", "") == "manual";
  Json types = Json::array();
  for (const std::string type : {"card", "sepa_debit"})
    if ((type == "card" || (currency == "eur" && !manual)) && !lists("excluded_payment_method_types", type) &&
        (!parameters.contains("allowed_payment_method_types") || lists("allowed_payment_method_types", type)))
      types.push_back(type);
  if (types.empty())
    return invalidRequest(
        "No payment method is left for this payment: this simulator has card, and sepa_debit in eur.",
        parameters.contains("allowed_payment_method_types") ? "allowed_payment_method_types"
                                                            : "excluded_payment_method_types");
  return types;
}

std::string declineMessage(const std::string& code, const std::string& declineCode) {
  if (code == "expired_card") return "Your card has expired.";
  if (code == "incorrect_cvc") return "Your card's security code is incorrect.";
  if (code == "processing_error") return "Your card could not be processed. Please try again in a moment.";
  if (code == "authentication_required") return "Your bank asks you to confirm this payment.";
  if (code == "payment_intent_authentication_failure")
    return "We could not verify that this is your card. Please try again or use another one.";
  if (code == "payment_method_provider_decline") return "Your bank refused the direct debit.";
  if (declineCode == "insufficient_funds") return "Your card has insufficient funds.";
  if (declineCode == "card_velocity_exceeded") return "Your card has reached its spending limit.";
  if (declineCode == "test_mode_live_card")
    return "Your card was declined: this is a simulator, and it takes test cards only.";
  return "Your card was declined.";
}

}  // namespace checkout::sandbox
