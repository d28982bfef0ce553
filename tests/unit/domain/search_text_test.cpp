#include "domain/search_text.hpp"

#include <gmock/gmock.h>

namespace checkout::domain {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> foldedWords(std::string_view text) {
  std::vector<std::string> words;
  for (const Word& word : wordsOf(text)) words.push_back(word.folded);
  return words;
}

std::string foldedWord(std::string_view text) {
  const auto words = foldedWords(text);
  return words.size() == 1 ? words[0] : "not one word";
}

std::vector<std::string> partsOf(std::string_view text) {
  const auto words = wordsOf(text);
  std::vector<std::string> parts;
  for (const Word& part : words.at(0).parts) parts.push_back(part.folded);
  return parts;
}

bool shareAForm(const std::string& a, const std::string& b) {
  for (const std::string& form : baseForms(foldedWord(a)))
    for (const std::string& other : baseForms(foldedWord(b)))
      if (form == other) return true;
  return false;
}

std::size_t distance(std::string_view a, std::string_view b, std::size_t limit = 9) {
  return EditDistance(a).to(b, limit);
}

TEST(Words, AreAlikeWhateverTheirCaseAndAccents) {
  EXPECT_EQ(foldedWord("CAFÉ"), "cafe");
  EXPECT_EQ(foldedWord("cafe\u0301"), "cafe");  // decomposed
  EXPECT_EQ(foldedWord("Łódź"), "lodz");
  EXPECT_EQ(foldedWord("ÿ"), "y");
  EXPECT_EQ(foldedWord("КОФЕ"), foldedWord("кофе"));
  EXPECT_EQ(foldedWord("ΚΑΦΕΣ"), foldedWord("καφες"));
}

TEST(Words, AreAlikeHoweverUmlautsAreSpelt) {
  for (const char* spelling : {"Mühle", "MÜHLE", "Muehle", "muhle"})
    EXPECT_EQ(foldedWord(spelling), "muhle") << spelling;
  EXPECT_EQ(foldedWord("Straße"), foldedWord("STRASSE"));
  EXPECT_EQ(foldedWord("blue"), foldedWord("BLUE"));
  EXPECT_EQ(foldedWord("queen"), "quen");
}

TEST(Words, OfSeveralPartsAreOneWordAndItsParts) {
  EXPECT_EQ(foldedWord("(e-book)"), "ebook");
  EXPECT_THAT(partsOf("e-book"), ElementsAre("e", "book"));
  EXPECT_THAT(partsOf("mug_blue.330ml"), ElementsAre("mug", "blu", "330", "ml"));
  EXPECT_THAT(partsOf("Smuggler’s"), ElementsAre("smuggler", "s"));
  EXPECT_THAT(partsOf("mug"), IsEmpty());
  EXPECT_EQ(wordsOf("USB-C")[0].spelling, "USB-C");
  EXPECT_EQ(wordsOf("USB-C")[0].parts[0].spelling, "USB");
}

TEST(Words, EndAtPunctuationAndAtMalformedBytes) {
  EXPECT_THAT(foldedWords("mug, blue. Tea—time «x» - end"),
              ElementsAre("mug", "blu", "tea", "time", "x", "end"));
  EXPECT_THAT(foldedWords("a\xffz\xc3"), ElementsAre("a", "z"));
  EXPECT_THAT(foldedWords(" .-' "), IsEmpty());
  EXPECT_THAT(foldedWords(""), IsEmpty());
}

TEST(Words, KnowTheFillersAmongThem) {
  EXPECT_TRUE(wordsOf("FÜR")[0].isFiller);
  EXPECT_FALSE(wordsOf("toe")[0].isFiller);
}

TEST(FoldedText, KeepsWhatIsNoLetter) {
  EXPECT_EQ(folded("Crème-Brûlée, 2 × 90 g"), "creme-brulee, 2 × 90 g");
}

TEST(BaseForms, AreSharedBySingularAndPlural) {
  const std::pair<const char*, const char*> alike[] = {
      {"mug", "mugs"},         {"grinder", "grinders"}, {"box", "boxes"},    {"berry", "berries"},
      {"glass", "glasses"},    {"Tasse", "Tassen"},     {"Mühle", "Mühlen"}, {"Becher", "Bechern"},
      {"Glas", "Gläser"},      {"Buch", "Büchern"},     {"Bohne", "Bohnen"}, {"size", "sizes"},
      {"roasting", "roasted"}, {"coffee", "coffees"}};
  for (const auto& [one, other] : alike) EXPECT_TRUE(shareAForm(one, other)) << one << " " << other;
  EXPECT_FALSE(shareAForm("mug", "jug"));
  EXPECT_FALSE(shareAForm("kettle", "kennel"));
  EXPECT_THAT(baseForms("a2s"), ElementsAre("a2s"));
  EXPECT_THAT(baseForms("mugs"), Contains("mugs"));
}

TEST(EditDistances, CountASwapOfNeighboursAsOne) {
  EXPECT_EQ(distance("coffee", "coffee"), 0u);
  EXPECT_EQ(distance("cofee", "coffee"), 1u);
  EXPECT_EQ(distance("gridner", "grinder"), 1u);
  EXPECT_EQ(distance("kitten", "sitting"), 3u);
  EXPECT_EQ(distance("", "abc"), 3u);
  EXPECT_EQ(distance("abc", ""), 3u);
}

TEST(EditDistances, AboveTheLimitAreOneMore) {
  EXPECT_EQ(distance("kitten", "sitting", 2), 3u);
  EXPECT_EQ(distance("a", "abcdef", 2), 3u);
  EXPECT_EQ(distance("abcdef", "uvwxyz", 1), 2u);
  EditDistance many("tasse");
  EXPECT_EQ(many.to("tassen", 2), 1u);
  EXPECT_EQ(many.to("tase", 2), 1u);
  EXPECT_EQ(many.to("tasse", 2), 0u);
}

}  // namespace
}  // namespace checkout::domain
