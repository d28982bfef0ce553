#include "model/wire.hpp"

namespace checkout::model {
namespace {

Error gone() {
  return {ErrorCode::ServiceUnavailable, "the process has died"};
}

CallOutcome unheard() {
  return {CallOutcome::Kind::Unknown, std::nullopt, std::nullopt,
          Error(ErrorCode::PaymentOutcomeUnknown, "no answer")};
}

class TellingSagas final : public test::AroundSagas {
 public:
  TellingSagas(SagaStore& inner, std::string& about) : AroundSagas(inner), about_(about) {}
  Result<void> insert(const Saga& saga, const SagaEvent& event) override {
    tell(event);
    return inner_.insert(saga, event);
  }
  Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) override {
    tell(event);
    return inner_.update(saga, event, lease);
  }

 private:
  void tell(const SagaEvent& event) {
    about_ = event.type;
    if (event.type == "step_completed" && event.data.contains("step"))
      about_ = event.data["step"].get<std::string>();
  }
  std::string& about_;
};

}  // namespace

CutStore::CutStore(Store& inner, Cut& cut)
    : AroundStore(inner,
                  [this](Transaction& tx) {
                    test::TransactionParts parts;
                    parts.sagas = std::make_unique<TellingSagas>(tx.sagas(), about_);
                    return parts;
                  }),
      cut_(cut) {}

Result<void> CutStore::write(const Body& body) {
  if (cut_.isDead) return gone();
  about_.clear();
  auto done = inner_.write(wrapped(body));
  if (!done.ok() || about_.empty()) return done;  // a lease, a timer or a cart: nobody dies of that
  const std::size_t number = cut_.commits.size();
  cut_.commits.push_back(about_);
  cut_.isDead = cut_.fault == Fault::DiesAfterCommit && cut_.at == number;
  return cut_.isDead ? Result<void>(gone()) : done;
}

Result<void> CutStore::read(const Body& body) {
  return cut_.isDead ? Result<void>(gone()) : inner_.read(body);
}

CallOutcome ModelGateway::execute(const Tenant&, const GatewayCall& call) {
  if (cut_.isDead) return unheard();
  const std::size_t number = cut_.calls.size();
  cut_.calls.push_back(std::string(toString(call.operation)));
  const TimePoint now = clock_.now();
  if (cut_.at != number) return stripe_.execute(call, now);
  switch (cut_.fault) {
    case Fault::LostBefore:
      return unheard();
    case Fault::LostAfter:
    case Fault::DiesAfterCall:
      (void)stripe_.execute(call, now);
      cut_.isDead = cut_.fault == Fault::DiesAfterCall;
      return unheard();
    case Fault::Busy:
    case Fault::NotSent: {
      CallOutcome outcome;
      outcome.kind = CallOutcome::Kind::Failed;
      outcome.error =
          Error(ErrorCode::PaymentServiceError, "The payment provider has no time; try again later.");
      outcome.temporary = true;
      outcome.notSent = cut_.fault == Fault::NotSent;
      return outcome;
    }
    case Fault::StoredFailure:
    case Fault::StoredWithEffect:
      stripe_.failAndRemember(call, cut_.fault == Fault::StoredWithEffect, now);
      return stripe_.execute(call, now);  // the client has tried again at once
    case Fault::None:
    case Fault::DiesAfterCommit:
      break;
  }
  return stripe_.execute(call, now);
}

template <class Value>
Result<Value> ModelGateway::look(const char* name, Value value) {
  if (cut_.isDead) return gone();
  const std::size_t number = cut_.calls.size();
  cut_.calls.push_back(name);
  const bool isLost = cut_.at == number && (cut_.fault == Fault::LostBefore || cut_.fault == Fault::NotSent);
  if (isLost) return Error(ErrorCode::PaymentServiceError, "The payment service gave no usable answer.");
  return value;
}

// A failure that Stripe has stored under one key is passed with another one, by the client itself.
template <class Ask>
PayerOutcome ModelGateway::askPayer(const char* name, const Ask& ask) {
  PayerOutcome unheard{{}, gone(), true, false};
  if (cut_.isDead) return unheard;
  const std::size_t number = cut_.calls.size();
  cut_.calls.push_back(name);
  if (cut_.at != number) return {ask(), std::nullopt, false, false};
  switch (cut_.fault) {
    case Fault::LostAfter:
    case Fault::DiesAfterCall:
      (void)ask();
      cut_.isDead = cut_.fault == Fault::DiesAfterCall;
      [[fallthrough]];
    case Fault::LostBefore:
    case Fault::Busy:
    case Fault::NotSent:
      unheard.error = Error(ErrorCode::PaymentServiceError, "The payment service gave no usable answer.");
      unheard.notSent = cut_.fault == Fault::NotSent;
      return unheard;
    case Fault::None:
    case Fault::DiesAfterCommit:
    case Fault::StoredFailure:
    case Fault::StoredWithEffect:
      break;
  }
  return {ask(), std::nullopt, false, false};
}

PayerOutcome ModelGateway::findPayer(const Tenant&, const std::string& method) {
  return askPayer("find_payer", [&] { return stripe_.payerOf(method); });
}

PayerOutcome ModelGateway::ensureCustomer(const Tenant& tenant, const std::string& userDigest,
                                          const std::string&) {
  return askPayer("ensure_customer", [&] { return stripe_.ensureCustomer(tenant.id, userDigest); });
}

Result<std::optional<PaymentFact>> ModelGateway::retrieveSession(const Tenant&, const std::string& id) {
  return look("retrieve_session", stripe_.sessionFact(id));
}
Result<std::optional<PaymentFact>> ModelGateway::retrieveIntent(const Tenant&, const std::string& id) {
  return look("retrieve_intent", stripe_.intentFact(id));
}
Result<std::optional<PaymentFact>> ModelGateway::findPayment(const Tenant& tenant, const SagaId& saga,
                                                             int attempt, TimePoint) {
  return look("find_payment", stripe_.paymentOf(tenant.id, saga, attempt));
}
Result<Reversals> ModelGateway::retrieveReversals(const Tenant&, const std::string& id) {
  if (stripe_.reversalsFail)
    return Error(ErrorCode::PaymentServiceError, "The payment service gave no usable answer.");
  return look("retrieve_reversals", stripe_.reversalsOf(id));
}
Result<EventPage> ModelGateway::listEvents(const Tenant&, const EventQuery& query) {
  return look("list_events", stripe_.eventsFor(query));
}

}  // namespace checkout::model
