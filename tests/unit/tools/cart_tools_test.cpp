#include <thread>

#include "unit/tools/shop.hpp"

namespace checkout::tools {
namespace {

class CartTools : public testing::Test {
 protected:
  Json call(const std::string& tool, Json arguments) {
    arguments["tenant_id"] = "mall";
    arguments["cartId"] = "cart-1";
    return shop.call(tool, arguments);
  }
  Json addItem(const char* product, int quantity) {
    return call("cart_add_item", {{"productId", product}, {"quantity", quantity}});
  }
  // Stores a cart as an earlier release, or an earlier catalogue, may have left it.
  void put(std::vector<CartItem> items) {
    const Cart cart{{"mall"}, {"cart-1"}, std::move(items), shop.clock.now()};
    ASSERT_TRUE(shop.store().write([&](Transaction& tx) { return tx.carts().save(cart); }).ok());
  }

  Shop shop;
};

TEST_F(CartTools, AddCreatesTheCartAndCountsPricesAndStock) {
  addItem("mug", 2);
  const Json cart = call("cart_add_item", {{"productId", "ebook"}});
  EXPECT_EQ(cart.at("cartId"), "cart-1");
  EXPECT_EQ(cart.at("items"), Json({{{"productId", "mug"},
                                     {"name", "Enamel Mug"},
                                     {"kind", "physical"},
                                     {"quantity", 2},
                                     {"unitPrice", toJson(Money{1850, {"usd"}})},
                                     {"lineTotal", toJson(Money{3700, {"usd"}})},
                                     {"available", 10}},
                                    {{"productId", "ebook"},
                                     {"name", "Field Guide"},
                                     {"kind", "digital"},
                                     {"quantity", 1},
                                     {"unitPrice", toJson(Money{900, {"usd"}})},
                                     {"lineTotal", toJson(Money{900, {"usd"}})}}}));
  EXPECT_EQ(cart.at("subtotal").at("amount"), 4600);
  EXPECT_EQ(cart.at("itemCount"), 3);
  EXPECT_EQ(cart.at("currency"), "usd");
  EXPECT_EQ(cart.at("updatedAt"), "2026-11-22T09:30:00.250Z");
  EXPECT_EQ(call("cart_view", Json::object()), cart);
}

TEST_F(CartTools, AddWithoutACartBeginsOneThatNobodyCanGuess) {
  const Json arguments = {{"tenant_id", "mall"}, {"productId", "mug"}};
  const std::string first = shop.call("cart_add_item", arguments).at("cartId");
  const std::string second = shop.call("cart_add_item", arguments).at("cartId");
  EXPECT_THAT(first, testing::MatchesRegex("cart_[0-9a-f]{32}"));
  EXPECT_NE(first, second);
  const Json mine = {{"tenant_id", "mall"}, {"cartId", first}, {"productId", "ebook"}};
  EXPECT_EQ(shop.call("cart_add_item", mine).at("itemCount"), 2);
  EXPECT_EQ(shop.call("cart_view", {{"tenant_id", "mall"}, {"cartId", second}}).at("itemCount"), 1);
}

TEST_F(CartTools, AddTakesAnEmptyCartIdForNone) {
  const Json cart =
      shop.callUnchecked("cart_add_item", {{"tenant_id", "mall"}, {"productId", "mug"}, {"cartId", ""}});
  EXPECT_THAT(cart.at("cartId"), testing::MatchesRegex("cart_[0-9a-f]{32}"));
}

TEST_F(CartTools, AddSumsQuantities) {
  addItem("mug", 2);
  EXPECT_EQ(addItem("mug", 3).at("items")[0].at("quantity"), 5);
}

TEST_F(CartTools, AddSaysHowManyMoreFit) {
  addItem("ebook", 95);
  const Json result = addItem("ebook", 5);
  EXPECT_EQ(codeOf(result), "VALIDATION_FAILED");
  EXPECT_EQ(result.at("error").at("details"), Json({{"productId", "ebook"}, {"inCart", 95}, {"canAdd", 4}}));
  EXPECT_EQ(call("cart_view", Json::object()).at("itemCount"), 95);
}

TEST_F(CartTools, AddRefusesMoreThanIsFreeCountingWhatIsInTheCart) {
  addItem("mug", 8);
  const Json result = addItem("mug", 3);
  EXPECT_EQ(codeOf(result), "INVENTORY_UNAVAILABLE");
  EXPECT_EQ(result.at("error").at("details"),
            Json({{"productId", "mug"}, {"requested", 11}, {"available", 10}}));
  EXPECT_EQ(call("cart_view", Json::object()).at("itemCount"), 8);
}

TEST_F(CartTools, ARefusedFirstAdditionCreatesNoCart) {
  EXPECT_EQ(codeOf(addItem("poster", 1)), "INVENTORY_UNAVAILABLE");
  EXPECT_EQ(codeOf(addItem("pooster", 1)), "SKU_NOT_FOUND");
  EXPECT_EQ(codeOf(call("cart_view", Json::object())), "CART_NOT_FOUND");
}

TEST_F(CartTools, AddOffersCandidatesForAnUnknownProduct) {
  const Json result = addItem("mugg", 1);
  EXPECT_EQ(result.at("error").at("details").at("candidates")[0].at("productId"), "mug");
}

TEST_F(CartTools, AddRefusesMoreProductsThanStripeTakesButMoreOfOneThatIsThere) {
  std::vector<CartItem> items;
  for (int i = 1; i < kMaxCartLines; ++i) items.push_back({{"gone-" + std::to_string(i)}, 1});
  put(items);
  EXPECT_EQ(addItem("ebook", 1).at("items").size(), 98u);
  const Json refused = addItem("mug", 1);
  EXPECT_EQ(codeOf(refused), "VALIDATION_FAILED");
  EXPECT_EQ(refused.at("error").at("details").at("maxProducts"), 98);
  EXPECT_EQ(addItem("ebook", 1).at("items")[97].at("quantity"), 2);
}

TEST_F(CartTools, UpdateSetsTheQuantityAndIsSafeToRepeat) {
  addItem("mug", 2);
  const Json once = call("cart_update_quantity", {{"productId", "mug"}, {"quantity", 7}});
  EXPECT_EQ(once.at("items")[0].at("quantity"), 7);
  EXPECT_EQ(call("cart_update_quantity", {{"productId", "mug"}, {"quantity", 7}}), once);
}

TEST_F(CartTools, UpdateRefusesMoreThanIsFree) {
  addItem("mug", 2);
  const Json result = call("cart_update_quantity", {{"productId", "mug"}, {"quantity", 11}});
  EXPECT_EQ(codeOf(result), "INVENTORY_UNAVAILABLE");
  EXPECT_EQ(call("cart_view", Json::object()).at("itemCount"), 2);
}

TEST_F(CartTools, UpdateAndRemoveListWhatIsInTheCartIfTheProductIsNot) {
  addItem("mug", 1);
  addItem("ebook", 1);
  for (const Json& result : {call("cart_update_quantity", {{"productId", "poster"}, {"quantity", 1}}),
                             call("cart_remove_item", {{"productId", "poster"}})}) {
    EXPECT_EQ(codeOf(result), "SKU_NOT_FOUND");
    EXPECT_EQ(result.at("error").at("details").at("inCart"), Json({"mug", "ebook"}));
  }
}

TEST_F(CartTools, RemoveTakesTheWholeLineOut) {
  addItem("mug", 4);
  addItem("ebook", 1);
  const Json cart = call("cart_remove_item", {{"productId", "mug"}});
  ASSERT_EQ(cart.at("items").size(), 1u);
  EXPECT_EQ(cart.at("items")[0].at("productId"), "ebook");
}

TEST_F(CartTools, ClearLeavesAnEmptyCartThatCanBeUsedAgain) {
  addItem("mug", 4);
  const Json cart = call("cart_clear", Json::object());
  EXPECT_EQ(cart.at("items"), Json::array());
  EXPECT_EQ(cart.at("subtotal").at("amount"), 0);
  EXPECT_EQ(call("cart_view", Json::object()), cart);
  EXPECT_EQ(addItem("mug", 1).at("itemCount"), 1);
}

TEST_F(CartTools, OnlyAddKnowsACartThatDoesNotExist) {
  EXPECT_EQ(codeOf(call("cart_view", Json::object())), "CART_NOT_FOUND");
  EXPECT_EQ(codeOf(call("cart_clear", Json::object())), "CART_NOT_FOUND");
  EXPECT_EQ(codeOf(call("cart_remove_item", {{"productId", "mug"}})), "CART_NOT_FOUND");
  const Json result = call("cart_update_quantity", {{"productId", "mug"}, {"quantity", 1}});
  EXPECT_EQ(codeOf(result), "CART_NOT_FOUND");
  EXPECT_EQ(result.at("error").at("nextAction").at("type"), "start_over");
}

TEST_F(CartTools, AProductThatLeftTheCatalogueIsFlaggedAndCostsNothing) {
  put({{{"gone"}, 3}, {{"mug"}, 1}});
  const Json cart = call("cart_view", Json::object());
  EXPECT_EQ(cart.at("items")[0], Json({{"productId", "gone"}, {"quantity", 3}, {"unavailable", true}}));
  EXPECT_EQ(cart.at("subtotal").at("amount"), 1850);
  EXPECT_EQ(codeOf(call("cart_update_quantity", {{"productId", "gone"}, {"quantity", 1}})), "SKU_NOT_FOUND");
  EXPECT_EQ(call("cart_remove_item", {{"productId", "gone"}}).at("itemCount"), 1);
}

TEST_F(CartTools, CartsOfOneNameInTwoShopsAreTwoCarts) {
  addItem("mug", 1);
  EXPECT_EQ(codeOf(shop.call("cart_view", {{"tenant_id", "closed"}, {"cartId", "cart-1"}})),
            "CART_NOT_FOUND");
}

TEST_F(CartTools, AdditionsAtTheSameMomentAllCount) {
  constexpr int kThreads = 4, kEach = 10;
  std::vector<std::thread> threads;
  const RegisteredTool* add = nullptr;
  for (const RegisteredTool& tool : shop.tools())
    if (tool.tool->name() == "cart_add_item") add = &tool;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      const Json arguments = {{"tenant_id", "mall"}, {"cartId", "cart-1"}, {"productId", "ebook"}};
      CallContext context;
      for (int n = 0; n < kEach; ++n) EXPECT_TRUE(add->tool->call(arguments, context).ok());
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(call("cart_view", Json::object()).at("itemCount"), kThreads * kEach);
}

}  // namespace
}  // namespace checkout::tools
