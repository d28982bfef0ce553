#include "domain/search_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.hpp"

namespace checkout::domain {
namespace {

enum class SymbolKind { Letter, Digit, Ignored, Joiner, Separator };

struct Symbol {
  SymbolKind kind = SymbolKind::Separator;
  std::size_t length = 1;  // in bytes
  std::string folded;      // of letters and digits
};

char32_t codePointOf(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0);
  char32_t codePoint = byte(0) & (0x7Fu >> sequence.size());
  for (std::size_t i = 1; i < sequence.size(); ++i) codePoint = (codePoint << 6) | (byte(i) & 0x3Fu);
  return codePoint;
}

// Latin-1 letters from U+00C0 (and from U+00E0, which are the same in lower case).
constexpr std::array<std::string_view, 32> kLatin1 = {"a", "a", "a", "a", "a", "a", "ae", "c", "e",  "e", "e",
                                                      "e", "i", "i", "i", "i", "d", "n",  "o", "o",  "o", "o",
                                                      "o", "",  "o", "u", "u", "u", "u",  "y", "th", "ss"};

// Latin Extended-A, U+0100 to U+017F: up to which code point a base letter goes.
struct LetterRange {
  char32_t last;
  char letter;
};
constexpr LetterRange kLatinExtended[] = {
    {0x105, 'a'}, {0x10D, 'c'}, {0x111, 'd'}, {0x11B, 'e'}, {0x123, 'g'}, {0x127, 'h'},
    {0x133, 'i'}, {0x135, 'j'}, {0x138, 'k'}, {0x142, 'l'}, {0x14B, 'n'}, {0x153, 'o'},
    {0x159, 'r'}, {0x161, 's'}, {0x167, 't'}, {0x173, 'u'}, {0x175, 'w'}, {0x178, 'y'},
    {0x17E, 'z'}, {0x17F, 's'}, {0x217, 0},   {0x219, 's'}, {0x21B, 't'}};

std::string foldedLetter(char32_t codePoint, std::string_view sequence) {
  if (codePoint == 0xFF) return "y";
  if (codePoint >= 0xC0 && codePoint <= 0xFF) return std::string(kLatin1[codePoint & 0x1F]);
  if (codePoint >= 0x100 && codePoint <= 0x21B)
    for (const LetterRange& range : kLatinExtended)
      if (codePoint <= range.last)
        return range.letter != 0 ? std::string(1, range.letter) : std::string(sequence);
  if (codePoint == 0x1E9E) return "ss";
  const bool isGreekCapital = codePoint >= 0x391 && codePoint <= 0x3A9;
  const bool isCyrillicCapital = codePoint >= 0x410 && codePoint <= 0x42F;
  if (isGreekCapital || isCyrillicCapital) codePoint += 0x20;
  if (codePoint >= 0x400 && codePoint <= 0x40F) codePoint += 0x50;
  if (codePoint == 0x3C2) codePoint = 0x3C3;  // final sigma
  if (codePoint == 0x451) codePoint = 0x435;  // ё
  std::string letter;
  appendUtf8(letter, codePoint);
  return letter;
}

bool isIgnored(char32_t codePoint) {
  const bool isCombiningMark = codePoint >= 0x300 && codePoint <= 0x36F;
  return isCombiningMark || codePoint == 0xAD || (codePoint >= 0x200B && codePoint <= 0x200D) ||
         codePoint == 0x2060 || codePoint == 0xFEFF;
}

bool isJoiner(char32_t codePoint) {
  constexpr std::u32string_view kJoiners = U"-'_.:/’‐‑";
  return kJoiners.find(codePoint) != std::u32string_view::npos;
}

bool isPunctuation(char32_t codePoint) {
  const auto within = [&](char32_t low, char32_t high) { return codePoint >= low && codePoint <= high; };
  return within(0x80, 0xBF) || codePoint == 0xD7 || codePoint == 0xF7 || within(0x2000, 0x206F) ||
         within(0x2E00, 0x2E7F) || within(0x3000, 0x303F) || within(0xFF00, 0xFF0F);
}

Symbol symbolAt(std::string_view text) {
  const char first = text.front();
  if (first >= 'a' && first <= 'z') return {SymbolKind::Letter, 1, std::string(1, first)};
  const std::size_t length = utf8SequenceLength(text);
  if (length == 0) return {};
  const std::string_view sequence = text.substr(0, length);
  const char32_t codePoint = codePointOf(sequence);
  if (codePoint >= 'A' && codePoint <= 'Z')
    return {SymbolKind::Letter, 1, std::string(1, static_cast<char>(codePoint | 0x20))};
  if (codePoint >= '0' && codePoint <= '9') return {SymbolKind::Digit, 1, std::string(sequence)};
  if (isIgnored(codePoint)) return {SymbolKind::Ignored, length, {}};
  if (isJoiner(codePoint)) return {SymbolKind::Joiner, length, {}};
  if (codePoint < 0x80 || isPunctuation(codePoint)) return {SymbolKind::Separator, length, {}};
  return {SymbolKind::Letter, length, foldedLetter(codePoint, sequence)};
}

// "ue" is how "ü" is written without it, and "ü" is folded to "u"; so "ue" is "u" everywhere, also in "blue".
std::string withoutSpeltUmlauts(std::string_view word) {
  std::string plain;
  char before = 0;
  for (const char c : word) {
    const bool isAfterVowel = before == 'a' || before == 'o' || before == 'u';
    if (c != 'e' || !isAfterVowel) plain.push_back(c);
    before = c;
  }
  return plain;
}

// A short number is how many are wanted.
bool isFiller(std::string_view word) {
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  if (word.size() <= 2 && std::all_of(word.begin(), word.end(), isDigit)) return true;
  // Sorted.
  static constexpr std::string_view kFillers[] = {
      "a",   "an",   "and",  "any",  "are", "at",   "by",     "can",   "das",       "dem",
      "den", "der",  "die",  "do",   "ein", "eine", "einen",  "einer", "for",       "from",
      "fur", "have", "i",    "ich",  "im",  "in",   "is",     "me",    "mir",       "mit",
      "my",  "need", "oder", "of",   "on",  "or",   "please", "some",  "something", "the",
      "to",  "und",  "von",  "want", "we",  "with", "you",    "your",  "zu"};
  static_assert(std::is_sorted(std::begin(kFillers), std::end(kFillers)));
  return std::binary_search(std::begin(kFillers), std::end(kFillers), word);
}

// Collects the symbols of one word after another.
class WordReader {
 public:
  std::vector<Word> read(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const Symbol symbol = symbolAt(text.substr(at));
      take(symbol, text.substr(at, symbol.length));
      at += symbol.length;
    }
    endWord();
    return std::move(words_);
  }

