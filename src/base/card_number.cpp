#include "base/card_number.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/utf8.hpp"

namespace checkout {
namespace {

constexpr std::size_t kShortest = 13, kLongest = 19;

// Issuer identification numbers, compared over as many digits as `from` has; ISO/IEC 7812 and the networks'
// tables. Visa's 13 digits are missing: none has been issued for twenty years, and a tenth of all phone
// numbers of eight countries would pass for one.
struct Network {
  std::string_view from, to;
  std::size_t shortest, longest;
};
constexpr Network kNetworks[] = {
    {"34", "34", 15, 15},          // American Express
    {"37", "37", 15, 15},          //
    {"300", "305", 14, 16},        // Diners Club
    {"3095", "3095", 14, 16},      //
    {"36", "36", 14, 14},          //
    {"38", "39", 14, 16},          //
    {"3528", "3589", 16, 16},      // JCB
    {"4", "4", 16, 16},            // Visa, Elo
    {"4", "4", 19, 19},            //
    {"51", "55", 16, 16},          // Mastercard
    {"2221", "2720", 16, 16},      //
    {"50", "50", 16, 16},          // Maestro, Elo, Verve, RuPay
    {"50", "50", 18, 19},          //
    {"56", "58", 16, 16},          // Maestro
    {"56", "58", 18, 19},          //
    {"639", "639", 16, 16},        //
    {"639", "639", 18, 19},        //
    {"6304", "6304", 16, 19},      //
    {"6759", "6763", 16, 19},      //
    {"672", "672", 16, 19},        // girocard
    {"6011", "6011", 16, 19},      // Discover
    {"644", "659", 16, 19},        // Discover, Elo, Verve, RuPay
    {"60", "60", 16, 16},          // RuPay
    {"627780", "627780", 16, 16},  // Elo
    {"636297", "636368", 16, 16},  //
    {"62", "62", 16, 19},          // UnionPay
    {"81", "82", 16, 19},          // UnionPay, RuPay
    {"9792", "9792", 16, 16},      // Troy
    {"2200", "2204", 16, 19},      // Mir
};

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isWordCharacter(char c) {
  return isDigit(c) || isLetter(c);
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

// --- the text, in one spelling ---

// The first character of each script's ten digits.
constexpr std::array<char32_t, 5> kZeros = {0xFF10, 0x0660, 0x06F0, 0x0966, 0x09E6};

bool isInvisible(char32_t c) {
  return c == 0xAD || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2064) || c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F);
}
bool isSpace(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}
bool isDash(char32_t c) {
  return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFE58 || c == 0xFE63 || c == 0xFF0D;
}

// '\0' for what ends every number.
char plain(char32_t c) {
  for (const char32_t zero : kZeros)
    if (c >= zero && c < zero + 10) return static_cast<char>('0' + (c - zero));
  if (isSpace(c)) return ' ';
  if (isDash(c)) return '-';
  if (c == 0xFF0E || c == 0xB7 || c == 0x2022) return '.';
  if (c == 0xFF0C) return ',';
  if (c == 0xFF0F || c == '\\') return '/';
  if (c == 0xFF3F) return '_';
  return c < 0x80 ? static_cast<char>(c) : '\0';
}

char32_t codePoint(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  char32_t c = byte(0) & (0xFFu >> (sequence.size() + 1));
  for (std::size_t i = 1; i < sequence.size(); ++i) c = (c << 6) | (byte(i) & 0x3Fu);
  return c;
}

std::string inOneSpelling(std::string_view text) {
  std::string plainText;
  plainText.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8SequenceLength(text);
    const char32_t c = length == 0 ? 0 : codePoint(text.substr(0, length));
    if (!isInvisible(c)) plainText.push_back(plain(c));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return plainText;
}

// --- what is no card number ---

// A UUID's text form (RFC 9562) at the start of `text`.
std::size_t uuidLength(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() < kForm.size()) return 0;
  if (text.size() > kForm.size() && isWordCharacter(text[kForm.size()])) return 0;
  const bool matches = std::equal(kForm.begin(), kForm.end(), text.begin(), [](char form, char c) {
    return form == '-' ? c == '-' : isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  return matches ? kForm.size() : 0;
}

// An IBAN (ISO 13616) at the start of `text`, in one piece or in groups.
std::size_t ibanLength(std::string_view text) {
  constexpr std::size_t kShortestIban = 15, kLongestIban = 34;
  if (text.size() < kShortestIban || !isLetter(text[0]) || !isLetter(text[1]) || !isDigit(text[2]) ||
      !isDigit(text[3]))
    return 0;
  std::string characters;
  std::size_t found = 0;
  for (std::size_t at = 0; at < text.size() && characters.size() < kLongestIban; ++at) {
    if (isWordCharacter(text[at]))
      characters.push_back(text[at]);
    else if (text[at] != ' ' && text[at] != '-')
      break;
    const bool endsGroup = at + 1 == text.size() || !isWordCharacter(text[at + 1]);
    if (!isWordCharacter(text[at]) || !endsGroup || characters.size() < kShortestIban) continue;
    int rest = 0;  // modulo 97, of the characters with the first four behind the others
    for (std::size_t i = 0; i < characters.size(); ++i) {
      const char c = characters[(i + 4) % characters.size()];
      const int value = isDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
      rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
    }
    if (rest == 1) found = at + 1;
  }
  return found;
}

// --- numbers ---

// A group of digits, and what stands between it and the one before: a space, a dash, a dot …
struct Group {
  std::string_view digits;
  char separator = ' ';
};

// Digit groups that may be read as one number.
struct Run {
  std::vector<Group> groups;
  bool international = false;  // begins with '+'
};

bool isPhoneNumber(const Run& run) {
  constexpr std::size_t kLongestPhone = 15, kLongestNational = 13;  // ITU-T E.164
  std::size_t total = 0;
  for (const Group& group : run.groups) total += group.digits.size();
  if (run.international) return total <= kLongestPhone;
  const std::string_view first = run.groups.front().digits;
  if (first.starts_with("00")) return total <= kLongestPhone + 2;
  return first.starts_with("0") && total <= kLongestNational;
}

// Could somebody have written one number this way? Lists of prices and dates have commas, dots and slashes,
// too, but not groups of one size.
bool isOneSpelling(const Group* first, const Group* last) {
  std::optional<char> mark;
  std::size_t shortest = first->digits.size(), longest = shortest;
  for (const Group* group = first + 1; group <= last; ++group) {
    const char separator = group->separator;
    const bool isPlain = separator == ' ' || separator == '-' || separator == '_';
    if (!isPlain && mark.value_or(separator) != separator) return false;
    if (!isPlain) mark = separator;
    if (group != last) shortest = std::min(shortest, group->digits.size());
    longest = std::max(longest, group->digits.size());
  }
  return !mark || shortest >= 3 || longest == 1;
}

bool holdsCard(const Run& run) {
  if (run.groups.empty() || isPhoneNumber(run)) return false;
  // Any stretch of whole groups: a security code or an expiry date may stand before or after the number.
  for (std::size_t first = 0; first < run.groups.size(); ++first) {
    std::string digits;
    for (std::size_t last = first; last < run.groups.size(); ++last) {
      digits += run.groups[last].digits;
      if (digits.size() > kLongest) break;
      if (digits.size() >= kShortest && hasNetwork(digits) && hasCheckDigit(digits) &&
          isOneSpelling(&run.groups[first], &run.groups[last]))
        return true;
    }
  }
  return false;
}

// What stands between the groups of a number at the start of `text`: at most one mark, and spaces. '\0' if it
// ends the number.
struct Separator {
  std::size_t length = 0;
  char mark = '\0';
};
Separator readSeparator(std::string_view text) {
  constexpr std::string_view kMarks = "-._,/";
  constexpr std::size_t kWidest = 5;
  Separator separator;
  while (separator.length < text.size()) {
    const char c = text[separator.length];
    const bool isMark = kMarks.find(c) != std::string_view::npos;
    if (c != ' ' && !isMark) break;
    if (isMark && separator.mark != '\0' && separator.mark != ' ' && separator.mark != c) return {};
    if (isMark || separator.mark == '\0') separator.mark = c;
    ++separator.length;
  }
  return separator.length <= kWidest ? separator : Separator{};
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

}  // namespace

bool containsCardNumber(std::string_view given) {
  const std::string spelled = inOneSpelling(given);
  const std::string_view text = spelled;
  Run run;
  char separatorBefore = ' ';
  const auto endRun = [&run] {
    const bool found = holdsCard(run);
    run = {};
    return found;
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const bool beginsWord = at == 0 || !isWordCharacter(text[at - 1]);
    const std::size_t other =
        beginsWord ? std::max(uuidLength(text.substr(at)), ibanLength(text.substr(at))) : 0;
    if (other > 0) {
      if (endRun()) return true;
      at += other;
      continue;
    }
    const std::size_t start = at;
    while (at < text.size() && isWordCharacter(text[at])) ++at;
    const std::optional<Word> word = readWord(text.substr(start, at - start));
    if (!word || word->lettersBefore)
      if (endRun()) return true;
    if (word) {
      if (run.groups.empty()) run.international = start > 0 && text[start - 1] == '+';
      run.groups.push_back({word->digits, separatorBefore});
    }
    const Separator separator = readSeparator(text.substr(at));
    separatorBefore = separator.mark;
    if (!word || word->lettersAfter || separator.length == 0)
      if (endRun()) return true;
    at += separator.length > 0 ? separator.length : at == start ? 1 : 0;
  }
  return endRun();
}

bool isBareCardNumber(std::string_view given) {
  constexpr std::size_t kFewest = 12;
  std::string digits;
  for (const char c : inOneSpelling(given)) {
    if (isDigit(c))
      digits.push_back(c);
    else if (c == '\0' || isLetter(c))
      return false;
  }
  return digits.size() >= kFewest && digits.size() <= kLongest && hasCheckDigit(digits);
}

}  // namespace checkout
