#include "unit/tools/shop.hpp"

namespace checkout::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> found(const Json& page) {
  std::vector<std::string> ids;
  for (const Json& product : page.at("products")) ids.push_back(product.at("productId"));
  return ids;
}

TEST(CatalogSearch, ReturnsProductsWithPricesAndTheTimeTheyWereRead) {
  Shop shop;
  const Json page = shop.call("catalog_search", {{"tenant_id", "mall"}, {"query", "mug"}});
  ASSERT_THAT(found(page), ElementsAre("mug"));
  EXPECT_EQ(page.at("products")[0].at("price"),
            Json({{"amount", 1850}, {"currency", "usd"}, {"display", "$18.50"}}));
  EXPECT_EQ(page.at("fetched_at"), "2026-11-22T09:30:00.250Z");
  EXPECT_FALSE(page.contains("nextCursor"));
}

TEST(CatalogSearch, FiltersByCategoryAndInclusivePrices) {
  Shop shop;
  EXPECT_THAT(found(shop.call("catalog_search", {{"tenant_id", "mall"}, {"category", "books"}})),
              ElementsAre("ebook"));
  EXPECT_THAT(
      found(shop.call("catalog_search", {{"tenant_id", "mall"}, {"minPrice", 1850}, {"maxPrice", 2400}})),
      ElementsAre("mug", "poster"));
}

TEST(CatalogSearch, PagesWithACursor) {
  Shop shop;
  const Json first = shop.call("catalog_search", {{"tenant_id", "mall"}, {"limit", 2}});
  ASSERT_THAT(found(first), ElementsAre("mug", "poster"));
  const Json second =
      shop.call("catalog_search", {{"tenant_id", "mall"}, {"limit", 2}, {"cursor", first.at("nextCursor")}});
  EXPECT_THAT(found(second), ElementsAre("ebook"));
  EXPECT_FALSE(second.contains("nextCursor"));
}

TEST(CatalogSearch, RefusesAnEmptyPriceRangeAndAForeignCursor) {
  Shop shop;
  EXPECT_EQ(codeOf(shop.call("catalog_search", {{"tenant_id", "mall"}, {"minPrice", 2}, {"maxPrice", 1}})),
            "VALIDATION_FAILED");
  EXPECT_EQ(codeOf(shop.call("catalog_search", {{"tenant_id", "mall"}, {"cursor", "made-up"}})),
            "VALIDATION_FAILED");
}

TEST(CatalogSearch, ShowsKindAndWhatCanBeBoughtWhereItIsCounted) {
  Shop shop;
  const Json products = shop.call("catalog_search", {{"tenant_id", "mall"}}).at("products");
  EXPECT_EQ(products[0].at("available"), 10);
  EXPECT_EQ(products[1].at("available"), 0);
  EXPECT_FALSE(products[2].contains("available"));
  EXPECT_EQ(products[2].at("kind"), "digital");
}

TEST(CatalogSearch, RepeatsPriceLimitsAsMoney) {
  Shop shop;
  const Json page = shop.call("catalog_search", {{"tenant_id", "mall"}, {"minPrice", 5}, {"maxPrice", 2000}});
  EXPECT_EQ(page.at("minPrice"), toJson(Money{5, {"usd"}}));
  EXPECT_EQ(page.at("maxPrice").at("display"), "$20.00");
  EXPECT_FALSE(page.contains("hint"));
}

TEST(CatalogSearch, SaysHowDollarsAreWrittenWhereTheyWereMeant) {
  Shop shop;
  const Json meant = shop.call("catalog_search", {{"tenant_id", "mall"}, {"query", "mug"}, {"maxPrice", 25}});
  EXPECT_THAT(found(meant), IsEmpty());
  EXPECT_EQ(meant.at("hint"),
            "There are matches, but not at this price: they cost $18.50. Prices count the smallest unit, so "
            "maxPrice 25 is $0.25; if $25.00 was meant, pass 2500.");
  const Json cheap = shop.call("catalog_search", {{"tenant_id", "mall"}, {"maxPrice", 8}});
  EXPECT_EQ(cheap.at("hint"), "There are matches, but not at this price: they cost $9.00 to $24.00.");
}

