#include "sandbox/hosted.hpp"

#include <algorithm>

#include "base/enum_names.hpp"
#include "sandbox/customers.hpp"
#include "sandbox/pricing.hpp"

namespace checkout::sandbox {
namespace {

constexpr EnumNames<Outcome, 5> kOutcomes = {{
    {Outcome::Succeeded, "succeeded"},
    {Outcome::Declined, "declined"},
    {Outcome::RequiresAction, "requires_action"},
    {Outcome::Processing, "processing"},
    {Outcome::Authorized, "requires_capture"},
}};

void replaceAll(std::string& text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

}  // namespace

std::string_view toString(Outcome outcome) {
  return nameOf(kOutcomes, outcome);
}

FoundSession findSession(World& world, const std::string& id) {
  for (const auto& [key, account] : world.accounts())
    if (Session* session = account->sessions.find(id)) return {account.get(), session};
  return {};
}

FoundIntent findIntent(World& world, const std::string& id) {
  for (const auto& [key, account] : world.accounts())
    if (Intent* intent = account->intents.find(id)) return {account.get(), intent};
  return {};
}

bool isOpen(const Session& session) {
  return session.object["status"] == "open";
}

bool collectsDelivery(const Session& session) {
  return session.object["shipping_address_collection"].is_object();
}

bool takesAddress(const Session& session) {
  return collectsDelivery(session) || session.object["automatic_tax"]["enabled"] == true;
}

void abandonChallenge(const FoundSession& found) {
  const Json& id = found.session->object["payment_intent"];
  if (!id.is_string()) return;
  Json& intent = found.account->intents.find(id.get<std::string>())->object;
  if (intent["status"] != "requires_action") return;
  intent["status"] = "requires_payment_method";
  intent["payment_method"] = nullptr;
  intent["next_action"] = nullptr;
}

bool needsAddress(const Session& session) {
  return (collectsDelivery(session) && session.object["collected_information"].is_null()) ||
         awaitsLocation(session);
}

void giveAddress(Account& account, Session& session, const std::string& name, const Json& address) {
  session.address = addressObject(address);
  if (collectsDelivery(session))
    session.object["collected_information"] = {
        {"business_name", nullptr},
        {"individual_name", nullptr},
        {"shipping_details", {{"address", session.address}, {"name", name}}}};
  priceSession(account, session);
}

bool hasEnded(Outcome outcome) {
  return outcome == Outcome::Succeeded || outcome == Outcome::Processing || outcome == Outcome::Authorized;
}

bool offersToSave(const Session& session) {
  return textOr(objectOr(session.object, "saved_payment_method_options"), "payment_method_save", "") ==
         "enabled";
}

bool accepts(const Session& session, const std::string& methodType) {
  const Json& types = session.object["payment_method_types"];
  return std::find(types.begin(), types.end(), methodType) != types.end();
}

Outcome paySession(World& world, const FoundSession& found, const CustomerPayment& payment) {
  Account& account = *found.account;
  Intent& intent = intentOfSession(world, account, *found.session);
  // Shipping may have been chosen anew, and a code been entered, since an earlier attempt.
  intent.object["amount"] = found.session->object["amount_total"];
  if (found.session->object["customer_creation"] == "always" && intent.object["customer"].is_null()) {
    const Json billing = billingObject(payment.billing);
    const Record& customer =
        addCustomer(world, account, pick(billing, {"address", "email", "name", "phone"}));
    intent.object["customer"] = customer.id;
    found.session->object["customer"] = customer.id;
  }
  Method& method =
      payment.iban.empty()
          ? addCard(world, account, testCard(payment.cardNumber), payment.expiry, payment.billing)
          : addBankAccount(world, account, testBankAccount(payment.iban), payment.billing);
  AttemptOptions options;
  options.saves = payment.saves && offersToSave(*found.session);
  return attempt(world, account, intent, method, options);
}

std::string successUrl(const Session& session) {
  std::string url = session.object["success_url"];
  replaceAll(url, "{CHECKOUT_SESSION_ID}", session.id);
  replaceAll(url, "%7BCHECKOUT_SESSION_ID%7D", session.id);
  return url;
}

}  // namespace checkout::sandbox
