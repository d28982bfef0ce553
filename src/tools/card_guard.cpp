#include "tools/card_guard.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace checkout::tools {
namespace {

constexpr std::size_t kShortest = 13, kLongest = 19;

// Issuer identification numbers, compared over as many digits as `from` has; ISO/IEC 7812 and the networks'
// tables.
struct Network {
  std::string_view from, to;
  std::size_t shortest, longest;
};
constexpr Network kNetworks[] = {
    {"34", "34", 15, 15},          // American Express
    {"37", "37", 15, 15},          //
    {"300", "305", 14, 19},        // Diners Club
    {"3095", "3095", 14, 19},      //
    {"36", "36", 14, 19},          //
    {"38", "39", 14, 19},          //
    {"3528", "3589", 16, 19},      // JCB
    {"4", "4", 13, 13},            // Visa
    {"4", "4", 16, 16},            //
    {"4", "4", 19, 19},            //
    {"51", "55", 16, 16},          // Mastercard
    {"2221", "2720", 16, 16},      //
    {"5018", "5018", 13, 19},      // Maestro
    {"5020", "5020", 13, 19},      //
    {"5038", "5038", 13, 19},      //
    {"5893", "5893", 13, 19},      //
    {"6304", "6304", 13, 19},      //
    {"6759", "6763", 13, 19},      //
    {"6011", "6011", 16, 19},      // Discover
    {"622126", "622925", 16, 19},  //
    {"644", "659", 16, 19},        //
    {"60", "60", 16, 16},          // RuPay
    {"81", "82", 16, 19},          // UnionPay, RuPay
    {"62", "62", 16, 19},          // UnionPay
    {"2200", "2204", 16, 19},      // Mir
};

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool hasNetwork(std::string_view digits) {
  return std::any_of(std::begin(kNetworks), std::end(kNetworks), [&](const Network& network) {
    const std::string_view prefix = digits.substr(0, network.from.size());
    return prefix >= network.from && prefix <= network.to && digits.size() >= network.shortest &&
           digits.size() <= network.longest;
  });
}

bool hasCheckDigit(std::string_view digits) {  // Luhn
  int sum = 0;
  bool twice = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
    const int value = (*digit - '0') * (twice ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

// Digit groups that may be read as one number, and whether a '+' makes them a phone number.
struct Run {
  std::vector<std::string_view> groups;
  bool international = false;
};

bool holdsCard(const Run& run) {
  constexpr std::size_t kLongestPhone = 15;  // ITU-T E.164
  std::size_t total = 0;
  for (const std::string_view group : run.groups) total += group.size();
  if (run.international && total <= kLongestPhone) return false;
  // Any stretch of whole groups: a security code or an expiry date may stand before or after the number.
  for (std::size_t first = 0; first < run.groups.size(); ++first) {
    std::string digits;
    for (std::size_t last = first; last < run.groups.size(); ++last) {
      digits += run.groups[last];
      if (digits.size() > kLongest) break;
      if (digits.size() >= kShortest && hasNetwork(digits) && hasCheckDigit(digits)) return true;
    }
  }
  return false;
}

// The length of what may stand between the groups of a number at the start of `text`; 0 if it ends the
// number.
std::size_t separatorLength(std::string_view text) {
  constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
  std::size_t length = 0;
  while (length < text.size()) {
    if (text[length] == ' ' || text[length] == '-')
      ++length;
    else if (text.substr(length, kNoBreakSpace.size()) == kNoBreakSpace)
      length += kNoBreakSpace.size();
    else
      break;
  }
  constexpr std::size_t kWidest = 4;
  return length <= kWidest ? length : 0;
}

// A word such as "4242", "card4242" or "4242visa".
struct Word {
  std::string_view digits;
  bool lettersBefore = false, lettersAfter = false;
};

// Nothing for a word without digits, and for one that alternates between letters and digits ("9f3c…"): an id.
std::optional<Word> readWord(std::string_view word) {
  const auto first = std::find_if(word.begin(), word.end(), isDigit);
  const auto end = std::find_if_not(first, word.end(), isDigit);
  if (first == end || std::any_of(end, word.end(), isDigit)) return std::nullopt;
  const auto offset = static_cast<std::size_t>(first - word.begin());
  return Word{word.substr(offset, static_cast<std::size_t>(end - first)), first != word.begin(),
              end != word.end()};
}

// A UUID's text form at the start of `text` (RFC 9562): an id of somebody's, however much it looks like
// groups of digits.
constexpr std::size_t kUuidLength = 36;
bool beginsWithUuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() < kForm.size()) return false;
  const bool endsThere =
      text.size() == kForm.size() || !(isDigit(text[kForm.size()]) || isLetter(text[kForm.size()]));
  return endsThere && std::equal(kForm.begin(), kForm.end(), text.begin(), [](char form, char c) {
           return form == '-' ? c == '-' : isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

std::optional<std::string> findCard(const Json& value, const std::string& pointer) {
  if (value.is_string())
    return containsCardNumber(value.get_ref<const std::string&>()) ? std::optional(pointer) : std::nullopt;
  if (!value.is_structured()) return std::nullopt;
  for (const auto& [key, member] : value.items())
    if (auto found = findCard(member, pointer + "/" + key)) return found;
  return std::nullopt;
}

}  // namespace

bool containsCardNumber(std::string_view text) {
  Run run;
  const auto endRun = [&run] {
    const bool found = holdsCard(run);
    run = {};
    return found;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    if (beginsWithUuid(text.substr(at))) {
      if (endRun()) return true;
      at += kUuidLength;
      continue;
    }
    const std::size_t start = at;
    while (at < text.size() && (isDigit(text[at]) || isLetter(text[at]))) ++at;
    const std::optional<Word> word = readWord(text.substr(start, at - start));
    if (!word || word->lettersBefore)
      if (endRun()) return true;
    if (word) {
      if (run.groups.empty()) run.international = start > 0 && text[start - 1] == '+';
      run.groups.push_back(word->digits);
    }
    const std::size_t separator = separatorLength(text.substr(at));
    if (!word || word->lettersAfter || separator == 0)
      if (endRun()) return true;
    at += separator > 0 ? separator : at == start ? 1 : 0;
  }
  return endRun();
}

Result<void> refuseCardNumbers(const Json& arguments) {
  const std::optional<std::string> place = findCard(arguments, "");
  if (!place) return {};
  return Error(ErrorCode::CardNumberRejected,
               "The argument at " + *place +
                   " contains a card number. This server never takes card data, and nothing of this call was "
                   "kept. "
                   "Call without it and don't repeat the number: the customer types it on the payment page. "
                   "(Write a phone number with a leading + and country code.)",
               {{"argument", *place}})
      .withNext(NextActionType::PresentPaymentUrl,
                "Get a payment page with checkout_create_payment_session and show its URL to the customer.");
}

}  // namespace checkout::tools
