#include "stripe/gateway.hpp"

#include <utility>

#include "base/digest.hpp"
#include "stripe/api.hpp"
#include "stripe/form_encoding.hpp"
#include "stripe/intent_parameters.hpp"
#include "stripe/json_fields.hpp"
#include "stripe/object_mapping.hpp"
#include "stripe/refund_parameters.hpp"
#include "stripe/session_parameters.hpp"

namespace checkout::stripe {
namespace {

using Outcome = CallOutcome::Kind;

std::string sessionPath(const std::string& id) {
  return "/v1/checkout/sessions/" + percentEncode(id);
}
std::string intentPath(const std::string& id) {
  return "/v1/payment_intents/" + percentEncode(id);
}

GatewayCall plan(GatewayOperation operation, std::string path, std::string body, std::string idempotencyKey) {
  std::string digest = sha256Hex(body);
  return {operation, std::move(path), std::move(body), std::move(digest), std::move(idempotencyKey)};
}

CallOutcome refused(ErrorCode code, std::string message) {
  CallOutcome outcome;
  outcome.kind = Outcome::Failed;
  outcome.error = Error(code, std::move(message));
  return outcome;
}

bool isSessionOperation(GatewayOperation operation) {
  return operation == GatewayOperation::CreateSession || operation == GatewayOperation::ExpireSession;
}

Result<void> fill(CallOutcome& outcome, GatewayOperation operation, ApiAnswer& answer) {
  if (operation == GatewayOperation::Refund) {
    CHECKOUT_ASSIGN(refund, refundFromObject(answer.object, answer.requestId));
    outcome.refund = std::move(refund);
    return {};
  }
  CHECKOUT_ASSIGN(payment, isSessionOperation(operation)
                               ? paymentFromSession(std::move(answer.object), answer.requestId)
                               : paymentFromIntent(std::move(answer.object), answer.requestId));
  outcome.payment = std::move(payment);
  return {};
}

class StripeGateway final : public PaymentGateway {
 public:
  StripeGateway(HttpClient& http, const Clock& clock, GatewayOptions options)
      : api_(http, clock, std::move(options)) {}

  GatewayCall planCreateSession(const Tenant& tenant, const PaymentRequest& request,
                                std::string key) const override {
    return plan(GatewayOperation::CreateSession, "/v1/checkout/sessions", createSessionBody(tenant, request),
                std::move(key));
  }
  GatewayCall planExpireSession(const Tenant&, const std::string& sessionId, std::string key) const override {
    return plan(GatewayOperation::ExpireSession, sessionPath(sessionId) + "/expire", "", std::move(key));
  }
  GatewayCall planCreateIntent(const Tenant& tenant, const PaymentRequest& request,
                               std::string key) const override {
    return plan(GatewayOperation::CreateIntent, "/v1/payment_intents", createIntentBody(tenant, request),
                std::move(key));
  }
  GatewayCall planConfirmIntent(const Tenant&, const ConfirmRequest& request,
                                std::string key) const override {
    auto body = confirmIntentBody(request.parameters);
    if (!body) return plan(GatewayOperation::ConfirmIntent, "", "", std::move(key));
    return plan(GatewayOperation::ConfirmIntent, intentPath(request.intentId) + "/confirm", std::move(*body),
                std::move(key));
  }
  GatewayCall planCancelIntent(const Tenant&, const std::string& intentId, std::string key) const override {
    return plan(GatewayOperation::CancelIntent, intentPath(intentId) + "/cancel", cancelIntentBody(),
                std::move(key));
  }
  GatewayCall planRefund(const Tenant& tenant, const SagaId& saga, const std::string& intentId,
                         std::optional<Money> amount, std::string key) const override {
    return plan(GatewayOperation::Refund, "/v1/refunds", refundBody(tenant, saga, intentId, amount),
                std::move(key));
  }

  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override;

  Result<std::optional<PaymentFact>> retrieveSession(const Tenant& tenant,
                                                     const std::string& sessionId) override {
    return retrieve(tenant, sessionPath(sessionId) + "?expand%5B0%5D=payment_intent", paymentFromSession);
  }
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant& tenant,
                                                    const std::string& intentId) override {
    return retrieve(tenant, intentPath(intentId), paymentFromIntent);
  }
  Result<void> probe(const Tenant& tenant) override {
    auto answer = api_.call(tenant, {"GET", "/v1/balance", "", {}});
    if (answer.error) return std::move(*answer.error);
    return {};
  }

 private:
  using Mapping = Result<PaymentFact> (*)(Json object, const std::optional<std::string>& requestId);
  Result<std::optional<PaymentFact>> retrieve(const Tenant& tenant, std::string target,
                                              Mapping mapping) const {
    auto answer = api_.call(tenant, {"GET", std::move(target), "", {}});
    const bool unknown = answer.kind == ApiAnswer::Kind::Refused && answer.object.is_object() &&
                         answer.object.value("code", "") == "resource_missing";
    if (unknown) return std::optional<PaymentFact>{};
    if (answer.error) return std::move(*answer.error);
    auto fact = mapping(std::move(answer.object), answer.requestId);
    if (!fact.ok()) return std::move(fact).error();
    return std::optional<PaymentFact>{std::move(*fact)};
  }

  const Api api_;
};

CallOutcome StripeGateway::execute(const Tenant& tenant, const GatewayCall& call) {
  if (call.path.empty())
    return refused(
        ErrorCode::CardNumberRejected,
        "Card data can't be sent through this server; pass the id of a PaymentMethod (pm_…) instead.");
  if (sha256Hex(call.body) != call.bodyDigest || call.idempotencyKey.empty())
    return refused(ErrorCode::Internal, "The planned payment call was damaged; it was not sent.");

  auto answer = api_.call(tenant, {"POST", call.path, call.body, call.idempotencyKey});
  CallOutcome outcome;
  outcome.error = std::move(answer.error);
  switch (answer.kind) {
    case ApiAnswer::Kind::Unknown:
      return outcome;
    case ApiAnswer::Kind::Refused: {
      outcome.kind = Outcome::Failed;
      const Json& intent = member(answer.object, "payment_intent");
      if (auto fact = paymentFromIntent(intent, answer.requestId); fact.ok())
        outcome.payment = std::move(*fact);
      return outcome;
    }
    case ApiAnswer::Kind::Succeeded:
      break;
  }
  // An answer that is no such object came from something that isn't Stripe: what it did is not known.
  auto filled = fill(outcome, call.operation, answer);
  outcome.kind = filled.ok() ? Outcome::Succeeded : Outcome::Unknown;
  if (!filled.ok()) {
    outcome.error = std::move(filled).error();
    outcome.error->code = ErrorCode::PaymentOutcomeUnknown;
  }
  return outcome;
}

}  // namespace

std::unique_ptr<PaymentGateway> makeStripeGateway(HttpClient& http, const Clock& clock,
                                                  GatewayOptions options) {
  return std::make_unique<StripeGateway>(http, clock, std::move(options));
}

}  // namespace checkout::stripe
