// CheckoutService: how a checkout begins, and begins again.
#include "base/digest.hpp"
#include "saga/checkout_parts.hpp"
#include "saga/runner_parts.hpp"
#include "saga/steps/steps.hpp"

namespace checkout::saga {
namespace {

std::string argumentDigest(const StartCheckout& request) {
  const auto address = [](const std::optional<Address>& given) { return given ? toJson(*given) : Json(); };
  return sha256Hex(Json({request.userId.value, request.cartId.value, request.email, request.customerName,
                         address(request.shippingAddress), address(request.billingAddress),
                         request.paymentMethodId.value_or("")})
                       .dump());
}

Saga newSaga(const StartCheckout& request, TimePoint now) {
  Saga saga;
  saga.tenantId = request.tenantId;
  saga.id = newSagaId();
  saga.userId = request.userId;
  saga.cartId = request.cartId;
  saga.version = 1;
  saga.email = request.email;
  saga.customerName = request.customerName;
  saga.shippingAddress = request.shippingAddress;
  saga.billingAddress = request.billingAddress;
  saga.paymentMethodId = request.paymentMethodId;
  saga.createdAt = saga.updatedAt = now;
  return saga;
}

Error keyConflict(const std::string& key) {
  return Error(ErrorCode::IdempotencyConflict, "idempotencyKey \"" + key +
                                                   "\" was used before with other arguments. Repeat the call "
                                                   "with the arguments of the first one, or use a new "
                                                   "key for a new purchase.");
}

Result<void> validate(Saga& saga, Transaction& tx, const StepContext& context) {
  auto validated = validateCart().apply(saga, tx, context, nullptr);
  if (!validated.ok()) return std::move(validated).error();
  saga.completedSteps = {StepName::ValidateCart};
  saga.currentStep = StepName::ReserveInventory;
  return {};
}

// What starting found: a saga to go on with, or an unpaid earlier one of this cart that has to make way.
struct Found {
  Saga saga;
  bool isNew = false;
  std::optional<SagaId> superseded;
};

Error declined(const Saga& saga, const Error& why) {
  Error error = why;
  if (!error.details.is_object()) error.details = Json::object();
  error.details["sagaId"] = saga.id.value;
  if (saga.payment.paymentIntentId) error.details["paymentIntentId"] = *saga.payment.paymentIntentId;
  return std::move(error).withNext(
      NextActionType::Retry,
      "Call postPaymentIntentsIntentConfirm with this paymentIntentId and another payment_method, or "
      "checkout_create_payment_session with this sagaId to let the customer pay on a page.");
}

}  // namespace

bool needsApproval(const Tenant& tenant, const Money& total) {
  const auto& threshold = tenant.policies.approvalThreshold;
  return threshold && total.amount > *threshold;
}

Result<Saga> CheckoutService::start(const StartCheckout& request) {
  CHECKOUT_ASSIGN(tenant, parts_->sellingTenant(request.tenantId));
  const std::string asked = argumentDigest(request);
  const Json trace = traceOfThisThread();

  const auto attempt = [&](Transaction& tx) -> Result<Found> {
    if (request.idempotencyKey) {
      CHECKOUT_ASSIGN(known, tx.sagas().findIdempotency(request.tenantId, *request.idempotencyKey));
      if (known && known->argumentDigest != asked) return keyConflict(*request.idempotencyKey);
      if (known) {
        CHECKOUT_ASSIGN(earlier, tx.sagas().find(request.tenantId, known->sagaId));
        if (!earlier)
          return Error(ErrorCode::Internal, "an idempotency key names a checkout that is missing");
        return Found{*earlier, false, std::nullopt};
      }
    }
    const StepContext context = parts_->runner.context(*tenant);
    Saga saga = newSaga(request, context.now);
    CHECKOUT_TRY(validate(saga, tx, context));
    saga.argumentDigest = sha256Hex(asked + saga.cart.digest);

    CHECKOUT_ASSIGN(live, tx.sagas().findLive(request.tenantId, request.userId, request.cartId));
    if (live) {
      const bool same = live->argumentDigest == saga.argumentDigest;
      if (!same && live->status == SagaStatus::Pending) return Found{*live, false, live->id};
      if (!same)
        return Error(
            ErrorCode::InvalidState,
            "Cart \"" + request.cartId.value + "\" is already being paid for in checkout " + live->id.value +
                " with other contents or details. Finish that one, or end it with checkout_cancel first.",
            {{"sagaId", live->id.value}, {"status", toString(live->status)}});
      saga = *live;
    } else {
      SagaEvent event;
      event.sequence = 1;
      event.type = "started";
      event.actor = "agent";
      event.data = {{"total", toJson(saga.totals.total)}, {"cartDigest", saga.cart.digest}};
      event.data.update(trace);
      event.at = context.now;
      CHECKOUT_TRY(tx.sagas().insert(saga, event));
      CHECKOUT_TRY(resumeLater(tx, saga, context.now, kPendingLifetime));
    }
    if (request.idempotencyKey)
      CHECKOUT_TRY(tx.sagas().putIdempotency(request.tenantId, {*request.idempotencyKey, asked, saga.id}));
    return Found{saga, !live, std::nullopt};
  };

  CHECKOUT_ASSIGN(found, writeFor<Found>(parts_->store, attempt));
  if (found.superseded) {
    CHECKOUT_ASSIGN(
        old, cancel(request.tenantId, *found.superseded, "replaced by a new checkout of the same cart"));
    if (!isTerminal(old.status)) return invalidState(old, "be replaced by a new one");
    CHECKOUT_ASSIGN(second, writeFor<Found>(parts_->store, attempt));
    if (second.superseded)
      return invalidState(second.saga, "be replaced while it is being changed; call again");
    found = second;
  }
  if (found.isNew)
    parts_->changes.publish({found.saga.tenantId, found.saga.id, found.saga.version, found.saga.status});
  // Also on a repeated call: the first one may have died between the two halves.
  if (found.saga.status != SagaStatus::Pending || !request.paymentMethodId) return found.saga;
  if (!request.approved && needsApproval(*tenant, found.saga.totals.total)) return found.saga;
  return payDirectly(request.tenantId, found.saga.id);
}

Result<Saga> CheckoutService::payDirectly(const TenantId& tenantId, const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, parts_->sellingTenant(tenantId));
  CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, id, parts_->patience));
  if (held.saga().status != SagaStatus::Pending) return held.saga();
  CHECKOUT_TRY(beginPayment(held, PaymentWay::Direct));
  CHECKOUT_TRY(parts_->runner.advance(held, *tenant, "agent"));
  const Saga& saga = held.saga();
  if (saga.payment.state == PaymentState::Declined)
    return declined(saga, saga.payment.lastError.value_or(
                              Error(ErrorCode::PaymentDeclined, "The payment method was declined.")));
  return saga;
}

