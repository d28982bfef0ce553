// The shops of a run, as the test knows them: what they sell, at which price, and whose account is paid.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <checkout/tenant.hpp>

namespace checkout::chaos {

struct Goods {
  std::string id;
  std::int64_t price = 0;  // smallest unit
  bool isPhysical = false;
  std::optional<std::int64_t> stock;  // nullopt: never sells out
};

struct Shop {
  TenantId tenant;
  Currency currency;
  std::string country;  // where it ships to
  LatePaymentPolicy latePayment = LatePaymentPolicy::Refund;
  bool takesDebit = false;  // SEPA: the money comes later, or not
  int pollIntervalMillis = 0;
  std::optional<std::int64_t> approvalThreshold;  // above it no charge without a page goes unasked
  std::vector<Goods> goods;
  std::string secretKey, webhookSecret;  // test keys of the simulator

  const Goods* find(const ProductId& id) const;
};

// Two shops with different currencies, policies and payment methods. `scarce`: how many pieces there are of
// what is in short supply. Their accounts are new ones.
std::vector<Shop> twoShops(std::int64_t scarce);

// Writes the configuration that serves them, and adds the secrets it names to `environment`.
void writeConfig(const std::vector<Shop>& shops, const std::string& apiBase,
                 const std::filesystem::path& file, std::map<std::string, std::string>& environment);

}  // namespace checkout::chaos
