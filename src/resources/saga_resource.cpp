#include "resources/catalog_of_resources.hpp"
#include "tools/suggestions.hpp"

namespace checkout::resources {
namespace {

// Its id is the key to a checkout, so none is listed or suggested.
class SagaResource final : public ResourceFamily {
 public:
  explicit SagaResource(const tools::ToolServices& services) : services_(services) {}

  const ResourceDescriptor& descriptor() const override { return about_; }

  Result<std::optional<ResourceContents>> read(const NamedValues& names, const Principal&) const override {
    const TenantId tenant{names.at("tenant_id")};
    if (!services_.tenants.find(tenant)) return std::optional<ResourceContents>();
    // Reading must not wait for the payment provider; whoever watches is told of what it says.
    auto saga = services_.checkouts.status(tenant, SagaId{names.at("sagaId")}, /*mayAsk=*/false);
    if (!saga.ok() && saga.error().code == ErrorCode::CheckoutNotFound)
      return std::optional<ResourceContents>();
    if (!saga.ok()) return std::move(saga).error();
    return std::optional(ResourceContents{about_.mimeType, saga::sagaView(*saga).dump()});
  }

  Result<bool> isWatchable(const NamedValues& names, const Principal&) const override {
    const TenantId tenant{names.at("tenant_id")};
    const SagaId id{names.at("sagaId")};
    return readFor<bool>(services_.store, [&](Transaction& tx) -> Result<bool> {
      CHECKOUT_ASSIGN(saga, tx.sagas().find(tenant, id));
      return saga.has_value();
    });
  }

  Result<Completions> complete(const CompletionQuery& query, const Principal&) const override {
    if (query.argument == "tenant_id") return tools::suggestTenants(services_, query.typed);
    return Completions{};
  }

 private:
  const tools::ToolServices services_;
  const ResourceDescriptor about_{"checkout://{tenant_id}/sagas/{sagaId}", "checkout", "Checkout",
                                  "A checkout as checkout_status shows it: status, totals, payment, order "
                                  "and nextAction. Subscribe to it "
                                  "instead of polling: every transition is announced, with the new status in "
                                  "_meta[\"checkout-mcp/saga\"]. Needs the sagaId that checkout_start gave.",
                                  "application/json"};
};

}  // namespace

std::unique_ptr<ResourceFamily> makeSagaResource(const tools::ToolServices& services) {
  return std::make_unique<SagaResource>(services);
}

ResourceChange changeOf(const SagaChange& change) {
  return {"checkout://" + change.tenantId.value + "/sagas/" + change.sagaId.value,
          {{"checkout-mcp/saga", {{"status", toString(change.status)}, {"version", change.version}}}}};
}

}  // namespace checkout::resources
