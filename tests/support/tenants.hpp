// A small shop for tests: two products, shipping to DE and US, 19 % tax in DE.
#pragma once

#include <memory>
#include <vector>

#include <checkout/tenant.hpp>

#include "domain/memory_catalog.hpp"

namespace checkout::test {

inline Product mug(const Currency& currency, std::int64_t price = 1500) {
  return {ProductId{"mug"},      "Mug", "A mug.", "kitchen",   Money{price, currency},
          ProductKind::Physical, 400,   10,       std::nullopt};
}
inline Product book(const Currency& currency, std::int64_t price = 900) {
  return {ProductId{"ebook"},   "E-book", "A book.",    "books",     Money{price, currency},
          ProductKind::Digital, 0,        std::nullopt, std::nullopt};
}

inline Tenant shop(const std::string& currencyCode = "usd") {
  Tenant tenant;
  tenant.id = TenantId{"shop"};
  tenant.name = "Shop";
  tenant.currency = Currency{currencyCode};
  tenant.shippingCountries = {"DE", "US"};
  tenant.shippingRates = {
      {"post", "Post", "parcel", "Parcel", {"*"}, 490, 100, 10'000, 20'000, 2, 4},
      {"post", "Post", "express", "Express", {"DE"}, 1490, 200, std::nullopt, std::nullopt, 1, 1},
  };
  tenant.taxRates = {{"DE", 1900}};
  tenant.stripe.apiBase = "http://127.0.0.1:1";
  tenant.emailFrom = "shop@example.com";
  tenant.catalog = domain::makeMemoryCatalog({mug(tenant.currency), book(tenant.currency)});
  return tenant;
}

class OneTenant final : public TenantDirectory {
 public:
  explicit OneTenant(Tenant tenant) : tenant_(std::move(tenant)) {}
  const Tenant* find(const TenantId& id) const override { return id == tenant_.id ? &tenant_ : nullptr; }
  std::vector<const Tenant*> all() const override { return {&tenant_}; }
  Tenant& tenant() { return tenant_; }

 private:
  Tenant tenant_;
};

}  // namespace checkout::test
