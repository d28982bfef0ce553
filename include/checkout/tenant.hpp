// A merchant served by this process: policies, shipping, and how its payments are made.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <checkout/catalog.hpp>
#include <checkout/clock.hpp>
#include <checkout/ids.hpp>
#include <checkout/money.hpp>
#include <checkout/secret.hpp>

namespace checkout {

// One service of one carrier into a set of countries.
struct ShippingRate {
  std::string carrierId, carrierName;
  std::string serviceId, serviceName;
  std::vector<std::string> countries;    // ISO 3166-1 alpha-2, upper case; "*" is any country of the tenant
  std::int64_t basePrice = 0;            // smallest unit, covers the first started kilogram
  std::int64_t pricePerExtraKg = 0;      // each further started kilogram
  std::optional<std::int64_t> freeFrom;  // subtotal from which the service costs nothing
  std::optional<std::int64_t> maxWeightGrams;
  int minDays = 0, maxDays = 0;
};

// A tax rule: basis points of subtotal + shipping for a country. The tenant is the merchant of record.
struct TaxRate {
  std::string country;  // "*": any
  int basisPoints = 0;  // 1900 = 19 %
};

// What to do with money that arrives after the checkout was cancelled or has expired.
enum class LatePaymentPolicy { Honour, Refund };

struct StripeSettings {
  std::string apiBase;  // "https://api.stripe.com", or the simulator's http://127.0.0.1:PORT
  Secret secretKey;
  std::vector<Secret> webhookSecrets;           // more than one during rotation
  std::optional<std::string> account;           // connected account (Stripe-Account header)
  bool livemode = false;                        // from the key: sk_live_ / rk_live_
  bool sandbox = false;                         // config said "sandbox:"
  int requestsPerSecond = 0;                    // at most, to each endpoint; 0: no limit
  std::vector<std::string> paymentMethodTypes;  // empty: all that are switched on in Stripe's dashboard
  std::optional<std::string> statementDescriptorSuffix;
  std::optional<std::string> locale;
  // What the payment page lets the customer change. Automatic tax comes on top of prices, in place of
  // taxRates.
  bool allowPromotionCodes = false, automaticTax = false, shippingOnPage = false;
  // Pages offer to save the card for the checkout's user, and what is saved for them may be charged.
  bool savedPaymentMethods = false;
};

struct TenantPolicies {
  LatePaymentPolicy latePayment = LatePaymentPolicy::Refund;
  Milliseconds sessionLifetime{30 * 60 * 1000};  // Stripe allows 30 minutes to 24 hours
  Milliseconds paymentPollInterval{3000};        // how old an answer may be before Stripe is asked again
  std::optional<std::int64_t> spendLimit;        // largest total of one checkout, smallest unit
  // A payment without a page, of a larger total than this (smallest unit), needs the customer's approval.
  std::optional<std::int64_t> approvalThreshold;
  std::string returnsText, termsUrl;  // shown to agents; may be empty
};

// Whom customers turn to; each may be empty.
struct SupportContact {
  std::string email, url, phone;
};

struct Tenant {
  TenantId id;
  std::string name;
  std::string description;
  Currency currency;
  std::vector<std::string> shippingCountries;  // empty: digital goods only
  std::vector<ShippingRate> shippingRates;
  std::vector<TaxRate> taxRates;
  TenantPolicies policies;
  StripeSettings stripe;
  std::string successUrl, cancelUrl;  // where Stripe sends the customer; empty: this server's own pages
  std::string emailFrom;
  SupportContact support;
  bool active = true;  // an inactive tenant is listed but sells nothing
  std::shared_ptr<const Catalog> catalog;
};

// Immutable after start; pointers stay valid as long as the directory. Thread-safe.
class TenantDirectory {
 public:
  virtual ~TenantDirectory() = default;
  virtual const Tenant* find(const TenantId& id) const = 0;  // nullptr: unknown
  virtual std::vector<const Tenant*> all() const = 0;        // in config order
};

}  // namespace checkout
