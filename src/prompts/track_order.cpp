#include "prompts/catalog_of_prompts.hpp"
#include "tools/suggestions.hpp"

namespace checkout::prompts {
namespace {

class TrackOrder final : public Prompt {
 public:
  explicit TrackOrder(const tools::ToolServices& services) : services_(services) {}

  const PromptDescriptor& descriptor() const override { return about_; }

  Result<PromptOutcome> get(const NamedValues& arguments, CallContext&) const override {
    const std::string& shop = arguments.at("tenant_id");
    if (!services_.tenants.find(TenantId{shop}))
      return Error(ErrorCode::TenantNotFound,
                   "No shop \"" + shop + "\" is served here. federation_list_tenants lists them.");
    return PromptOutcome(says(about_.description, "What has become of my purchase \"" + arguments.at("id") +
                                                      "\" at the shop \"" + shop +
                                                      R"("?

Look it up with orders_get, taking it for an orderId; if there is no such order, with checkout_status, taking it for a
sagaId. Tell me in a few words what was bought, what it cost, whether it is paid, and what happens next. If nextAction
asks for something, do it or tell me what I have to do. Don't start, cancel or pay anything unless I say so.)"));
  }

  Result<Completions> complete(const CompletionQuery& query, const Principal&) const override {
    if (query.argument == "tenant_id") return tools::suggestTenants(services_, query.typed);
    return Completions{};  // ids of other people's orders are nobody's business
  }

 private:
  const tools::ToolServices services_;
  const PromptDescriptor about_{
      "track_order",
      "Track an order",
      "Tells what has become of an order or of a checkout under way.",
      {{"tenant_id", "Shop", "The id of the shop it was bought from", true},
       {"id", "Order", "The orderId of the order, or the sagaId of the checkout", true}}};
};

}  // namespace

std::unique_ptr<Prompt> makeTrackOrder(const tools::ToolServices& services) {
  return std::make_unique<TrackOrder>(services);
}

}  // namespace checkout::prompts
