#include "resources/catalog_of_resources.hpp"
#include "tools/products.hpp"
#include "tools/suggestions.hpp"

namespace checkout::resources {
namespace {

constexpr std::int64_t kStockTtlMs = 5'000;

class ProductResource final : public ResourceFamily {
 public:
  explicit ProductResource(const tools::ToolServices& services) : services_(services) {}

  const ResourceDescriptor& descriptor() const override { return about_; }

  Result<std::optional<ResourceContents>> read(const NamedValues& names, const Principal&) const override {
    const Tenant* tenant = services_.tenants.find(TenantId{names.at("tenant_id")});
    const auto product = tenant ? tenant->catalog->find(ProductId{names.at("productId")}) : std::nullopt;
    if (!product) return std::optional<ResourceContents>();
    CHECKOUT_ASSIGN(view, tools::productWithStock(services_, *tenant, *product));
    ResourceContents contents{about_.mimeType, view.dump()};
    contents.ttlMs = kStockTtlMs;
    contents.isPrivate = false;
    return std::optional(std::move(contents));
  }

  Result<Completions> complete(const CompletionQuery& query, const Principal&) const override {
    if (query.argument == "tenant_id") return tools::suggestTenants(services_, query.typed);
    const auto tenant = query.resolved.find("tenant_id");
    return tools::suggestProducts(services_, tenant == query.resolved.end() ? "" : tenant->second,
                                  query.typed);
  }

 private:
  const tools::ToolServices services_;
  const ResourceDescriptor about_{
      "catalog://{tenant_id}/products/{productId}", "product", "Product",
      "A product of a shop with price and stock, as catalog_get_product shows it.", "application/json"};
};

}  // namespace

std::unique_ptr<ResourceFamily> makeProductResource(const tools::ToolServices& services) {
  return std::make_unique<ProductResource>(services);
}

}  // namespace checkout::resources
