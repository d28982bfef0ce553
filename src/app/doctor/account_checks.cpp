// Can the account take this tenant's payments: state, currency, country, capabilities, tax.
#include <algorithm>
#include <map>

#include "app/doctor/examination.hpp"
#include "stripe/json_fields.hpp"

namespace checkout::app::doctor {
namespace {

std::string joinedTexts(const Json& list) {
  std::string text;
  for (const Json& item : list)
    if (item.is_string()) text += (text.empty() ? "" : ", ") + item.get<std::string>();
  return text;
}

// A new account takes test payments before it may take real ones.
void warnOrFail(const Examination& examination, const char* check, std::string found, std::string advice) {
  if (examination.stripe().livemode) return examination.fail(check, std::move(found), std::move(advice));
  examination.warn(check, std::move(found),
                   std::move(advice) + " Test payments may work all the same, live ones will not.");
}

void checkCharges(const Examination& examination, const Json& account) {
  const std::string id = stripe::stringAt(account, "id").value_or("");
  const Json& requirements = stripe::member(account, "requirements");
  const std::string due = joinedTexts(stripe::member(requirements, "currently_due"));
  if (stripe::booleanAt(account, "charges_enabled") == false)
    warnOrFail(examination, "account",
               "The account " + id + " may not take payments (charges_enabled is false).",
               "Finish its activation in the dashboard" + (due.empty() ? "." : "; missing: " + due + "."));
  else
    examination.ok("account", "It is " + id + ", and may take payments.");
  if (stripe::booleanAt(account, "payouts_enabled") == false)
    examination.warn("payouts", "The account is not paid out: what is earned stays at Stripe.",
                     "Add a bank account in the dashboard" + (due.empty() ? "." : "; missing: " + due + "."));
}

void checkCurrency(const Examination& examination, const Json& account) {
  const std::string theirs = stripe::stringAt(account, "default_currency").value_or("");
  const std::string ours = examination.tenant().currency.code;
  if (theirs == ours) return examination.ok("currency", "The shop and the account count in " + ours + ".");
  examination.warn("currency",
                   "The shop sells in " + ours + ", but the account is settled in " + theirs + ".",
                   "Where that is not on purpose, change the tenant's currency (and prices) to " + theirs +
                       ", or add a bank account in " + ours +
                       " in the dashboard: else Stripe converts each payment, for a fee.");
}

void checkCountry(const Examination& examination, const Json& account) {
  const std::string country = stripe::stringAt(account, "country").value_or("");
  examination.ok("country",
                 country == "IN"
                     ? "The account is in India, where Stripe has no search: a payment whose answer "
                       "was lost is found in the list of a day's payments."
                     : "The account is in " + country + ".");
}

// What a payment method needs of the account. Those without a capability of this name are not judged.
std::string capabilityOf(const std::string& methodType) {
  static const std::map<std::string, std::string> kOtherNames = {
      {"us_bank_account", "us_bank_account_ach_payments"},
      {"nz_bank_account", "nz_bank_account_becs_debit_payments"},
      {"customer_balance", "bank_transfer_payments"}};
  const auto other = kOtherNames.find(methodType);
  return other == kOtherNames.end() ? methodType + "_payments" : other->second;
}

void checkCapability(const Examination& examination, const Json& account, const std::string& name,
                     const std::string& use) {
  const auto state = stripe::stringAt(stripe::member(account, "capabilities"), name);
  if (state == "active") return examination.ok("capability", name + " is active.");
  warnOrFail(
      examination, "capability",
      "The capability " + name + " is " + state.value_or("not requested") + ": " + use + ".",
      "Switch it on in the dashboard (Settings → Payment methods), and give Stripe what it asks for there.");
}

void checkCapabilities(const Examination& examination, const Json& account) {
  const auto& types = examination.stripe().paymentMethodTypes;
  if (types.empty()) checkCapability(examination, account, "card_payments", "cards can't pay");
  for (const std::string& type : types)
    checkCapability(examination, account, capabilityOf(type), type + " can't pay");
  if (!examination.stripe().account) return;
  const auto transfers = stripe::stringAt(stripe::member(account, "capabilities"), "transfers");
  if (transfers == "active") return examination.ok("capability", "transfers is active.");
  examination.warn(
      "capability",
      "The capability transfers of the connected account is " + transfers.value_or("not requested") +
          ": its platform can't send it money.",
      "Nothing where all its payments are its own, as this server makes them; else request the capability.");
}

}  // namespace

bool checkAccount(const Examination& examination) {
  const auto reply = examination.ask({.target = "/v1/account"});
  if (reply.code == "account_invalid") {
    examination.fail(
        "connect",
        "The key has no access to the connected account " + examination.stripe().account.value_or("") + ". " +
            quoted(reply),
        "Check stripe.account, its mode (test or live), and in the dashboard (Connect → Accounts) that "
        "the account is still connected to the platform whose key this is.");
    return false;
  }
  if (lacksPermission(reply)) {
    examination.warn(
        "account",
        "The key may not read the account, so that its currency, country and capabilities were not "
        "checked.",
        "Compare them in the dashboard, or run doctor once with a key that may.");
    return true;
  }
  const auto account = examination.objectOf("account", reply);
  if (!account) return true;
  checkCharges(examination, *account);
  checkCurrency(examination, *account);
  checkCountry(examination, *account);
  checkCapabilities(examination, *account);
  return true;
}

void checkTax(const Examination& examination) {
  if (!examination.stripe().automaticTax) return;
  const auto reply = examination.ask({.target = "/v1/tax/settings"});
  if (lacksPermission(reply))
    return examination.warn(
        "tax", "The key may not read the tax settings, so that they were not checked.",
        "Look whether Stripe Tax is active (dashboard → Tax), or run doctor once with a key that may.");
  const auto settings = examination.objectOf("tax", reply);
  if (!settings) return;
  if (stripe::stringAt(*settings, "status") != "active") {
    const Json& pending = stripe::member(stripe::member(*settings, "status_details"), "pending");
    const std::string missing = joinedTexts(stripe::member(pending, "missing_fields"));
    return examination.fail(
        "tax",
        "automatic_tax is on, but Stripe Tax is not active in the account" +
            (missing.empty() ? std::string(".") : " (missing: " + missing + ")."),
        "Enter the origin address (head office) in the dashboard (Settings → Tax), or set "
        "automatic_tax to false: until then each payment page is refused.");
  }
  const auto registered = examination.ask({.target = "/v1/tax/registrations?status=active&limit=1"});
  const bool hasNone = registered.succeeded() && stripe::member(registered.object, "data").empty();
  if (hasNone)
    return examination.warn("tax",
                            "Stripe Tax is active, but no tax registration is: no tax is collected anywhere.",
                            "Add where you are registered (dashboard → Tax → Registrations).");
  examination.ok("tax", "Stripe Tax is active.");
}

}  // namespace checkout::app::doctor
