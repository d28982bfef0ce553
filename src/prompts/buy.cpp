#include "prompts/catalog_of_prompts.hpp"
#include "tools/suggestions.hpp"

namespace checkout::prompts {
namespace {

class Buy final : public Prompt {
 public:
  explicit Buy(const tools::ToolServices& services) : services_(services) {}

  const PromptDescriptor& descriptor() const override { return about_; }

  Result<PromptOutcome> get(const NamedValues& arguments, CallContext&) const override {
    const auto shop = arguments.find("tenant_id");
    std::string where = "Choose the shop with federation_list_tenants; ask me if more than one fits.";
    if (shop != arguments.end()) {
      const Tenant* tenant = services_.tenants.find(TenantId{shop->second});
      if (!tenant)
        return Error(ErrorCode::TenantNotFound,
                     "No shop \"" + shop->second + "\" is served here. federation_list_tenants lists them.");
      where = "Buy from " + tenant->name + ": pass tenant_id \"" + tenant->id.value + "\" to every tool.";
    }
    return PromptOutcome(
        says(about_.description, "I would like to buy: " + arguments.at("what") + "\n\n" + where + R"(

Please
1. find what fits with catalog_search, show me up to three choices with their prices, and let me choose;
2. put it into a cart with cart_add_item, and read the cart back to me;
3. ask me for my e-mail address, and for a shipping address if anything is shipped. Never make one up;
4. start the checkout with checkout_start; let me choose the shipping if there is a choice;
5. tell me the total, and once I agree create the payment page with checkout_create_payment_session;
6. give me the page's link as it is. I pay there; never ask me for card data;
7. then watch the checkout (resource checkout://, or checkout_status) and tell me when the order is confirmed.

If something fails, follow nextAction of the result. federation_help explains every step.)"));
  }

  Result<Completions> complete(const CompletionQuery& query, const Principal&) const override {
    if (query.argument == "tenant_id") return tools::suggestTenants(services_, query.typed);
    return Completions{};
  }

 private:
  const tools::ToolServices services_;
  const PromptDescriptor about_{
      "buy",
      "Buy something",
      "Leads from a wish to a paid order: find, choose, check out, pay on the payment page, confirm.",
      {{"what", "What", "What you want to buy, in your own words", true},
       {"tenant_id", "Shop", "The id of the shop to buy from; without it the assistant chooses", false}}};
};

}  // namespace

std::unique_ptr<Prompt> makeBuy(const tools::ToolServices& services) {
  return std::make_unique<Buy>(services);
}

}  // namespace checkout::prompts