TEST(CatalogSearch, SaysWhatThereIsWhereNothingMatches) {
  Shop shop;
  const Json page = shop.call("catalog_search", {{"tenant_id", "mall"}, {"query", "lawnmower"}});
  EXPECT_THAT(found(page), IsEmpty());
  EXPECT_EQ(page.at("categories"), Json({"kitchen", "decor", "books"}));
  EXPECT_FALSE(page.contains("didYouMean"));
  EXPECT_THAT(page.at("hint"), HasSubstr("No product matches. Try fewer"));

  const Json near = shop.call("catalog_search", {{"tenant_id", "mall"}, {"query", "mgu"}});
  EXPECT_EQ(near.at("didYouMean"), Json({"Mug"}));
  EXPECT_THAT(near.at("hint"), HasSubstr("didYouMean"));

  const Json elsewhere =
      shop.call("catalog_search", {{"tenant_id", "mall"}, {"query", "mug"}, {"category", "shoes"}});
  EXPECT_THAT(elsewhere.at("hint"), HasSubstr("No product of category \"shoes\" matches."));

  shop.mall.tenants[0].catalog = domain::makeMemoryCatalog({});
  EXPECT_EQ(shop.call("catalog_search", {{"tenant_id", "mall"}}).at("hint"), "This shop has no products.");
}

TEST(CatalogSearch, SaysWhereAWordIsUnknownOrMissing) {
  Shop shop;
  const Json mistyped = shop.call("catalog_search", {{"tenant_id", "mall"}, {"query", "enamle mug"}});
  EXPECT_THAT(found(mistyped), ElementsAre("mug"));
  EXPECT_EQ(mistyped.at("didYouMean"), Json({"Enamel"}));
  EXPECT_THAT(mistyped.at("hint"), HasSubstr("nearest known ones"));

  const Json some = shop.call("catalog_search", {{"tenant_id", "mall"}, {"query", "enamel lawnmower"}});
  EXPECT_THAT(found(some), ElementsAre("mug"));
  EXPECT_EQ(some.at("hint"), "No product matches every word; these match some of them.");
}

TEST(CatalogGetProduct, ShowsTheStockOfThisMoment) {
  Shop shop;
  const auto stockOf = [&](const char* product) {
    return shop.call("catalog_get_product", {{"tenant_id", "mall"}, {"productId", product}}).at("stock");
  };
  EXPECT_EQ(stockOf("mug"), Json({{"state", "in_stock"}, {"available", 10}}));
  EXPECT_EQ(stockOf("poster"), Json({{"state", "out_of_stock"}, {"available", 0}}));
  EXPECT_EQ(stockOf("ebook"), Json({{"state", "unlimited"}}));

  const Json cart = {{"tenant_id", "mall"}, {"cartId", "c"}, {"productId", "ebook"}};
  shop.call("cart_add_item", cart);
  const SagaId other{
      shop.call("checkout_start", {{"tenant_id", "mall"}, {"userId", "u"}, {"cartId", "c"}}).at("sagaId")};
  const Result<void> held =
      shop.store().write([&](Transaction& tx) { return tx.stock().hold({"mall"}, other, {"mug"}, 4); });
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(stockOf("mug").at("available"), 6);
}

TEST(CatalogGetProduct, OffersCandidatesForAnUnknownProduct) {
  Shop shop;
  const Json result = shop.call("catalog_get_product", {{"tenant_id", "mall"}, {"productId", "mugg"}});
  EXPECT_EQ(codeOf(result), "SKU_NOT_FOUND");
  EXPECT_EQ(result.at("error").at("details").at("candidates")[0],
            Json({{"productId", "mug"}, {"name", "Enamel Mug"}, {"price", toJson(Money{1850, {"usd"}})}}));
}

}  // namespace
}  // namespace checkout::tools
