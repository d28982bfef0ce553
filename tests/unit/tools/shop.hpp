// A small mall for tests of tools: real store and checkout service, a payment provider that must not be
// asked, and a check of every call and result against the schemas.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include <gmock/gmock.h>

#include <checkout/saga_changes.hpp>

#include "domain/memory_catalog.hpp"
#include "mcp/schema_validator.hpp"
#include "store/open_store.hpp"
#include "tools/catalog_of_tools.hpp"

namespace checkout::tools {

class FixedClock final : public Clock {
 public:
  TimePoint now() const override { return *timePointFromIso8601("2026-11-22T09:30:00.250Z"); }
};

class NoFeed final : public SagaChangeFeed {
 public:
  void publish(const SagaChange&) override {}
  std::shared_ptr<void> subscribe(std::function<void(const SagaChange&)>) override { return nullptr; }
};

// No call of these tests may reach the provider.
class UnaskedGateway final : public PaymentGateway {
 public:
  GatewayCall planCreateSession(const Tenant&, const PaymentRequest&, std::string) const override {
    return asked();
  }
  GatewayCall planExpireSession(const Tenant&, const std::string&, std::string) const override {
    return asked();
  }
  GatewayCall planCreateIntent(const Tenant&, const PaymentRequest&, std::string) const override {
    return asked();
  }
  GatewayCall planConfirmIntent(const Tenant&, const ConfirmRequest&, std::string) const override {
    return asked();
  }
  GatewayCall planCancelIntent(const Tenant&, const std::string&, std::string) const override {
    return asked();
  }
  GatewayCall planRefund(const Tenant&, const SagaId&, const std::string&, std::optional<Money>,
                         std::string) const override {
    return asked();
  }
  CallOutcome execute(const Tenant&, const GatewayCall&) override { return asked(), CallOutcome{}; }
  Result<std::optional<PaymentFact>> retrieveSession(const Tenant&, const std::string&) override {
    return asked(), std::optional<PaymentFact>{};
  }
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant&, const std::string&) override {
    return asked(), std::optional<PaymentFact>{};
  }
  Result<std::optional<PaymentFact>> findPayment(const Tenant&, const SagaId&, int, TimePoint) override {
    return asked(), std::optional<PaymentFact>{};
  }
  PayerOutcome findPayer(const Tenant&, const std::string&) override { return asked(), PayerOutcome{}; }
  PayerOutcome ensureCustomer(const Tenant&, const std::string&, const std::string&) override {
    return asked(), PayerOutcome{};
  }
  Result<std::vector<PageLine>> listPageLines(const Tenant&, const std::string&) override {
    return asked(), std::vector<PageLine>{};
  }
  Result<Reversals> retrieveReversals(const Tenant&, const std::string&) override {
    return asked(), Reversals{};
  }
  Result<EventPage> listEvents(const Tenant&, const EventQuery&) override { return asked(), EventPage{}; }
  Result<std::optional<std::string>> account(const Tenant&) override {
    return asked(), std::optional<std::string>{};
  }

 private:
  static GatewayCall asked() {
    ADD_FAILURE() << "the payment provider was asked";
    return {};
  }
};

class Mall final : public TenantDirectory {
 public:
  std::vector<Tenant> tenants;
  const Tenant* find(const TenantId& id) const override {
    for (const Tenant& tenant : tenants)
      if (tenant.id == id) return &tenant;
    return nullptr;
  }
  std::vector<const Tenant*> all() const override {
    std::vector<const Tenant*> list;
    for (const Tenant& tenant : tenants) list.push_back(&tenant);
    return list;
  }
};

inline Product makeProduct(std::string id, std::string name, std::string category, std::int64_t cents,
                           ProductKind kind = ProductKind::Physical) {
  Product product;
  product.id = {std::move(id)};
  product.name = std::move(name);
  product.description = product.name + ", as good as it gets.";
  product.category = std::move(category);
  product.price = {cents, {"usd"}};
  product.kind = kind;
  product.weightGrams = kind == ProductKind::Physical ? 400 : 0;
  return product;
}

