// Text as a search compares it: what differs only in case, accents, spelling of umlauts or hyphens is alike.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace checkout::domain {

// A word as it is compared. "Mühle", "MUEHLE" and "muhle" are all "muhle"; "ß" is "ss".
struct Word {
  std::string folded;
  std::string spelling;     // as it was written
  std::vector<Word> parts;  // "USB-C" is "usbc" with the parts "usb" and "c"; empty for a plain word
  bool isFiller = false;    // "a", "for", "mit": says little about what is looked for
};

// The words of a text in UTF-8. Hyphens, apostrophes, dots and the like inside a word, and the step from a
// digit to a letter, divide it into parts; other punctuation and malformed bytes end it.
std::vector<Word> wordsOf(std::string_view text);

// `text` in lower case without accents; everything but letters stays.
std::string folded(std::string_view text);

// Forms of a folded word, itself first, of which an inflected one may be made: plurals of English and German
// and a few other endings. Two words are forms of one if they have any of these in common.
std::vector<std::string> baseForms(const std::string& word);

bool hasDigit(std::string_view word);

// How many letters have to be inserted, removed, replaced or swapped with their neighbour (optimal string
// alignment, in bytes) to make one word of another. One object compares one word with many.
class EditDistance {
 public:
  explicit EditDistance(std::string_view from) : from_(from) {}
  // Anything above `limit` is limit + 1.
  std::size_t to(std::string_view word, std::size_t limit);

 private:
  std::string from_;
  std::vector<std::size_t> twoAbove_, above_, row_;
};

}  // namespace checkout::domain
