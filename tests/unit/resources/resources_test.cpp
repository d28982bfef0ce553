#include "resources/catalog_of_resources.hpp"
#include "unit/tools/shop.hpp"

namespace checkout::resources {
namespace {

class Resources : public testing::Test {
 protected:
  Resources() : all(allResources(shop.services())) {}

  ResourceFamily& sagas() { return *all[0]; }
  ResourceFamily& products() { return *all[1]; }
  std::string started() {
    shop.call("cart_add_item", {{"tenant_id", "mall"}, {"cartId", "c"}, {"productId", "ebook"}});
    return shop.call("checkout_start", {{"tenant_id", "mall"}, {"userId", "ann"}, {"cartId", "c"}})
        .at("sagaId");
  }

  tools::Shop shop;
  std::vector<std::unique_ptr<ResourceFamily>> all;
};

TEST_F(Resources, ACheckoutReadsAsItsStatusDoes) {
  const std::string saga = started();
  const auto contents = sagas().read({{"tenant_id", "mall"}, {"sagaId", saga}}, {}).value();
  ASSERT_TRUE(contents);
  EXPECT_EQ(Json::parse(contents->bytes),
            shop.call("checkout_status", {{"tenant_id", "mall"}, {"sagaId", saga}}));
  EXPECT_EQ(contents->mimeType, "application/json");
  EXPECT_TRUE(contents->isPrivate);
  EXPECT_TRUE(sagas().isWatchable({{"tenant_id", "mall"}, {"sagaId", saga}}, {}).value());
}

TEST_F(Resources, ACheckoutOfAnotherShopIsAsUnknownAsNone) {
  const std::string saga = started();
  for (const NamedValues& names : {NamedValues{{"tenant_id", "closed"}, {"sagaId", saga}},
                                   NamedValues{{"tenant_id", "nowhere"}, {"sagaId", saga}},
                                   NamedValues{{"tenant_id", "mall"}, {"sagaId", "saga_unknown"}}}) {
    EXPECT_EQ(sagas().read(names, {}).value(), std::nullopt);
    EXPECT_FALSE(sagas().isWatchable(names, {}).value());
  }
}

TEST_F(Resources, AProductReadsAsItsToolShowsIt) {
  const auto contents = products().read({{"tenant_id", "mall"}, {"productId", "mug"}}, {}).value();
  ASSERT_TRUE(contents);
  EXPECT_EQ(Json::parse(contents->bytes),
            shop.call("catalog_get_product", {{"tenant_id", "mall"}, {"productId", "mug"}}));
  EXPECT_FALSE(contents->isPrivate);
  EXPECT_EQ(products().read({{"tenant_id", "mall"}, {"productId", "nothing"}}, {}).value(), std::nullopt);
  EXPECT_EQ(products().read({{"tenant_id", "nowhere"}, {"productId", "mug"}}, {}).value(), std::nullopt);
  EXPECT_FALSE(products().isWatchable({{"tenant_id", "mall"}, {"productId", "mug"}}, {}).value());
}

TEST_F(Resources, SuggestShopsAndProductsButNoCheckouts) {
  started();
  EXPECT_THAT(sagas().complete({"tenant_id", "MA", {}}, {}).value().values, testing::ElementsAre("mall"));
  EXPECT_THAT(sagas().complete({"sagaId", "", {{"tenant_id", "mall"}}}, {}).value().values,
              testing::IsEmpty());
  EXPECT_THAT(products().complete({"productId", "m", {{"tenant_id", "mall"}}}, {}).value().values,
              testing::ElementsAre("mug"));
  EXPECT_THAT(products().complete({"productId", "m", {}}, {}).value().values,
              testing::IsEmpty());  // of which shop?
}

TEST_F(Resources, AChangeNamesTheCheckoutAndItsStatus) {
  const ResourceChange change = changeOf({{"mall"}, {"saga_1"}, 7, SagaStatus::Completed});
  EXPECT_EQ(change.uri, "checkout://mall/sagas/saga_1");
  EXPECT_EQ(change.about, (Json{{"checkout-mcp/saga", {{"status", "completed"}, {"version", 7}}}}));
}

}  // namespace
}  // namespace checkout::resources
