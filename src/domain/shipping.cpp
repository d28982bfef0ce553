#include "domain/shipping.hpp"

#include <algorithm>
#include <string_view>

namespace checkout::domain {
namespace {

struct Parcel {
  std::int64_t grams = 0;
  std::int64_t subtotal = 0;
  bool physical = false;
};

Parcel parcelOf(const std::vector<LineItem>& items) {
  Parcel parcel;
  for (const LineItem& item : items) {
    parcel.subtotal += item.lineTotal.amount;
    if (item.kind != ProductKind::Physical) continue;
    parcel.physical = true;
    parcel.grams += item.weightGrams * item.quantity;
  }
  return parcel;
}

bool contains(const std::vector<std::string>& countries, const std::string& country) {
  return std::find(countries.begin(), countries.end(), country) != countries.end();
}

// Where parcels don't arrive without one (Universal Postal Union, addressing systems).
constexpr std::string_view kPostalCodes =
    "AT AU BE BG BR CA CH CN CY CZ DE DK EE ES FI FR GB GR HR HU IN IS IT JP KR LI LT LU LV MT MX NL NO NZ "
    "PL PT "
    "RO RU SE SG SI SK TH TR TW UA US ZA";
constexpr std::string_view kStates = "AU BR CA CN IN JP MX US";

bool isListed(std::string_view list, const std::string& country) {
  return country.size() == 2 && list.find(country) != std::string_view::npos;
}

std::int64_t priceOf(const ShippingRate& rate, const Parcel& parcel) {
  if (rate.freeFrom && parcel.subtotal >= *rate.freeFrom) return 0;
  const std::int64_t startedKilograms = std::max<std::int64_t>(1, (parcel.grams + 999) / 1000);
  return rate.basePrice + (startedKilograms - 1) * rate.pricePerExtraKg;
}

}  // namespace

std::vector<ShippingSelection> shippingOptions(const Tenant& tenant, const std::vector<LineItem>& items,
                                               const std::string& country) {
  const Parcel parcel = parcelOf(items);
  std::vector<ShippingSelection> options;
  if (!parcel.physical || !contains(tenant.shippingCountries, country)) return options;
  for (const ShippingRate& rate : tenant.shippingRates) {
    if (!contains(rate.countries, country) && !contains(rate.countries, "*")) continue;
    if (rate.maxWeightGrams && parcel.grams > *rate.maxWeightGrams) continue;
    options.push_back({rate.carrierId, rate.carrierName, rate.serviceId, rate.serviceName,
                       Money{priceOf(rate, parcel), tenant.currency}, rate.minDays, rate.maxDays});
  }
  std::stable_sort(options.begin(), options.end(),
                   [](const auto& a, const auto& b) { return a.price.amount < b.price.amount; });
  return options;
}

Result<void> checkShippingAddress(const Tenant& tenant, const Address& address) {
  std::string missing;
  const auto require = [&](const char* name, const std::string& value) {
    if (value.empty()) missing.append(missing.empty() ? "" : ", ").append(name);
  };
  require("name", address.name);
  require("line1", address.line1);
  require("city", address.city);
  require("country", address.country);
  if (isListed(kPostalCodes, address.country)) require("postalCode", address.postalCode);
  if (isListed(kStates, address.country)) require("state", address.state);
  const auto refuse = [&](std::string message) {
    return Error(ErrorCode::InvalidAddress, std::move(message),
                 {{"shippingCountries", tenant.shippingCountries}})
        .withNext(NextActionType::CollectShippingAddress,
                  "Ask the customer for the shipping address and call checkout_start with it.");
  };
  // First where it goes: nobody should be asked for the rest of an address that is of no use.
  if (!address.country.empty() && !contains(tenant.shippingCountries, address.country))
    return refuse(tenant.name + " does not ship to \"" + address.country +
                  "\". Expected one of its shipping countries as an ISO 3166-1 alpha-2 code.");
  if (!missing.empty()) return refuse("The shipping address is not complete; missing: " + missing + ".");
  return {};
}

}  // namespace checkout::domain
