// One tenant under examination: asks Stripe with the tenant's key, and passes on what is found.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <checkout/clock.hpp>
#include <checkout/http.hpp>
#include <checkout/tenant.hpp>

#include "app/doctor/finding.hpp"
#include "stripe/inquiry.hpp"

namespace checkout::app::doctor {

// What is the same for all tenants. The references must outlive the examination.
struct Surroundings {
  HttpClient& http;
  const Clock& clock;
  std::string publicUrl;  // of the server; may be empty
  bool probes = false;    // --probe
  std::function<void(const Finding&)> tell;
};

class Examination {
 public:
  Examination(const Tenant& tenant, const Surroundings& surroundings)
      : tenant_(tenant), surroundings_(surroundings) {}

  const Tenant& tenant() const { return tenant_; }
  const StripeSettings& stripe() const { return tenant_.stripe; }
  const Surroundings& surroundings() const { return surroundings_; }

  // Says on stderr what is waited for if the answer takes more than a second.
  stripe::Reply ask(const stripe::Inquiry& inquiry) const;

  void ok(std::string check, std::string found) const;
  void warn(std::string check, std::string found, std::string advice) const;
  void fail(std::string check, std::string found, std::string advice) const;

  // The object of a reply that succeeded. Else a failure of this check, with what to do about it, and
  // nothing. A key's missing permission is the caller's to explain.
  std::optional<Json> objectOf(const std::string& check, const stripe::Reply& reply) const;

 private:
  const Tenant& tenant_;
  const Surroundings& surroundings_;
};

bool lacksPermission(const stripe::Reply& reply);
// "Stripe: …", as far as it said anything.
std::string quoted(const stripe::Reply& reply);

// Connection, clock and key. False: nothing else can be asked.
bool checkConnection(const Examination& examination);
// State, currency, country and capabilities. False: the key has no access to the connected account.
bool checkAccount(const Examination& examination);
void checkPermissions(const Examination& examination);
void checkTax(const Examination& examination);
void checkEndpoints(const Examination& examination);
// In test mode a session and an intent that are ended at once.
void tryPayments(const Examination& examination);

}  // namespace checkout::app::doctor
