#include "domain/memory_catalog.hpp"

#include <gmock/gmock.h>

namespace checkout::domain {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Product product(std::string id, std::string name, std::string category, std::int64_t price,
                std::string description = "") {
  Product made;
  made.id = {std::move(id)};
  made.name = std::move(name);
  made.category = std::move(category);
  made.description = std::move(description);
  made.price = {price, {"usd"}};
  return made;
}

std::vector<Product> shop() {
  return {product("beans-250", "Coffee Beans", "Food", 1400, "Roasted in small batches. Fits any mug."),
          product("mug-blue", "Blue Mug", "Kitchen", 1800, "Stoneware, holds 330 ml."),
          product("mug-red", "Red Mug", "Kitchen", 1900, "Stoneware."),
          product("smuggler", "Smuggler's Tale", "Books", 900, "An e-book."),
          product("cafe", "CAFÉ Poster", "Decor", 2500, "A2, matt.")};
}

std::vector<std::string> ids(const std::vector<Product>& products) {
  std::vector<std::string> found;
  for (const auto& each : products) found.push_back(each.id.value);
  return found;
}

// CatalogQuery with the given members set.
struct Asked {
  std::string text{}, category{};
  std::optional<std::int64_t> minPrice{}, maxPrice{};
  int limit = 20;
  std::string cursor{};
  operator CatalogQuery() const { return {text, category, minPrice, maxPrice, limit, cursor}; }
};

std::vector<std::string> searched(const Asked& query) {
  return ids(makeMemoryCatalog(shop())->search(query).value().products);
}

TEST(MemoryCatalog, FindsEverythingInTheMerchantsOrderWhenNothingIsAsked) {
  EXPECT_THAT(searched({}), ElementsAre("beans-250", "mug-blue", "mug-red", "smuggler", "cafe"));
}

TEST(MemoryCatalog, RanksWholeWordsInNamesAboveDescriptionsAndPartsOfWords) {
  EXPECT_THAT(searched({.text = "mug"}), ElementsAre("mug-blue", "mug-red", "smuggler", "beans-250"));
}

TEST(MemoryCatalog, NeedsEveryWordSomewhere) {
  EXPECT_THAT(searched({.text = "stoneware KITCHEN blue"}), ElementsAre("mug-blue"));
}

TEST(MemoryCatalog, ShowsWhatHasMostWordsWhereNothingHasAllOfThem) {
  const auto catalog = makeMemoryCatalog(shop());
  const auto page = catalog->search(Asked{.text = "red stoneware poster"}).value();
  EXPECT_THAT(ids(page.products), ElementsAre("mug-red"));
  EXPECT_FALSE(page.everyWord);
  EXPECT_TRUE(catalog->search(Asked{.text = "red stoneware"}).value().everyWord);
}

TEST(MemoryCatalog, SaysWhatMatchesCostWhateverThePriceFilter) {
  const auto page = makeMemoryCatalog(shop())->search(Asked{.text = "mugs", .maxPrice = 25}).value();
  EXPECT_THAT(page.products, IsEmpty());
  EXPECT_EQ(page.cheapest->amount, 1400);
  EXPECT_EQ(page.dearest->amount, 1900);
  EXPECT_FALSE(makeMemoryCatalog(shop())->search(Asked{.text = "xyzzy"}).value().cheapest.has_value());
}

TEST(MemoryCatalog, ListsCategoriesOnceInTheMerchantsOrder) {
  auto products = shop();
  products.push_back(product("odd", "Odd One", "", 100));
  EXPECT_THAT(makeMemoryCatalog(products)->categories(), ElementsAre("Food", "Kitchen", "Books", "Decor"));
}

TEST(MemoryCatalog, FindsByKeywordsAndSynonymsAndCountsThemInItsVersion) {
  auto products = shop();
  products[4].keywords = {"wall art"};
  const auto catalog = makeMemoryCatalog(products, {{"mug", "Tasse"}});
  EXPECT_THAT(ids(catalog->search(Asked{.text = "wall"}).value().products), ElementsAre("cafe"));
  EXPECT_THAT(ids(catalog->search(Asked{.text = "Tassen"}).value().products),
              ElementsAre("mug-blue", "mug-red", "beans-250"));
  EXPECT_NE(catalog->version(), makeMemoryCatalog(products)->version());
  EXPECT_NE(makeMemoryCatalog(products)->version(), makeMemoryCatalog(shop())->version());
}

TEST(MemoryCatalog, IgnoresCaseAlsoOfAccentedLetters) {
  EXPECT_THAT(searched({.text = "café"}), ElementsAre("cafe"));
  EXPECT_THAT(searched({.text = "CaFÉ"}), ElementsAre("cafe"));
}

TEST(MemoryCatalog, FiltersByCategoryAndInclusivePrices) {
  EXPECT_THAT(searched({.category = "kitchen"}), ElementsAre("mug-blue", "mug-red"));
  EXPECT_THAT(searched({.minPrice = 1400, .maxPrice = 1800}), ElementsAre("beans-250", "mug-blue"));
  EXPECT_THAT(searched({.category = "kit"}), IsEmpty());
  EXPECT_THAT(searched({.category = "book"}), ElementsAre("smuggler"));
  EXPECT_THAT(searched({.category = "--"}), IsEmpty());
}

TEST(MemoryCatalog, PagesThroughAllHitsExactlyOnce) {
  const auto catalog = makeMemoryCatalog(shop());
  Asked query{.limit = 2};
  std::vector<std::string> seen;
  int pages = 0;
  do {
    const auto page = catalog->search(query).value();
    for (const auto& id : ids(page.products)) seen.push_back(id);
    query.cursor = page.nextCursor;
    ++pages;
  } while (!query.cursor.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(seen, ElementsAre("beans-250", "mug-blue", "mug-red", "smuggler", "cafe"));
}

TEST(MemoryCatalog, GivesNoCursorWhenTheLastPageIsExactlyFull) {
  EXPECT_EQ(makeMemoryCatalog(shop())->search(Asked{.limit = 5}).value().nextCursor, "");
}

TEST(MemoryCatalog, LetsThePageSizeChangeBetweenPages) {
  const auto catalog = makeMemoryCatalog(shop());
  const auto first = catalog->search(Asked{.limit = 1}).value();
  EXPECT_THAT(ids(catalog->search(Asked{.limit = 3, .cursor = first.nextCursor}).value().products),
              ElementsAre("mug-blue", "mug-red", "smuggler"));
}

TEST(MemoryCatalog, RefusesCursorsItDidNotMakeForThisSearch) {
  const auto catalog = makeMemoryCatalog(shop());
  const std::string cursor = catalog->search(Asked{.limit = 2}).value().nextCursor;
  std::string moved = cursor;
  moved.back() = moved.back() == '1' ? '3' : '1';
  auto changed = shop();
  changed[0].price.amount += 1;
  EXPECT_EQ(catalog->search(Asked{.text = "mug", .cursor = cursor}).error().code,
            ErrorCode::ValidationFailed);
  EXPECT_EQ(makeMemoryCatalog(changed)->search(Asked{.cursor = cursor}).error().code,
            ErrorCode::ValidationFailed);
  for (const std::string& bad :
       {moved, std::string("x"), cursor + "0", std::string(500, 'f'), std::string("\xff")})
    EXPECT_EQ(catalog->search(Asked{.cursor = bad}).error().code, ErrorCode::ValidationFailed) << bad;
}

TEST(MemoryCatalog, ChangesItsVersionWithAnyProductAndOnlyThen) {
  const std::string before = makeMemoryCatalog(shop())->version();
  EXPECT_EQ(before.size(), 16u);
  EXPECT_EQ(makeMemoryCatalog(shop())->version(), before);
  const std::vector<std::function<void(Product&)>> changes = {
      [](Product& p) { p.name += "!"; },
      [](Product& p) { p.price.amount += 1; },
      [](Product& p) { p.kind = ProductKind::Digital; },
      [](Product& p) { p.weightGrams = 5; },
      [](Product& p) { p.initialStock = 0; },
      [](Product& p) { p.imageUrl = "https://shop.example/a.png"; }};
  for (const auto& change : changes) {
    auto products = shop();
    change(products[2]);
    EXPECT_NE(makeMemoryCatalog(products)->version(), before);
  }
}

TEST(MemoryCatalog, FindsByExactIdOnly) {
  const auto catalog = makeMemoryCatalog(shop());
  EXPECT_EQ(catalog->find({"mug-red"})->name, "Red Mug");
  EXPECT_FALSE(catalog->find({"MUG-RED"}).has_value());
  EXPECT_FALSE(catalog->find({""}).has_value());
}

TEST(MemoryCatalog, SuggestsWhatAMistypedIdMayHaveMeant) {
  const auto catalog = makeMemoryCatalog(shop());
  EXPECT_EQ(ids(catalog->similar("mug-rde", 3)).front(), "mug-red");
  EXPECT_EQ(ids(catalog->similar("Blue Mugg", 3)).front(), "mug-blue");
  EXPECT_EQ(ids(catalog->similar("beans", 3)).front(), "beans-250");
  EXPECT_EQ(ids(catalog->similar("red_mug_large", 3)).front(), "mug-red");
  EXPECT_THAT(catalog->similar("zzzzqqqq", 3), IsEmpty());
  EXPECT_EQ(catalog->similar("mug", 1).size(), 1u);
  EXPECT_THAT(catalog->similar("", 3), IsEmpty());
}

}  // namespace
}  // namespace checkout::domain
