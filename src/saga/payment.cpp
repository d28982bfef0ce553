#include "saga/payment.hpp"

#include <algorithm>

#include "base/digest.hpp"
#include "domain/shipping.hpp"

namespace checkout::saga {
namespace {

PaymentLine line(std::string name, const Money& amount, PaymentLine::Kind kind) {
  return {std::move(name), "", std::nullopt, amount, 1, kind};
}

// The address for payments without a session: nobody would fill the placeholder in.
std::string withoutSession(std::string url) {
  constexpr std::string_view kPlaceholder = "{CHECKOUT_SESSION_ID}";
  if (const auto at = url.find(kPlaceholder); at != std::string::npos) url.erase(at, kPlaceholder.size());
  return url;
}

bool isSettled(PaymentState state) {
  return state == PaymentState::Paid || state == PaymentState::Refunded;
}

// The provider's object of another, earlier attempt says nothing about this one. Before our own call is
// answered the attempt in its metadata tells.
bool isCurrent(const Payment& payment, const PaymentFact& fact) {
  const auto& known = fact.kind == PaymentFact::Kind::Session ? payment.sessionId : payment.paymentIntentId;
  const auto& named = fact.kind == PaymentFact::Kind::Session ? fact.sessionId : fact.paymentIntentId;
  return known ? named == known : fact.attempt == payment.attempt;
}

}  // namespace

bool owesMoneyBack(const Saga& saga) {
  return isTerminal(saga.status) && saga.status != SagaStatus::Completed &&
         saga.payment.state == PaymentState::Paid && !isFree(saga.payment);
}

bool isFree(const Payment& payment) {
  return payment.amountPaid && payment.amountPaid->amount == 0;
}

Error outcomeUnknown(const Saga& saga) {
  return Error(ErrorCode::PaymentOutcomeUnknown,
               "The payment provider has not answered, so it is not known yet whether the request took "
               "effect. It is being looked up. Do not pay again.",
               {{"sagaId", saga.id.value}})
      .withNext(NextActionType::Wait, "Call checkout_status with this sagaId in about ten seconds.");
}

Milliseconds paymentCheckInterval(const Payment& payment) {
  constexpr Milliseconds kOpen{30'000}, kProcessing{10 * 60'000};
  return payment.state == PaymentState::Processing ? kProcessing : kOpen;
}

std::string callKey(const Saga& saga, GatewayOperation operation) {
  const Json identity = {saga.tenantId.value, saga.id.value, toString(StepName::ProcessPayment),
                         toString(operation), saga.payment.attempt};
  return "checkout_" + sha256Hex(identity.dump()).substr(0, 40);
}

Milliseconds pageLifetime(const Tenant& tenant) {
  using namespace std::chrono_literals;
  constexpr Milliseconds kSlack = 45s;
  return std::clamp<Milliseconds>(tenant.policies.sessionLifetime, 30min + kSlack, 24h - kSlack);
}

PageChoices pageChoices(const Saga& saga, const Tenant& tenant) {
  constexpr std::size_t kMostOptions = 5;
  if (saga.paymentMethodId) return {};  // there is no page
  PageChoices choices{tenant.stripe.allowPromotionCodes, tenant.stripe.automaticTax, {}};
  if (!tenant.stripe.shippingOnPage || !saga.shipping || saga.shippingChosen || !saga.shippingAddress)
    return choices;
  choices.shipping = domain::shippingOptions(tenant, saga.cart.items, saga.shippingAddress->country);
  const auto selected =
      std::find_if(choices.shipping.begin(), choices.shipping.end(), [&](const auto& option) {
        return option.carrierId == saga.shipping->carrierId && option.serviceId == saga.shipping->serviceId &&
               option.price == saga.shipping->price;
      });
  if (selected == choices.shipping.end() || choices.shipping.size() < 2) {
    choices.shipping.clear();  // the one that the total was reckoned with
    return choices;
  }
  std::rotate(choices.shipping.begin(), selected, selected + 1);
  if (choices.shipping.size() > kMostOptions) choices.shipping.resize(kMostOptions);
  return choices;
}

PaymentRequest paymentRequest(const Saga& saga, const Tenant& tenant, const std::string& publicUrl) {
  PaymentRequest request;
  request.tenantId = saga.tenantId;
  request.sagaId = saga.id;
  request.orderId = saga.orderId.value_or(OrderId{});
  request.attempt = saga.payment.attempt;
  for (const LineItem& item : saga.cart.items)
    request.lines.push_back({item.name, item.description, item.imageUrl, item.unitPrice, item.quantity});
  request.choices = saga.payment.choices;
  if (saga.totals.shipping.amount > 0 && request.choices.shipping.empty())
    request.lines.push_back(line("Shipping: " + saga.shipping->carrierName + " " + saga.shipping->serviceName,
                                 saga.totals.shipping, PaymentLine::Kind::Shipping));
  if (saga.totals.tax.amount > 0)
    request.lines.push_back(line("Tax", saga.totals.tax, PaymentLine::Kind::Tax));
  request.total = saga.totals.total;
  request.email = saga.email;
  request.shippingAddress = saga.shippingAddress;
  const std::string pages = publicUrl + "/pay/";
  request.successUrl =
      tenant.successUrl.empty() ? pages + "return?session_id={CHECKOUT_SESSION_ID}" : tenant.successUrl;
  request.cancelUrl = tenant.cancelUrl.empty() ? pages + "cancel" : tenant.cancelUrl;
  request.returnUrl = tenant.successUrl.empty() ? pages + "return" : withoutSession(tenant.successUrl);
  request.expiresAt = saga.payment.expiresAt;
  request.paymentMethodId = saga.paymentMethodId;
  return request;
}

bool isPayable(const Payment& payment) {
  return payment.state == PaymentState::Open || payment.state == PaymentState::Declined ||
         payment.state == PaymentState::RequiresAction;
}

std::vector<std::string> paymentObjects(const Payment& payment) {
  std::vector<std::string> objects;
  if (payment.sessionId) objects.push_back(*payment.sessionId);
  if (payment.paymentIntentId) objects.push_back(*payment.paymentIntentId);
  return objects;
}

Result<bool> hasParkedEvents(const Saga& saga, Transaction& tx) {
  for (const std::string& object : paymentObjects(saga.payment)) {
    CHECKOUT_ASSIGN(parked, tx.inbox().parkedFor(saga.tenantId, object));
    if (!parked.empty()) return true;
  }
  return false;
}

Result<void> checkBelongs(const Saga& saga, const Tenant& tenant, const PaymentFact& fact) {
  if (fact.sagaId == saga.id && fact.tenantId == saga.tenantId && fact.livemode == tenant.stripe.livemode)
    return {};
  return Error(ErrorCode::Internal,
               "the payment object does not name this checkout, its tenant and its mode");
}

Result<PaymentFact> lookUp(const Saga& saga, const Tenant& tenant, PaymentGateway& gateway, TimePoint now) {
  const Payment& payment = saga.payment;
  if (!payment.sessionId && !payment.paymentIntentId)
    return Error(ErrorCode::Internal, "a payment without an object was looked up");
  auto found = payment.sessionId ? gateway.retrieveSession(tenant, *payment.sessionId)
                                 : gateway.retrieveIntent(tenant, *payment.paymentIntentId);
  if (!found.ok()) return std::move(found).error();
  if (*found) return std::move(**found);
  if (!payment.expiresAt || now < *payment.expiresAt)
    return Error(ErrorCode::PaymentServiceError,
                 "The payment provider does not know this payment under the shop's key. It ends by itself "
                 "when its time is "
                 "over; start a new checkout then.");
  PaymentFact over;
  over.kind = payment.sessionId ? PaymentFact::Kind::Session : PaymentFact::Kind::Intent;
  over.state = PaymentState::Expired;
  over.sessionId = payment.sessionId;
  over.paymentIntentId = payment.paymentIntentId;
  over.amount = saga.totals.total;
  over.amountReceived = Money{0, saga.totals.total.currency};
  over.livemode = tenant.stripe.livemode;
  over.tenantId = saga.tenantId;
  over.sagaId = saga.id;
  over.attempt = payment.attempt;
  return over;
}

bool isStray(const Saga& saga, const PaymentFact& fact) {
  return fact.state == PaymentState::Paid && fact.paymentIntentId && !isCurrent(saga.payment, fact);
}

bool isNews(const Saga& saga, const PaymentFact& fact) {
  const Payment& payment = saga.payment;
  if (isSettled(payment.state) || !isCurrent(payment, fact)) return false;
  return payment.state != fact.state || payment.outcomeUnknown ||
         (fact.paymentIntentId && payment.paymentIntentId != fact.paymentIntentId);
}

Result<void> recordFact(Saga& saga, Transaction& tx, const PaymentFact& fact, ConfirmedBy way) {
  Payment& payment = saga.payment;
  payment.outcomeUnknown = false;
  if (fact.requestId) payment.requestId = fact.requestId;
  if (fact.sessionId) {
    payment.sessionId = fact.sessionId;
    CHECKOUT_TRY(tx.sagas().linkPayment(saga.tenantId, *fact.sessionId, saga.id));
  }
  if (fact.paymentIntentId) {
    payment.paymentIntentId = fact.paymentIntentId;
    CHECKOUT_TRY(tx.sagas().linkPayment(saga.tenantId, *fact.paymentIntentId, saga.id));
  }
  payment.state = fact.state;
  payment.lastError = fact.lastError;
  if (fact.expiresAt) payment.expiresAt = fact.expiresAt;
  if (isPayable(payment)) {
    if (fact.url) payment.url = fact.url;
  } else {
    payment.url.reset();  // nobody should be sent to a page that takes no money any more
  }
  if (fact.state == PaymentState::Paid) {
    payment.amountPaid = fact.amountReceived;
    payment.page = fact.page;
    payment.confirmedBy = way;
    if (saga.email.empty() && fact.customerEmail) saga.email = *fact.customerEmail;
  }
  return {};
}

}  // namespace checkout::saga
