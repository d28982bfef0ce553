#include "domain/search_index.hpp"

#include <gmock/gmock.h>

namespace checkout::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// Documents by name; each has a text of weight 10 and one of weight 1.
class SearchIndexTest : public testing::Test {
 protected:
  struct Text {
    std::string name, title, body;
  };
  const std::vector<Text> texts_ = {
      {"beans", "House Espresso Beans, 1 kg", "Coffee from Brazil, medium roast."},
      {"filter", "Coffee Filters", "Forty of them, for the dripper."},
      {"grinder", "Hand Grinder", "Thirty settings from espresso to French press."},
      {"mug", "Stoneware Mug, Blue", "Holds 330 ml."},
      {"book", "The Pour-over Guide (e-book)", "PDF, by download."},
      {"muehle", "Pfeffermühle", "Aus Nussbaum."}};
  const std::vector<std::vector<std::string>> synonyms_ = {{"mug", "cup", "coffee cup", "Tasse"},
                                                           {"grinder", "Kaffeemühle"},
                                                           {"glass", "tumbler"},
                                                           {"mug", "cup to go"}};

  static std::vector<SearchDocument> documentsOf(const std::vector<Text>& texts) {
    std::vector<SearchDocument> documents;
    for (const Text& text : texts) documents.push_back({{text.title, 10}, {text.body, 1}});
    return documents;
  }

  // The best of what is found.
  std::vector<std::string> best(std::string_view query) const {
    const SearchResult result = index_.search(query);
    const int most = *std::max_element(result.scores.begin(), result.scores.end());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < texts_.size(); ++i)
      if (most > 0 && result.scores[i] == most) names.push_back(texts_[i].name);
    return names;
  }
  std::vector<std::string> found(std::string_view query) const {
    const SearchResult result = index_.search(query);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < texts_.size(); ++i)
      if (result.scores[i] > 0) names.push_back(texts_[i].name);
    return names;
  }
  std::vector<std::string> suggested(std::string_view query) const { return index_.search(query).didYouMean; }

  const SearchIndex index_{documentsOf(texts_), synonyms_};
};

TEST_F(SearchIndexTest, TakesAShortNumberForHowManyAreWanted) {
  for (const char* query : {"1 mug", "2 mugs", "mug 1 1", "a mug, 1 mug"})
    EXPECT_THAT(found(query), ElementsAre("mug")) << query;
  EXPECT_THAT(best("330 ml"), ElementsAre("mug"));
}

TEST_F(SearchIndexTest, FindsWordsInOtherForms) {
  EXPECT_THAT(found("grinders"), ElementsAre("grinder"));
  EXPECT_THAT(found("filter"), ElementsAre("filter"));
  EXPECT_THAT(found("MUGS"), ElementsAre("mug"));
}

TEST_F(SearchIndexTest, FindsMistypedWordsAndSaysWhatItLookedFor) {
  EXPECT_THAT(best("espreso"), ElementsAre("beans"));
  EXPECT_THAT(best("cofee"), ElementsAre("filter"));
  EXPECT_THAT(best("gridners"), ElementsAre("grinder"));
  EXPECT_THAT(suggested("cofee"), ElementsAre("Coffee"));
  EXPECT_THAT(suggested("coffee"), IsEmpty());
}

TEST_F(SearchIndexTest, TakesNoKnownWordForAMistypedOne) {
  EXPECT_THAT(found("hold"), ElementsAre("mug"));  // and not "from", "gold" or the like
  EXPECT_THAT(found("book"), ElementsAre("book"));
}

TEST_F(SearchIndexTest, FindsSynonymsInAnyForm) {
  for (const char* query : {"cup", "cups", "Tassen", "tasse", "coffee cup", "coffee cups", "Coffee-Cup"})
    EXPECT_THAT(found(query), ElementsAre("mug")) << query;
  EXPECT_THAT(found("Kaffeemuehlen"), ElementsAre("grinder"));
  EXPECT_THAT(found("tumbler"), IsEmpty());  // a synonym of what isn't there
}

TEST_F(SearchIndexTest, LeavesFillersOutOfSynonymsToo) {
  EXPECT_THAT(found("cup to go"), ElementsAre("mug"));
  EXPECT_TRUE(index_.search("a cup to go").everyWord);
}

TEST_F(SearchIndexTest, FindsMistypedSynonyms) {
  EXPECT_THAT(found("tase"), ElementsAre("mug"));
}

TEST_F(SearchIndexTest, FindsHoweverWordsAreJoined) {
  for (const char* query : {"ebook", "e-book", "e book", "pour over", "pourover", "Pour-Over guide"})
    EXPECT_THAT(best(query), ElementsAre("book")) << query;
  EXPECT_THAT(found("330ml"), ElementsAre("mug"));
  EXPECT_THAT(found("espressobeans"), ElementsAre("beans"));
}

TEST_F(SearchIndexTest, FindsBeginningsAndPartsOfWords) {
  EXPECT_THAT(best("espr"), ElementsAre("beans"));
  EXPECT_THAT(found("muehle"), ElementsAre("muehle"));
  EXPECT_THAT(found("pfeffer"), ElementsAre("muehle"));
  EXPECT_THAT(found("x"), IsEmpty());
}

TEST_F(SearchIndexTest, NeedsEveryWordButNoFillers) {
  EXPECT_THAT(found("a blue mug for my desk or a mug"), ElementsAre("mug"));
  EXPECT_THAT(found("espresso beans"), ElementsAre("beans"));
  EXPECT_TRUE(index_.search("espresso beans").everyWord);
}

TEST_F(SearchIndexTest, FindsWhatHasMostWordsIfNothingHasAll) {
  EXPECT_THAT(found("blue stoneware teapot"), ElementsAre("mug"));
  EXPECT_FALSE(index_.search("blue stoneware teapot").everyWord);
}

TEST_F(SearchIndexTest, OffersWordsThatAreNearWhereNothingIsFound) {
  EXPECT_THAT(found("mgu"), IsEmpty());
  EXPECT_THAT(suggested("mgu"), ElementsAre("Mug"));
  EXPECT_THAT(suggested("xyzzyqwerty"), IsEmpty());
  EXPECT_THAT(suggested("12345"), IsEmpty());
}

TEST_F(SearchIndexTest, RanksTheTitleAboveTheBodyAndTheWordAboveItsSynonyms) {
  EXPECT_THAT(best("coffee"), ElementsAre("filter"));
  EXPECT_THAT(best("mug"), ElementsAre("mug"));
}

TEST_F(SearchIndexTest, FindsEverythingWithoutWords) {
  for (const char* query : {"", "  ", "!?"}) EXPECT_THAT(found(query), SizeIs(texts_.size())) << query;
}

TEST_F(SearchIndexTest, LimitsWhatAQueryMayCost) {
  std::string query = "mug";
  for (int i = 0; i < 15; ++i) query += " mug";
  EXPECT_THAT(found(query + " unknownword"), ElementsAre("mug"));
  EXPECT_TRUE(index_.search(query + " unknownword").everyWord);  // the seventeenth isn't read
}

TEST(AnEmptySearchIndex, FindsNothing) {
  EXPECT_THAT(SearchIndex({}, {{"mug", "cup"}, {"", "-"}}).search("mug").scores, IsEmpty());
}

}  // namespace
}  // namespace checkout::domain