 private:
  struct Piece {
    std::string folded, spelling;
  };

  void take(const Symbol& symbol, std::string_view written) {
    switch (symbol.kind) {
      case SymbolKind::Separator:
        return endWord();
      case SymbolKind::Joiner:
        return take(written);
      case SymbolKind::Ignored:
        if (!pieces_.empty()) pieces_.back().spelling += written;
        return;
      case SymbolKind::Letter:
      case SymbolKind::Digit:
        break;
    }
    if (pieces_.empty() || !joiner_.empty() || symbol.kind != last_) pieces_.emplace_back();
    spelling_.append(std::exchange(joiner_, {})).append(written);
    pieces_.back().folded += symbol.folded;
    pieces_.back().spelling += written;
    last_ = symbol.kind;
  }

  // Belongs to the word only if more of it follows.
  void take(std::string_view joiner) {
    if (!pieces_.empty()) joiner_ += joiner;
  }

  void endWord() {
    joiner_.clear();
    if (pieces_.empty()) return;
    std::string whole;
    for (const Piece& piece : pieces_) whole += piece.folded;
    Word word{withoutSpeltUmlauts(whole), std::exchange(spelling_, {}), {}, isFiller(whole)};
    if (pieces_.size() > 1)
      for (Piece& piece : pieces_)
        word.parts.push_back(
            {withoutSpeltUmlauts(piece.folded), std::move(piece.spelling), {}, isFiller(piece.folded)});
    pieces_.clear();
    words_.push_back(std::move(word));
  }

  std::vector<Word> words_;
  std::vector<Piece> pieces_;  // of the word that is being read
  std::string spelling_, joiner_;
  SymbolKind last_ = SymbolKind::Letter;
};

}  // namespace

std::vector<Word> wordsOf(std::string_view text) {
  return WordReader().read(text);
}

std::string folded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const Symbol symbol = symbolAt(text.substr(at));
    plain += symbol.folded.empty() ? text.substr(at, symbol.length) : std::string_view(symbol.folded);
    at += symbol.length;
  }
  return plain;
}

bool hasDigit(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> baseForms(const std::string& word) {
  std::vector<std::string> forms = {word};
  if (word.size() < 4 || hasDigit(word)) return forms;
  const auto without = [&](std::string_view ending, std::size_t least, const char* replacement = "") {
    if (!word.ends_with(ending) || word.size() - ending.size() < least) return;
    forms.push_back(word.substr(0, word.size() - ending.size()) + replacement);
  };
  if (!word.ends_with("ss")) without("s", 3);
  if (word.ends_with("en")) without("n", 3);
  for (const char* ending : {"e", "es", "en", "er", "ern"}) without(ending, 3);
  for (const char* ending : {"ing", "ed"}) without(ending, 4);
  without("ies", 2, "y");
  return forms;
}

std::size_t EditDistance::to(std::string_view word, std::size_t limit) {
  const std::size_t longer = std::max(from_.size(), word.size());
  if (longer - std::min(from_.size(), word.size()) > limit) return limit + 1;
  above_.resize(word.size() + 1);
  row_.resize(word.size() + 1);
  for (std::size_t j = 0; j <= word.size(); ++j) row_[j] = j;
  for (std::size_t i = 1; i <= from_.size(); ++i) {
    std::swap(twoAbove_, above_);
    std::swap(above_, row_);
    row_.resize(word.size() + 1);
    row_[0] = i;
    std::size_t least = i;
    for (std::size_t j = 1; j <= word.size(); ++j) {
      const std::size_t replaced = above_[j - 1] + (from_[i - 1] == word[j - 1] ? 0 : 1);
      row_[j] = std::min({replaced, above_[j] + 1, row_[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && from_[i - 1] == word[j - 2] && from_[i - 2] == word[j - 1];
      if (swapped) row_[j] = std::min(row_[j], twoAbove_[j - 2] + 1);
      least = std::min(least, row_[j]);
    }
    if (least > limit) return limit + 1;
  }
  return std::min(row_[word.size()], limit + 1);
}

}  // namespace checkout::domain