inline Tenant makeTenant(std::string id, std::vector<Product> products) {
  Tenant tenant;
  tenant.id = {std::move(id)};
  tenant.name = "Shop " + tenant.id.value;
  tenant.description = "Sells what tests need.";
  tenant.currency = {"usd"};
  tenant.shippingCountries = {"US", "DE"};
  tenant.shippingRates = {
      {"postal", "Postal", "standard", "Standard", {"*"}, 500, 100, std::nullopt, std::nullopt, 2, 5}};
  tenant.stripe.sandbox = true;
  tenant.catalog = domain::makeMemoryCatalog(std::move(products));
  return tenant;
}

// Shops "mall" (mug: 10 in stock; poster: 0 in stock; e-book: unlimited) and "closed" (inactive, the same
// goods).
class Shop {
 public:
  Shop() {
    std::string pattern = (std::filesystem::temp_directory_path() / "checkout-tools-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    store_ = std::move(store::openStore("sqlite:" + (folder_ / "shop.db").string())).value();
    mall.tenants = {makeTenant("mall", goods()), makeTenant("closed", goods())};
    mall.tenants[1].active = false;
    declareStock("mug", 10);
    declareStock("poster", 0);
    services_.emplace(*store_, mall, gateway_, clock, feed_,
                      saga::CheckoutOptions{"http://127.0.0.1:1", "test"});
    tools_ = allTools(services());
  }
  ~Shop() {
    tools_.clear();
    services_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  static std::vector<Product> goods() {
    return {makeProduct("mug", "Enamel Mug", "kitchen", 1850),
            makeProduct("poster", "Star Poster", "decor", 2400),
            makeProduct("ebook", "Field Guide", "books", 900, ProductKind::Digital)};
  }

  // The result as an agent sees it: structuredContent, or {"error": …}. Checks arguments and result by the
  // schemas.
  Json call(const std::string& name, const Json& arguments) {
    EXPECT_EQ(violations(name, "inputSchema", arguments), "") << "arguments of " << name;
    return callUnchecked(name, arguments);
  }

  // For arguments that the schema would not let through.
  Json callUnchecked(const std::string& name, const Json& arguments) {
    CallContext context;
    const auto result = round(name, arguments, context);
    const Json content = result ? std::get<Json>(*result) : Json{{"error", toJson(result.error())}};
    EXPECT_EQ(violations(name, "outputSchema", content), "") << "result of " << name << ": " << content;
    return content;
  }

  // One round of a call that may ask the client something.
  Result<ToolOutcome> round(const std::string& name, const Json& arguments, CallContext& context) {
    const Tool& tool = *toolNamed(name).tool;
    Json prepared = arguments;
    CHECKOUT_TRY(tool.prepare(prepared));
    return tool.call(prepared, context);
  }

  std::string violations(const std::string& name, const char* schema, const Json& value) {
    const mcp::SchemaValidator validator(Json::parse(toolNamed(name).descriptor).at(schema));
    std::string text;
    for (const mcp::Violation& violation : validator.violations(value))
      text += violation.pointer + " must be " + violation.expected + ", is " + violation.found + "\n";
    return text;
  }

  ToolServices services() { return {*store_, mall, *services_, feed_, clock}; }
  const std::vector<RegisteredTool>& tools() const { return tools_; }
  Store& store() { return *store_; }

  Mall mall;
  FixedClock clock;

 private:
  void declareStock(const std::string& product, std::int64_t pieces) {
    const Result<void> done =
        store_->write([&](Transaction& tx) { return tx.stock().declare({"mall"}, {product}, pieces); });
    EXPECT_TRUE(done.ok());
  }
  const RegisteredTool& toolNamed(const std::string& name) const {
    for (const RegisteredTool& tool : tools_)
      if (tool.tool->name() == name) return tool;
    std::abort();
  }

  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  UnaskedGateway gateway_;
  NoFeed feed_;
  std::optional<saga::CheckoutService> services_;
  std::vector<RegisteredTool> tools_;
};

inline std::string codeOf(const Json& result) {
  return result.at("error").at("code").get<std::string>();
}

}  // namespace checkout::tools
