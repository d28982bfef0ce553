#include <checkout/saga.hpp>

#include "domain/document.hpp"

namespace checkout {
namespace {

using namespace document;

Json steps(const std::vector<StepName>& names) {
  Json json = Json::array();
  for (const StepName name : names) json.push_back(toString(name));
  return json;
}

std::vector<StepName> readSteps(const Json& json) {
  std::vector<StepName> names;
  for (const Json& entry : json) {
    const auto name =
        entry.is_string() ? stepNameFromString(entry.get_ref<const std::string&>()) : std::nullopt;
    if (!name) throw Unreadable("unknown step");
    names.push_back(*name);
  }
  return names;
}

template <class T>
void putOptional(Json& json, const char* member, const std::optional<T>& value) {
  if (value) json[member] = *value;
}

Json writeError(const Error& error) {
  Json json = {{"code", toString(error.code)}, {"message", error.message}};
  if (!error.details.is_null()) json["details"] = error.details;
  return json;
}

Error readError(const Json& json) {
  Error error(readEnum(json, "code", &errorCodeFromString), read<std::string>(json, "message"));
  if (const Json* details = optionalChild(json, "details")) error.details = *details;
  return error;
}

Json writeChoices(const PageChoices& choices) {
  Json json = Json::object();
  if (choices.promotionCodes) json["promotionCodes"] = true;
  if (choices.automaticTax) json["automaticTax"] = true;
  for (const ShippingSelection& option : choices.shipping) json["shipping"].push_back(write(option));
  return json;
}

PageChoices readChoices(const Json& json) {
  PageChoices choices;
  choices.promotionCodes = readOptional<bool>(json, "promotionCodes").value_or(false);
  choices.automaticTax = readOptional<bool>(json, "automaticTax").value_or(false);
  if (const Json* options = optionalChild(json, "shipping"))
    for (const Json& option : *options) choices.shipping.push_back(readShipping(option));
  return choices;
}

Json writePage(const PageTotals& page) {
  Json json = {{"sums", write(page.sums)}};
  putOptional(json, "shippingOption", page.shippingOption);
  return json;
}

PageTotals readPage(const Json& json) {
  return {readTotals(child(json, "sums")), readOptional<std::size_t>(json, "shippingOption")};
}

Json writePayment(const Payment& payment) {
  Json json = {{"attempt", payment.attempt}, {"state", toString(payment.state)}};
  putOptional(json, "sessionId", payment.sessionId);
  putOptional(json, "paymentIntentId", payment.paymentIntentId);
  putOptional(json, "url", payment.url);
  if (payment.expiresAt) json["expiresAt"] = toUnixMillis(*payment.expiresAt);
  putOptional(json, "customerId", payment.customerId);
  if (!payment.cartDigest.empty()) json["cartDigest"] = payment.cartDigest;
  if (payment.reversalsUnread) json["reversalsUnread"] = true;
  if (Json choices = writeChoices(payment.choices); !choices.empty()) json["choices"] = std::move(choices);
  if (payment.page) json["page"] = writePage(*payment.page);
  if (payment.asked) json["asked"] = write(*payment.asked);
  if (payment.amountPaid) json["amountPaid"] = write(*payment.amountPaid);
  if (payment.settledElsewhere) json["settledElsewhere"] = write(*payment.settledElsewhere);
  if (payment.confirmedBy) json["confirmedBy"] = toString(*payment.confirmedBy);
  if (payment.lastError) json["lastError"] = writeError(*payment.lastError);
  putOptional(json, "requestId", payment.requestId);
  return json;
}

Payment readPayment(const Json& json) {
  Payment payment;
  payment.attempt = read<int>(json, "attempt");
  payment.state = readEnum(json, "state", &paymentStateFromString);
  payment.sessionId = readOptional<std::string>(json, "sessionId");
  payment.paymentIntentId = readOptional<std::string>(json, "paymentIntentId");
  payment.url = readOptional<std::string>(json, "url");
  payment.expiresAt = readOptionalTime(json, "expiresAt");
  payment.customerId = readOptional<std::string>(json, "customerId");
  payment.cartDigest = readOptional<std::string>(json, "cartDigest").value_or("");
  payment.reversalsUnread = readOptional<bool>(json, "reversalsUnread").value_or(false);
  if (const Json* choices = optionalChild(json, "choices")) payment.choices = readChoices(*choices);
  if (const Json* page = optionalChild(json, "page")) payment.page = readPage(*page);
  if (const Json* asked = optionalChild(json, "asked")) payment.asked = readTotals(*asked);
  if (const Json* paid = optionalChild(json, "amountPaid")) payment.amountPaid = readMoney(*paid);
  if (const Json* settled = optionalChild(json, "settledElsewhere"))
    payment.settledElsewhere = readMoney(*settled);
  if (json.contains("confirmedBy"))
    payment.confirmedBy = readEnum(json, "confirmedBy", &confirmedByFromString);
  if (const Json* error = optionalChild(json, "lastError")) payment.lastError = readError(*error);
  payment.requestId = readOptional<std::string>(json, "requestId");
  return payment;
}

Json writeCall(const PendingCall& call) {
  Json json = {{"operation", toString(call.operation)},
               {"idempotencyKey", call.idempotencyKey},
               {"plannedAt", toUnixMillis(call.plannedAt)}};
  if (call.unanswered > 0) json["unanswered"] = call.unanswered;
  if (call.owedRefund) json["owedRefund"] = true;
  if (call.poisonedAt) json["poisonedAt"] = toUnixMillis(*call.poisonedAt);
  if (call.lastSentAt) json["lastSentAt"] = toUnixMillis(*call.lastSentAt);
  if (call.notFound > 0) json["notFound"] = call.notFound;
  return json;
}

PendingCall readCall(const Json& json) {
  return {readEnum(json, "operation", &gatewayOperationFromString),
          read<std::string>(json, "idempotencyKey"),
          readTime(json, "plannedAt"),
          readOptional<int>(json, "unanswered").value_or(0),
          readOptional<bool>(json, "owedRefund").value_or(false),
          readOptionalTime(json, "poisonedAt"),
          readOptionalTime(json, "lastSentAt"),
          readOptional<int>(json, "notFound").value_or(0)};
}

Json writeReplacement(const Replacement& replacement) {
  Json json = Json::object();
  if (replacement.shipping) json["shipping"] = write(*replacement.shipping);
  putOptional(json, "paymentMethodId", replacement.paymentMethodId);
  return json;
}

Replacement readReplacement(const Json& json) {
  Replacement replacement;
  if (const Json* shipping = optionalChild(json, "shipping")) replacement.shipping = readShipping(*shipping);
  replacement.paymentMethodId = readOptional<std::string>(json, "paymentMethodId");
  return replacement;
}

Json writeOwed(const RefundRequest& refund) {
  Json json = {{"paymentIntentId", refund.paymentIntentId},
               {"amount", write(refund.amount)},
               {"reason", refund.reason},
               {"requestedBy", refund.requestedBy}};
  if (refund.failures > 0) json["failures"] = refund.failures;
  if (refund.tryAt) json["tryAt"] = toUnixMillis(*refund.tryAt);
  if (refund.requestedAt) json["requestedAt"] = toUnixMillis(*refund.requestedAt);
  return json;
}

Saga readSaga(const Json& json) {
  Saga saga;
  saga.tenantId = TenantId{read<std::string>(json, "tenantId")};
  saga.id = SagaId{read<std::string>(json, "sagaId")};
  saga.userId = UserId{read<std::string>(json, "userId")};
  saga.cartId = CartId{read<std::string>(json, "cartId")};
  saga.status = readEnum(json, "status", &sagaStatusFromString);
  if (json.contains("currentStep")) saga.currentStep = readEnum(json, "currentStep", &stepNameFromString);
  saga.completedSteps = readSteps(child(json, "completedSteps"));
  saga.attempt = read<int>(json, "attempt");
  saga.definition = readOptional<int>(json, "definition").value_or(1);
  if (saga.definition != 1) throw Unreadable("steps of a newer release");
  saga.version = read<std::int64_t>(json, "version");
  saga.email = read<std::string>(json, "email");
  saga.customerName = read<std::string>(json, "customerName");
  if (const Json* address = optionalChild(json, "shippingAddress"))
    saga.shippingAddress = readAddress(*address);
  if (const Json* address = optionalChild(json, "billingAddress"))
    saga.billingAddress = readAddress(*address);
  saga.paymentMethodId = readOptional<std::string>(json, "paymentMethodId");
  const Json& cart = child(json, "cart");
  for (const Json& item : child(cart, "items")) saga.cart.items.push_back(readLineItem(item));
  saga.cart.catalogVersion = read<std::string>(cart, "catalogVersion");
  saga.cart.digest = read<std::string>(cart, "digest");
  saga.totals = readTotals(child(json, "totals"));
  if (const Json* shipping = optionalChild(json, "shipping")) saga.shipping = readShipping(*shipping);
  saga.shippingChosen = readOptional<bool>(json, "shippingChosen").value_or(false);
  saga.isUnagreed = readOptional<bool>(json, "isUnagreed").value_or(false);
  saga.payment = readPayment(child(json, "payment"));
  if (const auto order = readOptional<std::string>(json, "orderId")) saga.orderId = OrderId{*order};
  if (const Json* error = optionalChild(json, "error")) saga.error = readError(*error);
  const Json& compensation = child(json, "compensation");
  saga.compensation.steps = readSteps(child(compensation, "steps"));
  saga.compensation.refundId = readOptional<std::string>(compensation, "refundId");
  saga.compensation.reason = read<std::string>(compensation, "reason");
  if (const Json* failure = optionalChild(compensation, "failure"))
    saga.compensation.failure = readError(*failure);
  saga.compensation.failures = readOptional<int>(compensation, "failures").value_or(0);
  saga.compensation.cancelled =
      readOptional<bool>(compensation, "cancelled")
          .value_or(!saga.compensation.reason.empty() && !saga.error);  // earlier releases did not say
  if (const Json* call = optionalChild(json, "call")) saga.call = readCall(*call);
  if (const Json* replacing = optionalChild(json, "replacing")) saga.replacing = readReplacement(*replacing);
  saga.stepFailures = readOptional<int>(json, "stepFailures").value_or(0);
  saga.retryAt = readOptionalTime(json, "retryAt");
  saga.attention = readOptional<std::string>(json, "attention");
  saga.attentionAbout = readOptional<std::string>(json, "attentionAbout").value_or("");
  if (const Json* settled = optionalChild(json, "attentionSettled"))
    saga.attentionSettled = settled->get<std::vector<std::string>>();
  if (const Json* owed = optionalChild(json, "refundsOwed"))
    for (const Json& refund : *owed)
      saga.refundsOwed.push_back(
          {read<std::string>(refund, "paymentIntentId"), readMoney(child(refund, "amount")),
           read<std::string>(refund, "reason"), read<std::string>(refund, "requestedBy"),
           read<std::string>(refund, "requestedBy").rfind("operator", 0) == 0,
           readOptional<int>(refund, "failures").value_or(0), readOptionalTime(refund, "tryAt"),
           readOptionalTime(refund, "requestedAt")});
  if (const Json* made = optionalChild(json, "refundMade"))
    saga.refundMade = RefundMade{read<std::string>(*made, "refundId"), read<std::string>(*made, "reason")};
  if (const Json* unknown = optionalChild(json, "unknownPayments"))
    for (const Json& payment : *unknown)
      saga.unknownPayments.push_back(
          {read<std::string>(payment, "objectId"), read<bool>(payment, "isSession")});
  if (const Json* foreign = optionalChild(json, "foreignPayments"))
    saga.foreignPayments = foreign->get<std::vector<std::string>>();
  saga.settledBecause = readOptional<std::string>(json, "settledBecause");
  if (const Json* strays = optionalChild(json, "strayPayments"))
    for (const Json& stray : *strays)
      saga.strayPayments.push_back(
          {read<std::string>(stray, "paymentIntentId"), readMoney(child(stray, "received"))});
  saga.createdAt = readTime(json, "createdAt");
  saga.updatedAt = readTime(json, "updatedAt");
  saga.movedAt = readOptionalTime(json, "movedAt").value_or(saga.updatedAt);
  return saga;
}

}  // namespace

Json sagaToDocument(const Saga& saga) {
  Json items = Json::array();
  for (const LineItem& item : saga.cart.items) items.push_back(write(item));
  Json compensation = {{"steps", steps(saga.compensation.steps)}, {"reason", saga.compensation.reason}};
  putOptional(compensation, "refundId", saga.compensation.refundId);
  if (saga.compensation.failure) compensation["failure"] = writeError(*saga.compensation.failure);
  compensation["cancelled"] = saga.compensation.cancelled;
  if (saga.compensation.failures > 0) compensation["failures"] = saga.compensation.failures;

  Json json = {{"tenantId", saga.tenantId.value},
               {"sagaId", saga.id.value},
               {"userId", saga.userId.value},
               {"cartId", saga.cartId.value},
               {"status", toString(saga.status)}};
  if (saga.currentStep) json["currentStep"] = toString(*saga.currentStep);
  json["completedSteps"] = steps(saga.completedSteps);
  json["attempt"] = saga.attempt;
  json["definition"] = saga.definition;
  json["version"] = saga.version;
  json["email"] = saga.email;
  json["customerName"] = saga.customerName;
  if (saga.shippingAddress) json["shippingAddress"] = toJson(*saga.shippingAddress);
  if (saga.billingAddress) json["billingAddress"] = toJson(*saga.billingAddress);
  putOptional(json, "paymentMethodId", saga.paymentMethodId);
  json["cart"] = {
      {"items", items}, {"catalogVersion", saga.cart.catalogVersion}, {"digest", saga.cart.digest}};
  json["totals"] = write(saga.totals);
  if (saga.shipping) json["shipping"] = write(*saga.shipping);
  if (saga.shippingChosen) json["shippingChosen"] = true;
  if (saga.isUnagreed) json["isUnagreed"] = true;
  json["payment"] = writePayment(saga.payment);
  if (saga.orderId) json["orderId"] = saga.orderId->value;
  if (saga.error) json["error"] = writeError(*saga.error);
  json["compensation"] = compensation;
  if (saga.call) json["call"] = writeCall(*saga.call);
  if (saga.replacing) json["replacing"] = writeReplacement(*saga.replacing);
  if (saga.stepFailures > 0) json["stepFailures"] = saga.stepFailures;
  if (saga.retryAt) json["retryAt"] = toUnixMillis(*saga.retryAt);
  putOptional(json, "attention", saga.attention);
  if (!saga.attentionAbout.empty()) json["attentionAbout"] = saga.attentionAbout;
  if (!saga.attentionSettled.empty()) json["attentionSettled"] = saga.attentionSettled;
  for (const RefundRequest& refund : saga.refundsOwed) json["refundsOwed"].push_back(writeOwed(refund));
  for (const StrayPayment& stray : saga.strayPayments)
    json["strayPayments"].push_back(
        {{"paymentIntentId", stray.paymentIntentId}, {"received", write(stray.received)}});
  if (saga.refundMade)
    json["refundMade"] = {{"refundId", saga.refundMade->refundId}, {"reason", saga.refundMade->reason}};
  if (!saga.foreignPayments.empty()) json["foreignPayments"] = saga.foreignPayments;
  putOptional(json, "settledBecause", saga.settledBecause);
  for (const UnknownPayment& payment : saga.unknownPayments)
    json["unknownPayments"].push_back({{"objectId", payment.objectId}, {"isSession", payment.isSession}});
  json["createdAt"] = toUnixMillis(saga.createdAt);
  json["updatedAt"] = toUnixMillis(saga.updatedAt);
  json["movedAt"] = toUnixMillis(saga.movedAt);
  return json;
}

Result<Saga> sagaFromDocument(const Json& document) {
  try {
    return readSaga(document);
  } catch (const Unreadable& problem) {
    return Error(ErrorCode::Internal, std::string("a stored checkout cannot be read: ") + problem.what());
  }
}

}  // namespace checkout
