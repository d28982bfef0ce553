#include "sandbox/hosted.hpp"

#include <algorithm>

#include "base/enum_names.hpp"

namespace checkout::sandbox {
namespace {

constexpr EnumNames<Outcome, 4> kOutcomes = {{
    {Outcome::Succeeded, "succeeded"},
    {Outcome::Declined, "declined"},
    {Outcome::RequiresAction, "requires_action"},
    {Outcome::Processing, "processing"},
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

bool accepts(const Session& session, const std::string& methodType) {
  const Json& types = session.object["payment_method_types"];
  return std::find(types.begin(), types.end(), methodType) != types.end();
}

Outcome paySession(World& world, const FoundSession& found, const CustomerPayment& payment) {
  Account& account = *found.account;
  Intent& intent = intentOfSession(world, account, *found.session);
  intent.object["amount"] = found.session->object["amount_total"];  // shipping may have been chosen anew
  Method& method =
      payment.iban.empty()
          ? addCard(world, account, testCard(payment.cardNumber), payment.expiry, payment.billing)
          : addBankAccount(world, account, testBankAccount(payment.iban), payment.billing);
  return attempt(world, account, intent, method);
}

std::string successUrl(const Session& session) {
  std::string url = session.object["success_url"];
  replaceAll(url, "{CHECKOUT_SESSION_ID}", session.id);
  replaceAll(url, "%7BCHECKOUT_SESSION_ID%7D", session.id);
  return url;
}

}  // namespace checkout::sandbox
