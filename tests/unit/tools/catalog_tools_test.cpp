#include "unit/tools/shop.hpp"

namespace checkout::tools {
namespace {

using testing::ElementsAre;

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
