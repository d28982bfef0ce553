#include "prompts/catalog_of_prompts.hpp"
#include "unit/tools/shop.hpp"

namespace checkout::prompts {
namespace {

class Prompts : public testing::Test {
 protected:
  Prompts() : all(allPrompts(shop.services())) {}

  std::string textOf(const Prompt& prompt, const NamedValues& arguments) {
    CallContext context;
    auto outcome = prompt.get(arguments, context);
    if (!outcome.ok()) return std::string("error: ").append(toString(outcome.error().code));
    return std::get<PromptText>(*outcome).messages.at(0).content.at("text");
  }

  tools::Shop shop;
  std::vector<std::unique_ptr<Prompt>> all;
};

TEST_F(Prompts, NameOnlyToolsThatExist) {
  std::set<std::string> tools;
  for (const RegisteredTool& tool : shop.tools()) tools.emplace(tool.tool->name());
  for (const auto& prompt : all) {
    const std::string text = textOf(*prompt, {{"what", "a mug"}, {"tenant_id", "mall"}, {"id", "order_1"}});
    std::string word;
    for (const char c : text + " ") {
      if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
        word += c;
        continue;
      }
      const bool toolLike = word.starts_with("cart_") || word.starts_with("catalog_") ||
                            word.starts_with("checkout_") || word.starts_with("federation_") ||
                            word.starts_with("orders_");
      if (toolLike) {
        EXPECT_TRUE(tools.contains(word)) << word << " in " << prompt->descriptor().name;
      }
      word.clear();
    }
  }
}

TEST_F(Prompts, BuySaysWhatIsWantedAndWhere) {
  EXPECT_EQ(all[0]->descriptor().name, "buy");
  const std::string text = textOf(*all[0], {{"what", "a blue mug"}, {"tenant_id", "mall"}});
  EXPECT_THAT(text, testing::HasSubstr("I would like to buy: a blue mug"));
  EXPECT_THAT(text, testing::HasSubstr("tenant_id \"mall\""));
  EXPECT_THAT(textOf(*all[0], {{"what", "a mug"}}), testing::HasSubstr("federation_list_tenants"));
  EXPECT_EQ(textOf(*all[0], {{"what", "a mug"}, {"tenant_id", "nowhere"}}), "error: TENANT_NOT_FOUND");
}

TEST_F(Prompts, TrackOrderNamesTheOrder) {
  EXPECT_EQ(all[1]->descriptor().name, "track_order");
  EXPECT_THAT(textOf(*all[1], {{"id", "order_9"}, {"tenant_id", "mall"}}), testing::HasSubstr("\"order_9\""));
  EXPECT_EQ(textOf(*all[1], {{"id", "order_9"}, {"tenant_id", "nowhere"}}), "error: TENANT_NOT_FOUND");
}

}  // namespace
}  // namespace checkout::prompts
