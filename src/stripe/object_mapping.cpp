#include "stripe/object_mapping.hpp"

#include <array>
#include <utility>

#include "base/enum_names.hpp"
#include "stripe/error_map.hpp"
#include "stripe/json_fields.hpp"
#include "stripe/payment_metadata.hpp"

namespace checkout::stripe {
namespace {

constexpr EnumNames<PaymentState, 7> kIntentStates = {{
    {PaymentState::Open, "requires_payment_method"},
    {PaymentState::Open, "requires_confirmation"},
    {PaymentState::RequiresAction, "requires_action"},
    {PaymentState::Processing, "processing"},
    {PaymentState::Processing, "requires_capture"},  // authorised; no money has moved
    {PaymentState::Paid, "succeeded"},
    {PaymentState::Canceled, "canceled"},
}};

Error unexpected(std::string_view what, const std::optional<std::string>& requestId) {
  return {ErrorCode::PaymentServiceError,
          "The payment service's answer is no usable " + std::string(what) + ".",
          requestId ? Json{{"requestId", *requestId}} : Json()};
}

Currency currencyOf(const Json& object) {
  return {stringAt(object, "currency").value_or("")};
}

std::optional<Error> lastErrorOf(const Json& intent, const std::optional<std::string>& requestId) {
  const Json& error = member(intent, "last_payment_error");
  if (!error.is_object()) return std::nullopt;
  return errorFromStripe(402, error, requestId);
}

// Where the intent came with its charge.
bool hasReversals(const Json& intent) {
  const Json& charge = member(intent, "latest_charge");
  return integerAt(charge, "amount_refunded").value_or(0) > 0 ||
         booleanAt(charge, "disputed").value_or(false);
}

PaymentState intentState(const Json& intent) {
  const std::string status = stringAt(intent, "status").value_or("");
  if (status == "requires_payment_method" && member(intent, "last_payment_error").is_object())
    return PaymentState::Declined;
  return valueOf(kIntentStates, status).value_or(PaymentState::Processing);
}

// A completed session that isn't paid waits for an asynchronous method, until the intent says that it failed.
// Such a session can't be paid any more, which is what Canceled means; lastError has the reason, if there is
// one.
PaymentState unpaidCompleteState(const Json& intent) {
  // A voucher that nobody has paid in time leaves no error: its intent only waits for a payment method again.
  const bool ended =
      stringAt(intent, "status") == "requires_payment_method" || stringAt(intent, "status") == "canceled";
  return ended ? PaymentState::Canceled : PaymentState::Processing;
}

PaymentState sessionState(const Json& session, const Json& intent) {
  const std::string status = stringAt(session, "status").value_or("");
  const std::string payment = stringAt(session, "payment_status").value_or("");
  if (payment == "paid") return PaymentState::Paid;
  if (status == "open")
    return intentState(intent) == PaymentState::Declined ? PaymentState::Declined : PaymentState::Open;
  if (status == "expired") return PaymentState::Expired;
  if (status == "complete" && payment == "no_payment_required") return PaymentState::Paid;
  if (status == "complete") return unpaidCompleteState(intent);
  return PaymentState::Processing;
}

// The position among the session's options of the one that the customer took.
std::optional<std::size_t> chosenShipping(const Json& session) {
  const auto rate = referenceAt(member(session, "shipping_cost"), "shipping_rate");
  const Json& options = member(session, "shipping_options");
  for (std::size_t i = 0; rate && options.is_array() && i < options.size(); ++i)
    if (referenceAt(options[i], "shipping_rate") == rate) return i;
  return std::nullopt;
}

// Nothing if one of the sums is missing: they can't be judged then.
std::optional<PageTotals> pageTotals(const Json& session) {
  const Json& details = member(session, "total_details");
  const auto subtotal = integerAt(session, "amount_subtotal"), total = integerAt(session, "amount_total");
  const auto discount = integerAt(details, "amount_discount"), tax = integerAt(details, "amount_tax");
  if (!subtotal || !total || !discount || !tax) return std::nullopt;
  const std::int64_t shipping = integerAt(member(session, "shipping_cost"), "amount_subtotal").value_or(0);
  const Currency currency = currencyOf(session);
  return PageTotals{{{*subtotal, currency},
                     {shipping, currency},
                     {*tax, currency},
                     {*discount, currency},
                     {*total, currency}},
                    chosenShipping(session)};
}

// Where the customer goes on with an intent: the bank's page, or a voucher to pay at a shop. The type of an
// action is also the name of the member that describes it.
std::optional<std::string> nextPage(const Json& intent) {
  const Json& action = member(intent, "next_action");
  const Json& description = member(action, stringAt(action, "type").value_or(""));
  for (const char* name : {"url", "hosted_voucher_url", "hosted_instructions_url", "hosted_verification_url"})
    if (auto url = stringAt(description, name)) return url;
  return std::nullopt;
}

std::optional<Address> collectedAddress(const Json& session) {
  const Json& details = member(member(session, "collected_information"), "shipping_details");
  const Json& address = member(details, "address");
  if (!address.is_object()) return std::nullopt;
  const auto text = [](const Json& object, const char* name) { return stringAt(object, name).value_or(""); };
  return Address{text(details, "name"),    text(address, "line1"),
                 text(address, "line2"),   text(address, "city"),
                 text(address, "state"),   text(address, "postal_code"),
                 text(address, "country"), text(member(session, "customer_details"), "phone")};
}

// What sessions and intents have in common. False if something that both always have is missing.
bool fillCommon(PaymentFact& fact, Json& object, std::string_view kind,
                const std::optional<std::string>& requestId) {
  const auto livemode = booleanAt(object, "livemode");
  if (stringAt(object, "object") != kind || !stringAt(object, "id") || !livemode) return false;
  PaymentMetadata metadata = metadataOf(object);
  fact.livemode = *livemode;
  fact.tenantId = std::move(metadata.tenantId);
  fact.sagaId = std::move(metadata.sagaId);
  fact.attempt = metadata.attempt;
  fact.requestId = requestId;
  return true;
}

}  // namespace

Result<PaymentFact> paymentFromSession(Json object, const std::optional<std::string>& requestId) {
  PaymentFact fact;
  fact.kind = PaymentFact::Kind::Session;
  if (!fillCommon(fact, object, "checkout.session", requestId))
    return unexpected("Checkout Session", requestId);
  const Json& intent = member(object, "payment_intent");
  fact.sessionId = stringAt(object, "id");
  fact.paymentIntentId = referenceAt(object, "payment_intent");
  fact.state = sessionState(object, intent);
  fact.url = stringAt(object, "url");
  fact.customerEmail = stringAt(member(object, "customer_details"), "email");
  fact.collectedAddress = collectedAddress(object);
  if (auto expires = integerAt(object, "expires_at")) fact.expiresAt = fromUnixSeconds(*expires);
  fact.amount = {integerAt(object, "amount_total").value_or(0), currencyOf(object)};
  fact.amountReceived = {0, fact.amount.currency};
  fact.page = pageTotals(object);
  fact.hasReversals = hasReversals(intent);
  if (stringAt(object, "payment_status") == "paid")
    fact.amountReceived.amount = integerAt(intent, "amount_received").value_or(fact.amount.amount);
  if (fact.state != PaymentState::Paid) fact.lastError = lastErrorOf(intent, requestId);
  removeClientSecrets(object);
  fact.object = std::move(object);
  return fact;
}

Result<PaymentFact> paymentFromIntent(Json object, const std::optional<std::string>& requestId) {
  PaymentFact fact;
  fact.kind = PaymentFact::Kind::Intent;
  const auto amount = integerAt(object, "amount");
  if (!fillCommon(fact, object, "payment_intent", requestId) || !amount || currencyOf(object).code.empty())
    return unexpected("PaymentIntent", requestId);
  fact.paymentIntentId = stringAt(object, "id");
  fact.state = intentState(object);
  fact.url = nextPage(object);
  fact.amount = {*amount, currencyOf(object)};
  fact.amountReceived = {integerAt(object, "amount_received").value_or(0), fact.amount.currency};
  fact.hasReversals = hasReversals(object);
  if (auto charge = referenceAt(object, "latest_charge")) object["latest_charge"] = std::move(*charge);
  if (fact.state != PaymentState::Paid) fact.lastError = lastErrorOf(object, requestId);
  removeClientSecrets(object);
  fact.object = std::move(object);
  return fact;
}

Result<RefundFact> refundFromObject(const Json& object, const std::optional<std::string>& requestId) {
  const auto id = stringAt(object, "id");
  const auto amount = integerAt(object, "amount");
  if (stringAt(object, "object") != "refund" || !id || !amount) return unexpected("refund", requestId);
  RefundFact fact;
  fact.refundId = *id;
  fact.status = stringAt(object, "status").value_or("pending");
  fact.amount = {*amount, currencyOf(object)};
  fact.paymentIntentId = referenceAt(object, "payment_intent");
  fact.requestId = requestId;
  fact.callKey = stringAt(member(object, "metadata"), kCallKeyMember);
  if (const auto created = integerAt(object, "created")) fact.createdAt = fromUnixSeconds(*created);
  return fact;
}

Result<DisputeFact> disputeFromObject(const Json& object, const std::optional<std::string>& requestId) {
  const auto id = stringAt(object, "id");
  const auto amount = integerAt(object, "amount");
  const auto status = stringAt(object, "status");
  if (stringAt(object, "object") != "dispute" || !id || !amount || !status)
    return unexpected("dispute", requestId);
  return DisputeFact{
      *id, *status, stringAt(object, "reason").value_or("general"), {*amount, currencyOf(object)}};
}

Result<PageLine> pageLineFromItem(const Json& item, const std::optional<std::string>& requestId) {
  const Currency currency = currencyOf(item);
  const auto amount = [&](const Json& object, const char* name) -> std::optional<Money> {
    const auto found = integerAt(object, name);
    return found ? std::optional(Money{*found, currency}) : std::nullopt;
  };
  const auto subtotal = amount(item, "amount_subtotal"), discount = amount(item, "amount_discount"),
             tax = amount(item, "amount_tax"), total = amount(item, "amount_total");
  if (stringAt(item, "object") != "item" || currency.code.empty() || !subtotal || !discount || !tax || !total)
    return unexpected("line of a payment page", requestId);
  return PageLine{stringAt(item, "description").value_or(""),
                  integerAt(item, "quantity").value_or(1),
                  amount(member(item, "price"), "unit_amount"),
                  *subtotal,
                  *discount,
                  *tax,
                  *total};
}

Result<PaymentEvent> eventFromObject(Json event) {
  const Json& object = member(member(event, "data"), "object");
  const auto id = stringAt(event, "id");
  const auto type = stringAt(event, "type");
  const auto livemode = booleanAt(event, "livemode");
  if (stringAt(event, "object") != "event" || !id || !type || !livemode || !object.is_object())
    return Error(ErrorCode::ValidationFailed,
                 "The body is no event: it needs object, id, type, livemode and data.object.");
  PaymentEvent fact;
  fact.id = *id;
  fact.type = *type;
  fact.livemode = *livemode;
  fact.account = stringAt(event, "account");
  fact.objectId = stringAt(object, "id").value_or("");  // some objects (balance) have none
  const std::string kind = stringAt(object, "object").value_or("");
  if (kind == "checkout.session") fact.sessionId = stringAt(object, "id");
  if (kind == "payment_intent")
    fact.paymentIntentId = stringAt(object, "id");
  else if (kind == "checkout.session" || kind == "charge" || kind == "refund" || kind == "dispute")
    fact.paymentIntentId = referenceAt(object, "payment_intent");
  PaymentMetadata metadata = metadataOf(object);
  fact.tenantId = std::move(metadata.tenantId);
  fact.sagaId = std::move(metadata.sagaId);
  fact.createdAt = fromUnixSeconds(integerAt(event, "created").value_or(0));
  removeClientSecrets(event);
  fact.payload = event.dump(-1, ' ', false, Json::error_handler_t::replace);
  return fact;
}

void removeClientSecrets(Json& value) {
  if (value.is_object()) value.erase("client_secret");
  if (value.is_structured())
    for (auto& inner : value) removeClientSecrets(inner);
}

}  // namespace checkout::stripe
