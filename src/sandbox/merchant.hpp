// What a merchant sets up in Stripe's dashboard: the account, its tax settings, and restricted keys.
#pragma once

#include <string_view>

#include "sandbox/call.hpp"

namespace checkout::sandbox {

ParameterTable taxSettingsUpdateParameters();
ParameterTable taxRegistrationListParameters();
Result<Json> getAccount(Call& call);
Result<Json> getTaxSettings(Call& call);
Result<Json> updateTaxSettings(Call& call);
Result<Json> listTaxRegistrations(Call& call);

// Stripe Tax has the origin address that it needs.
bool isTaxActive(const Account& account);

// Refused as Stripe does: a restricted key that lacks the permission, a connected account that isn't one (any
// more).
Result<void> checkAccess(const Account& account, const RestrictedKey* restricted, std::string_view method,
                         std::string_view path);

// Control routes. `account` is the one that the request's key and Stripe-Account header name; nullptr without
// a key, when only what holds for all accounts can be changed.
Result<Json> changeSettings(World& world, Account* account, const Json& body);
Result<Json> createRestrictedKey(World& world, const std::string& ownerKey, const Json& body);

}  // namespace checkout::sandbox