Result<Saga> CheckoutService::retry(const TenantId& tenantId, const SagaId& id) {
  CHECKOUT_ASSIGN(tenant, parts_->sellingTenant(tenantId));
  std::optional<Saga> restarted;
  {
    CHECKOUT_ASSIGN(held, parts_->desk.take(tenantId, id, parts_->patience));
    if (!isTerminal(held.saga().status)) return held.saga();  // already on its way
    const bool ended = held.saga().status != SagaStatus::Completed;
    if (!ended || !held.saga().error || !isRetryable(held.saga().error->code))
      return invalidState(held.saga(), "be retried");
    const StepContext context = parts_->runner.context(*tenant);
    CHECKOUT_TRY(held.transition({"retried", "agent"}, [&](Saga& saga, Transaction& tx) -> Result<void> {
      CHECKOUT_ASSIGN(live, tx.sagas().findLive(saga.tenantId, saga.userId, saga.cartId));
      if (live) return invalidState(*live, "be retried: another checkout of the same cart is under way");
      saga.status = SagaStatus::Pending;
      ++saga.attempt;
      saga.error.reset();
      saga.compensation = {};
      const int paymentAttempt = saga.payment.attempt;  // goes on counting: old keys are never used again
      saga.payment = {};
      saga.payment.attempt = paymentAttempt;
      CHECKOUT_TRY(resumeLater(tx, saga, context.now, kPendingLifetime));
      return validate(saga, tx, context);
    }));
    restarted = held.saga();
  }
  if (!restarted->paymentMethodId) return *restarted;
  return payDirectly(tenantId, id);
}

}  // namespace checkout::saga
