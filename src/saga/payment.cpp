#include "saga/payment.hpp"

#include <algorithm>
#include <array>

#include "base/digest.hpp"
#include "domain/shipping.hpp"
#include "saga/draft.hpp"
#include "saga/reversals.hpp"

namespace checkout::saga {
namespace {

PaymentLine line(std::string name, const Money& amount, PaymentLine::Kind kind) {
  return {std::move(name), "", std::nullopt, amount, 1, kind};
}

const std::string kKeyPrefix = "checkout_";

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
bool isCurrent(const Saga& saga, const PaymentFact& fact) {
  const Payment& payment = saga.payment;
  const bool isGivenUp =
      std::any_of(saga.strayPayments.begin(), saga.strayPayments.end(),
                  [&](const StrayPayment& stray) { return stray.paymentIntentId == fact.paymentIntentId; });
  if (isGivenUp) return false;
  const auto& known = fact.kind == PaymentFact::Kind::Session ? payment.sessionId : payment.paymentIntentId;
  const auto& named = fact.kind == PaymentFact::Kind::Session ? fact.sessionId : fact.paymentIntentId;
  return known ? named == known : fact.attempt == payment.attempt;
}

bool sameError(const std::optional<Error>& a, const std::optional<Error>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || (a->code == b->code && a->message == b->message && a->details == b->details);
}

bool isLegal(PaymentState from, PaymentState to) {
  const auto& legal = paymentTransitions();
  return from == to || std::find(legal.begin(), legal.end(), std::pair{from, to}) != legal.end();
}

constexpr std::array<std::string_view, 9> kPaymentTypes = {
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.requires_action",
    "payment_intent.processing",
};
constexpr std::array<std::string_view, 8> kReversalTypes = {
    "charge.refunded",        "refund.created",
    "refund.updated",         "refund.failed",
    "charge.dispute.created", "charge.dispute.updated",
    "charge.dispute.closed",  "charge.dispute.funds_withdrawn",
};

template <class List>
bool contains(const List& list, const std::string& type) {
  return std::find(list.begin(), list.end(), type) != list.end();
}

}  // namespace

const std::vector<std::pair<PaymentState, PaymentState>>& paymentTransitions() {
  using enum PaymentState;
  static const std::vector<std::pair<PaymentState, PaymentState>> kLegal = {
      {None, Open},
      {None, RequiresAction},
      {None, Processing},
      {None, Paid},
      {None, Declined},
      {None, Expired},
      {None, Canceled},
      {Open, RequiresAction},
      {Open, Processing},
      {Open, Paid},
      {Open, Declined},
      {Open, Expired},
      {Open, Canceled},
      {RequiresAction, Open},
      {RequiresAction, Processing},
      {RequiresAction, Paid},
      {RequiresAction, Declined},
      {RequiresAction, Expired},
      {RequiresAction, Canceled},
      {Declined, Open},
      {Declined, RequiresAction},
      {Declined, Processing},
      {Declined, Paid},
      {Declined, Expired},
      {Declined, Canceled},
      {Processing, Paid},
      {Processing, Declined},  // the debit failed; the intent takes another try
      {Processing, Open},
      {Processing, Expired},
      {Processing, Canceled},
      {Expired, Processing},  // the customer was on the page when it ended
      {Expired, Paid},
      {Canceled, Paid},
      {Paid, Refunded},
      {Refunded, Paid},  // the customer's bank sent the refund back
  };
  return kLegal;
}

Milliseconds paymentCheckInterval(const Saga& saga, TimePoint now, bool webhooksArrive) {
  using namespace std::chrono_literals;
  if (saga.payment.state == PaymentState::Processing) return 10min;
  if (!webhooksArrive) return 30s;
  const Milliseconds quiet = now - saga.movedAt;
  if (quiet < 1min) return 30s;
  if (quiet < 5min) return 1min;
  if (quiet < 15min) return 2min;
  return quiet < 60min ? 5min : 10min;
}

std::string callKey(const Saga& saga, GatewayOperation operation) {
  // One attempt opens one payment, be it a page or a charge: also if this store has forgotten which.
  const std::string_view what = isCreate(operation) ? "create" : toString(operation);
  const Json identity = {saga.tenantId.value, saga.id.value, toString(StepName::ProcessPayment), what,
                         saga.payment.attempt};
  return kKeyPrefix + sha256Hex(identity.dump()).substr(0, 40);
}

bool isCallKey(const std::string& id) {
  return id.rfind(kKeyPrefix, 0) == 0;
}

Milliseconds pageLifetime(const Tenant& tenant, int failures) {
  using namespace std::chrono_literals;
  const Milliseconds slack = failures == 0 ? Milliseconds{45s} : Milliseconds{5min * failures};
  return std::clamp<Milliseconds>(tenant.policies.sessionLifetime, 30min + slack, 24h - slack);
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
  request.goodsToShip = needsShipping(saga);
  const std::string pages = publicUrl + "/pay/";
  request.successUrl =
      tenant.successUrl.empty() ? pages + "return?session_id={CHECKOUT_SESSION_ID}" : tenant.successUrl;
  request.cancelUrl = tenant.cancelUrl.empty() ? pages + "cancel" : tenant.cancelUrl;
  request.returnUrl = tenant.successUrl.empty() ? pages + "return" : withoutSession(tenant.successUrl);
  request.expiresAt = saga.payment.expiresAt;
  request.paymentMethodId = saga.paymentMethodId;
  request.customerId = saga.payment.customerId;
  return request;
}

bool isCreate(GatewayOperation operation) {
  return operation == GatewayOperation::CreateSession || operation == GatewayOperation::CreateIntent;
}

bool isClose(GatewayOperation operation) {
  return operation == GatewayOperation::ExpireSession || operation == GatewayOperation::CancelIntent;
}

bool isPayable(PaymentState state) {
  return state == PaymentState::Open || state == PaymentState::Declined ||
         state == PaymentState::RequiresAction;
}

bool isPayable(const Payment& payment) {
  return isPayable(payment.state);
}

bool isFree(const Payment& payment) {
  return payment.amountPaid && payment.amountPaid->amount == 0;
}

bool owesMoneyBack(const Saga& saga) {
  return isTerminal(saga.status) && saga.status != SagaStatus::Completed &&
         saga.payment.state == PaymentState::Paid && !isFree(saga.payment);
}

bool isPaymentUndone(const Payment& payment) {
  const PaymentState state = payment.state;
  return state == PaymentState::None || state == PaymentState::Expired || state == PaymentState::Canceled ||
         state == PaymentState::Refunded || (state == PaymentState::Paid && isFree(payment));
}

std::vector<std::string> paymentObjects(const Payment& payment) {
  std::vector<std::string> objects;
  if (payment.sessionId) objects.push_back(*payment.sessionId);
  if (payment.paymentIntentId) objects.push_back(*payment.paymentIntentId);
  return objects;
}

Result<void> checkBelongs(const Saga& saga, const Tenant& tenant, const PaymentFact& fact) {
  if (fact.sagaId == saga.id && fact.tenantId == saga.tenantId && fact.livemode == tenant.stripe.livemode)
    return {};
  return Error(ErrorCode::Internal,
               "the payment object does not name this checkout, its tenant and its mode");
}

bool isForeign(const Saga& saga, const PaymentFact& fact) {
  const auto& known =
      fact.kind == PaymentFact::Kind::Session ? saga.payment.sessionId : saga.payment.paymentIntentId;
  const auto& named = fact.kind == PaymentFact::Kind::Session ? fact.sessionId : fact.paymentIntentId;
  return fact.state == PaymentState::Paid && fact.paymentIntentId && fact.attempt > saga.payment.attempt &&
         (!known || known != named);
}

bool isStray(const Saga& saga, const PaymentFact& fact) {
  return fact.state == PaymentState::Paid && fact.paymentIntentId && !isCurrent(saga, fact);
}

bool isNews(const Saga& saga, const PaymentFact& fact) {
  const Payment& payment = saga.payment;
  if (isSettled(payment.state) || !isCurrent(saga, fact) || !isLegal(payment.state, fact.state)) return false;
  const bool answersTheCall = saga.call && (saga.call->operation == GatewayOperation::CreateSession ||
                                            saga.call->operation == GatewayOperation::CreateIntent);
  return payment.state != fact.state || answersTheCall || !sameError(payment.lastError, fact.lastError) ||
         (fact.paymentIntentId && payment.paymentIntentId != fact.paymentIntentId);
}

void applyFact(Draft& draft, const PaymentFact& fact, ConfirmedBy way) {
  Payment& payment = draft.saga.payment;
  if (!isLegal(payment.state, fact.state)) return;  // older than what is known
  if (fact.requestId) payment.requestId = fact.requestId;
  if (fact.sessionId) {
    payment.sessionId = fact.sessionId;
    draft.effect(LinkPayment{*fact.sessionId});
  }
  if (fact.paymentIntentId) {
    payment.paymentIntentId = fact.paymentIntentId;
    draft.effect(LinkPayment{*fact.paymentIntentId});
  }
  if (payment.state != fact.state || payment.sessionId != fact.sessionId) draft.saga.movedAt = draft.now();
  payment.state = fact.state;
  payment.lastError = fact.lastError;
  if (fact.expiresAt) payment.expiresAt = fact.expiresAt;
  // Nobody should be sent to a page that takes no money any more, be it the bank's for a direct payment.
  const bool hasPage =
      isPayable(payment) && (payment.sessionId || fact.state == PaymentState::RequiresAction);
  if (!hasPage)
    payment.url.reset();
  else if (fact.url)
    payment.url = fact.url;
  if (fact.state == PaymentState::Paid) {
    payment.amountPaid = fact.amountReceived;
    payment.reversalsUnread = fact.hasReversals;
    payment.page = fact.page;
    payment.confirmedBy = way;
    if (draft.saga.email.empty() && fact.customerEmail) draft.saga.email = *fact.customerEmail;
    if (fact.collectedAddress)
      draft.saga.shippingAddress = fact.collectedAddress;  // the page has asked for it
  }
}

// --- what is asked ---

bool isReversal(const PaymentEvent& event) {
  return contains(kReversalTypes, event.type);
}

bool isHandled(const PaymentEvent& event) {
  if (isReversal(event)) return event.paymentIntentId.has_value();
  return contains(kPaymentTypes, event.type) && (event.sessionId || event.paymentIntentId);
}

std::vector<std::string> handledEventTypes() {
  std::vector<std::string> types(kPaymentTypes.begin(), kPaymentTypes.end());
  types.insert(types.end(), kReversalTypes.begin(), kReversalTypes.end());
  return types;
}

Question paymentQuestion(const Saga& saga, News news) {
  const Payment& payment = saga.payment;
  Question question;
  question.about = payment.sessionId ? Question::About::Session : Question::About::Intent;
  question.objectId = payment.sessionId ? *payment.sessionId : payment.paymentIntentId.value_or("");
  question.news = std::move(news);
  return question;
}

std::optional<Question> questionFor(const Saga& saga, const PaymentEvent& event, News news) {
  if (!isHandled(event)) return std::nullopt;
  Question question;
  question.news = std::move(news);
  if (isReversal(event)) {
    question.about = Question::About::Reversals;
    question.objectId = *event.paymentIntentId;
    return question;
  }
  // An intent inside a session is the session's business: only that knows whether its page is still open.
  const Payment& payment = saga.payment;
  const bool isOtherIntent =
      event.paymentIntentId && payment.paymentIntentId && event.paymentIntentId != payment.paymentIntentId;
  const auto session = event.sessionId ? event.sessionId : isOtherIntent ? std::nullopt : payment.sessionId;
  question.about = session ? Question::About::Session : Question::About::Intent;
  question.objectId = session ? *session : *event.paymentIntentId;
  // The event's intent may belong to a page that was replaced, of which the current one knows nothing.
  if (session && !event.sessionId) question.alsoIntent = event.paymentIntentId;
  return question;
}

std::optional<PaymentFact> whatIsOver(Draft& draft, const Question& question) {
  Saga& saga = draft.saga;
  const Payment& payment = saga.payment;
  const bool current = question.objectId == payment.sessionId.value_or(payment.paymentIntentId.value_or(""));
  if (!current || question.news.inbox || !payment.expiresAt || draft.now() < *payment.expiresAt)
    return std::nullopt;
  const bool isListed = std::any_of(saga.unknownPayments.begin(), saga.unknownPayments.end(),
                                    [&](const auto& each) { return each.objectId == question.objectId; });
  if (!isListed) saga.unknownPayments.push_back({question.objectId, payment.sessionId.has_value()});
  followLedger(draft);
  PaymentFact over;
  over.kind = payment.sessionId ? PaymentFact::Kind::Session : PaymentFact::Kind::Intent;
  over.state = PaymentState::Expired;
  over.sessionId = payment.sessionId;
  over.paymentIntentId = payment.paymentIntentId;
  over.amount = saga.totals.total;
  over.amountReceived = Money{0, saga.totals.total.currency};
  over.livemode = draft.tenant().stripe.livemode;
  over.tenantId = saga.tenantId;
  over.sagaId = saga.id;
  over.attempt = payment.attempt;
  return over;
}

Question reversalsQuestion(const std::string& intentId) {
  Question question;
  question.about = Question::About::Reversals;
  question.objectId = intentId;
  return question;
}

Error noSuchPayment(const Question& question) {
  if (question.news.inbox)
    return {ErrorCode::PaymentServiceError,
            "The event names a payment that does not exist under the shop's key."};
  return {ErrorCode::PaymentServiceError,
          "The payment provider does not know this payment under the shop's key. It ends by itself when its "
          "time is over; start a new checkout then."};
}

// --- what is planned ---

void beginAttempt(Draft& draft, std::optional<std::string> customerId) {
  Saga& saga = draft.saga;
  const int attempt = saga.payment.attempt + 1;
  saga.payment = {};
  saga.payment.attempt = attempt;
  saga.payment.expiresAt = draft.now() + pageLifetime(draft.tenant(), saga.stepFailures);
  saga.payment.choices = pageChoices(saga, draft.tenant());
  saga.payment.cartDigest = saga.cart.digest;
  saga.payment.customerId = std::move(customerId);
}

void planPayment(Draft& draft, std::optional<std::string> customerId) {
  beginAttempt(draft, std::move(customerId));
  const Saga& saga = draft.saga;
  CallPlan call;
  call.operation = saga.paymentMethodId ? GatewayOperation::CreateIntent : GatewayOperation::CreateSession;
  call.payment = paymentRequest(saga, draft.tenant(), draft.setting.publicUrl);
  draft.plan(std::move(call));
}

// Every call has an attempt, and so a key, of its own: after a definite failure the provider would only
// repeat that failure under the old one.
void planClose(Draft& draft) {
  Saga& saga = draft.saga;
  if (paymentObjects(saga.payment).empty()) {
    saga.payment.state = PaymentState::Canceled;
    return draft.record(HistoryType::PaymentClosed);
  }
  ++saga.payment.attempt;
  CallPlan call;
  call.operation = saga.payment.sessionId ? GatewayOperation::ExpireSession : GatewayOperation::CancelIntent;
  call.objectId =
      saga.payment.sessionId ? *saga.payment.sessionId : saga.payment.paymentIntentId.value_or("");
  draft.plan(std::move(call));
}

void planRefund(Draft& draft, const std::string& intentId, std::optional<Money> amount, bool owed) {
  ++draft.saga.payment.attempt;
  CallPlan call;
  call.operation = GatewayOperation::Refund;
  call.objectId = intentId;
  call.amount = std::move(amount);
  call.owedRefund = owed;
  draft.plan(std::move(call));
}

}  // namespace checkout::saga
