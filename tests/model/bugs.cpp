#include "model/bugs.hpp"

#include <algorithm>
#include <cstdlib>

#include "support/forgetful_sagas.hpp"

namespace checkout::model {
namespace {

using saga::CallEnded;
using saga::CallFound;
using saga::Decision;
using saga::Facts;
using saga::Input;
using saga::PayDirectly;
using saga::Setting;

using Decide = Decision (*)(const Saga&, const Input&, const Facts&, const Setting&, const saga::Actor&);

bool isRefund(const CallEnded& ended) {
  return ended.call.operation == GatewayOperation::Refund;
}

// --- mistakes in the machine -----------------------------------------------------------------------------

// The undo gave back the rest after a partial refund elsewhere, and took that for nothing at all.
Decision partialRefundAborts(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                             const saga::Actor& actor) {
  const auto* ended = std::get_if<CallEnded>(&input);
  const bool isRest = ended != nullptr && isRefund(*ended) && ended->outcome.refund &&
                      saga.payment.amountPaid && ended->outcome.refund->amount != *saga.payment.amountPaid;
  if (isRest && saga.status == SagaStatus::Compensating) std::abort();
  return saga::decide(saga, input, facts, setting, actor);
}

Decision retryNeedsNoApproval(const Saga& saga, const Input& input, const Facts& facts,
                              const Setting& setting, const saga::Actor& actor) {
  const auto* pays = std::get_if<PayDirectly>(&input);
  if (pays == nullptr || pays->paymentMethodId) return saga::decide(saga, input, facts, setting, actor);
  return saga::decide(saga,
                      PayDirectly{saga.paymentMethodId, std::nullopt,
                                  saga::Approval{saga.id, saga.totals.total, saga.cart.digest}},
                      facts, setting, actor);
}

Decision retryKeepsTheDigest(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                             const saga::Actor& actor) {
  Decision decision = saga::decide(saga, input, facts, setting, actor);
  if (std::holds_alternative<saga::Retry>(input))
    for (saga::Transition& transition : decision.transitions) transition.saga.cart.digest = saga.cart.digest;
  return decision;
}

// A payment that was being created when the process died counts as never made once the checkout is cancelled,
// and what is heard of it later belongs to nobody.
Decision diedCallNeverWas(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                          const saga::Actor& actor) {
  const bool moves =
      std::holds_alternative<saga::Continue>(input) || std::holds_alternative<saga::Look>(input);
  const bool isCreate = saga.call && saga.call->operation == GatewayOperation::CreateIntent;
  if (moves && isCreate && saga.call->unanswered == 0 && saga.status == SagaStatus::Compensating) {
    Saga forgetful = saga;
    forgetful.call.reset();
    return saga::decide(forgetful, input, facts, setting, actor);
  }
  const bool isStranger = isTerminal(saga.status) && !saga.payment.paymentIntentId && !saga.payment.sessionId;
  if (isStranger && std::holds_alternative<saga::PaymentAnswer>(input)) return {};
  return saga::decide(saga, input, facts, setting, actor);
}

// A refund whose answer is missing is looked for among those that the ledger does not have yet.
Decision lostRefundIsTheUnknownOne(const Saga& saga, const Input& input, const Facts& facts,
                                   const Setting& setting, const saga::Actor& actor) {
  const auto* found = std::get_if<CallFound>(&input);
  const bool isKnown = found != nullptr && found->refund &&
                       std::any_of(facts.refunds.begin(), facts.refunds.end(), [&](const RefundEntry& entry) {
                         return entry.refundId == found->refund->refundId;
                       });
  return saga::decide(saga, isKnown ? Input{CallFound{}} : input, facts, setting, actor);
}

Decision refusedStrayRefundIsDropped(const Saga& saga, const Input& input, const Facts& facts,
                                     const Setting& setting, const saga::Actor& actor) {
  const auto* ended = std::get_if<CallEnded>(&input);
  const bool isRefused = ended != nullptr && isRefund(*ended) && saga.call && saga.call->owedRefund &&
                         ended->outcome.kind == CallOutcome::Kind::Failed && !ended->outcome.temporary;
  if (!isRefused || saga.refundsOwed.empty()) return saga::decide(saga, input, facts, setting, actor);
  Saga operators = saga;
  operators.refundsOwed.front().byOperator = true;  // theirs are dropped
  return saga::decide(operators, input, facts, setting, actor);
}

// Who was refused for naming another total is charged if they name none.
Decision refusedTotalIsForgotten(const Saga& saga, const Input& input, const Facts& facts,
                                 const Setting& setting, const saga::Actor& actor) {
  Decision decision = saga::decide(saga, input, facts, setting, actor);
  const bool isRefusal = std::holds_alternative<saga::PayDirectly>(input) && decision.error &&
                         decision.error->code == ErrorCode::TotalChanged;
  if (!isRefusal) return decision;
  Decision forgotten;
  forgotten.error = decision.error;
  return forgotten;
}

// A new try owes all of an earlier payment, also what an operator has given back outside of the provider.
Decision retryForgetsTheSettlement(const Saga& saga, const Input& input, const Facts& facts,
                                   const Setting& setting, const saga::Actor& actor) {
  Decision decision = saga::decide(saga, input, facts, setting, actor);
  const Payment& paid = saga.payment;
  if (!std::holds_alternative<saga::Retry>(input) || !paid.settledElsewhere) return decision;
  for (saga::Transition& transition : decision.transitions)
    for (StrayPayment& stray : transition.saga.strayPayments)
      if (stray.paymentIntentId == paid.paymentIntentId) stray.received = *paid.amountPaid;
  return decision;
}

// What an operator has settled stays owed, should any refund of it fail.
Decision settledStrayIsOwedAgain(const Saga& saga, const Input& input, const Facts& facts,
                                 const Setting& setting, const saga::Actor& actor) {
  Decision decision = saga::decide(saga, input, facts, setting, actor);
  if (std::holds_alternative<saga::Resolve>(input))
    for (saga::Transition& transition : decision.transitions)
      transition.saga.strayPayments = saga.strayPayments;
  return decision;
}

Decision lostDisputeIsOver(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                           const saga::Actor& actor) {
  const auto* answer = std::get_if<saga::ReversalsAnswer>(&input);
  if (answer == nullptr) return saga::decide(saga, input, facts, setting, actor);
  saga::ReversalsAnswer won = *answer;
  for (DisputeFact& dispute : won.reversals.disputes)
    if (dispute.status == "lost") dispute.status = "won";
  return saga::decide(saga, won, facts, setting, actor);
}

Decision pollingNeedsNoPause(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                             const saga::Actor& actor) {
  if (!std::holds_alternative<saga::Look>(input) || saga.call)
    return saga::decide(saga, input, facts, setting, actor);
  Saga restless = saga;
  restless.retryAt.reset();
  return saga::decide(restless, input, facts, setting, actor);
}

Decision unsentCallIsATry(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                          const saga::Actor& actor) {
  const auto* ended = std::get_if<CallEnded>(&input);
  if (ended == nullptr) return saga::decide(saga, input, facts, setting, actor);
  CallEnded sent = *ended;
  sent.outcome.notSent = false;
  return saga::decide(saga, sent, facts, setting, actor);
}

Decision startExpectsNoTotal(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                             const saga::Actor& actor) {
  const auto* pays = std::get_if<PayDirectly>(&input);
  if (pays == nullptr) return saga::decide(saga, input, facts, setting, actor);
  PayDirectly blind = *pays;
  blind.expectedTotal.reset();
  Saga forgetful = saga;
  forgetful.isUnagreed = false;
  return saga::decide(forgetful, blind, facts, setting, actor);
}

Decision cancelIsAFailure(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                          const saga::Actor& actor) {
  Decision decision = saga::decide(saga, input, facts, setting, actor);
  for (saga::Transition& transition : decision.transitions) transition.saga.compensation.cancelled = false;
  return decision;
}

// A payment for an attempt that a restored store has never planned counts as one of its own.
Decision foreignPaymentIsOurs(const Saga& saga, const Input& input, const Facts& facts,
                              const Setting& setting, const saga::Actor& actor) {
  const auto* answer = std::get_if<saga::PaymentAnswer>(&input);
  if (answer == nullptr || !answer->fact) return saga::decide(saga, input, facts, setting, actor);
  saga::PaymentAnswer ours = *answer;
  ours.fact->attempt = std::min(ours.fact->attempt, saga.payment.attempt);
  return saga::decide(saga, ours, facts, setting, actor);
}

// Whatever costs as much as what was paid counts as that.
Decision goodsAreTheirPrice(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                            const saga::Actor& actor) {
  Saga careless = saga;
  if (std::holds_alternative<saga::PaymentAnswer>(input)) careless.payment.cartDigest = saga.cart.digest;
  return saga::decide(careless, input, facts, setting, actor);
}

// What was approved is a total, whatever it is for.
Decision approvalOfAnyGoods(const Saga& saga, const Input& input, const Facts& facts, const Setting& setting,
                            const saga::Actor& actor) {
  const auto* pays = std::get_if<PayDirectly>(&input);
  if (pays == nullptr || !pays->approval) return saga::decide(saga, input, facts, setting, actor);
  PayDirectly generous = *pays;
  generous.approval->cartDigest = saga.cart.digest;
  return saga::decide(saga, generous, facts, setting, actor);
}

// --- mistakes in what the doors read ---------------------------------------------------------------------

// Who comes with a key that is known sees the cart as its checkout has it.
class KnowsTheKey final : public test::AroundSagas {
 public:
  KnowsTheKey(SagaStore& inner, std::optional<Saga>& known) : AroundSagas(inner), known_(known) {}
  Result<std::optional<IdempotencyRecord>> findIdempotency(const TenantId& t,
                                                           const std::string& key) override {
    auto record = inner_.findIdempotency(t, key);
    if (!record.ok() || !*record) return record;
    auto saga = inner_.find(t, (*record)->sagaId);
    if (saga.ok()) known_ = std::move(*saga);
    return record;
  }

 private:
  std::optional<Saga>& known_;
};
class CartOfTheKey final : public test::AroundCarts {
 public:
  CartOfTheKey(CartStore& inner, std::shared_ptr<std::optional<Saga>> known)
      : AroundCarts(inner), known_(std::move(known)) {}
  Result<std::optional<Cart>> find(const TenantId& t, const CartId& id) override {
    auto cart = inner_.find(t, id);
    if (!cart.ok() || !*cart || !*known_) return cart;
    (*cart)->items.clear();
    if (!isTerminal((*known_)->status))
      for (const LineItem& item : (*known_)->cart.items)
        (*cart)->items.push_back({item.productId, item.quantity});
    return cart;
  }

 private:
  std::shared_ptr<std::optional<Saga>> known_;
};

// --- mistakes at the provider's port ---------------------------------------------------------------------

class SeesUndeliveredOnly final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<EventPage> listEvents(const Tenant& tenant, const EventQuery& query) override {
    EventQuery quick = query;
    quick.undeliveredOnly = true;
    return inner_.listEvents(tenant, quick);
  }
};

class UnreadIsNone final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<Reversals> retrieveReversals(const Tenant& tenant, const std::string& id) override {
    auto known = inner_.retrieveReversals(tenant, id);
    return known.ok() ? std::move(known) : Result<Reversals>(Reversals{});
  }
};

template <class Sagas>
std::unique_ptr<Store> withSagas(Store& inner) {
  return std::make_unique<test::AroundStore>(inner, [](Transaction& tx) {
    test::TransactionParts parts;
    parts.sagas = std::make_unique<Sagas>(tx.sagas());
    return parts;
  });
}

std::unique_ptr<Store> withTheKeysCart(Store& inner) {
  return std::make_unique<test::AroundStore>(inner, [](Transaction& tx) {
    const auto known = std::make_shared<std::optional<Saga>>();
    test::TransactionParts parts;
    parts.sagas = std::make_unique<KnowsTheKey>(tx.sagas(), *known);
    parts.carts = std::make_unique<CartOfTheKey>(tx.carts(), known);
    return parts;
  });
}

template <Decide wrong>
void decides(Stage& stage) {
  stage.decide = wrong;
}

Scope scopeNamed(const std::string& word) {
  for (Scope& scope : scopes())
    if (scope.name.find(word) != std::string::npos) return scope;
  std::abort();  // no scope has that word
}

// What the search needs help with: who takes part in the story.
Scope narrowed(const std::string& word, std::vector<Do> doings) {
  Scope scope = scopeNamed(word);
  scope.doings = std::move(doings);
  return scope;
}

}  // namespace

std::vector<Bug> bugs() {
  return {
      {"partial-refund-aborts", "an undo after a partial refund elsewhere ends the process",
       scopeNamed("a page, "), "24", decides<partialRefundAborts>},
      {"retry-needs-no-approval", "checkout_retry charges above the threshold without asking",
       scopeNamed("approvals"), "20", decides<retryNeedsNoApproval>},
      {"retry-keeps-the-digest", "a retried checkout goes by the contents that it had at first",
       scopeNamed("carts"), "7", decides<retryKeepsTheDigest>},
      {"died-call-never-was", "a payment that was being created at a crash is forgotten by a cancel",
       scopeNamed("stored"), "3", decides<diedCallNeverWas>},
      {"undelivered-events-only", "the sweep sees only what a webhook was tried for",
       scopeNamed("refunds by"), "21",
       [](Stage& stage) {
         stage.aroundGateway = [](PaymentGateway& inner) {
           return std::make_unique<SeesUndeliveredOnly>(inner);
         };
       }},
      {"lost-refund-is-the-unknown-one", "a lost refund that a webhook has brought is made again",
       scopeNamed("refunds by"), "21", decides<lostRefundIsTheUnknownOne>},
      {"refused-stray-refund-is-dropped", "a refund of a stray payment is forgotten when Stripe refuses it",
       scopeNamed("turns up"), "2", decides<refusedStrayRefundIsDropped>},
      {"settlement-is-forgotten", "a new try owes again what an operator has settled by hand",
       scopeNamed("settles by hand"), "21", decides<retryForgetsTheSettlement>},
      {"settled-stray-is-owed-again", "a given-up payment that was settled by hand is owed again",
       scopeNamed("were given up"), "21", decides<settledStrayIsOwedAgain>},
      {"lost-dispute-is-over", "nobody is told of a dispute that was lost", scopeNamed("disputes"), "22",
       decides<lostDisputeIsOver>},
      {"polling-needs-no-pause", "an agent's polling uses up the pauses between tries", scopeNamed("no time"),
       "22", decides<pollingNeedsNoPause>},
      {"unsent-call-is-a-try", "calls that were never sent use up the tries", scopeNamed("no time"), "22",
       decides<unsentCallIsATry>},
      {"start-forgets-the-shipping", "checkout_start with a payment method discards the chosen shipping",
       scopeNamed("totals"), "18",
       [](Stage& stage) {
         stage.decide = startExpectsNoTotal;
         stage.aroundStore = withSagas<test::ForgetsTheChoice>;
       }},
      {"key-hides-changes", "a known key answers its checkout whatever is in the cart", scopeNamed("carts"),
       "7", [](Stage& stage) { stage.aroundStore = withTheKeysCart; }},
      {"cancel-is-a-failure", "who has cancelled is told to start again", scopeNamed("a page, "), "19",
       decides<cancelIsAFailure>},
      {"purchase-is-not-named", "an empty cart is not told to have been bought", scopeNamed("stored"), "19",
       [](Stage& stage) { stage.aroundStore = withSagas<test::ForgetsPurchases>; }},
      {"foreign-payment-is-ours", "a restored store takes a payment that it never planned for one of its own",
       scopeNamed("backup"), "21", decides<foreignPaymentIsOurs>},
      {"unread-reversals-are-none", "what went back counts as nothing when it can't be asked for",
       scopeNamed("reversals"), "21",
       [](Stage& stage) {
         stage.aroundGateway = [](PaymentGateway& inner) { return std::make_unique<UnreadIsNone>(inner); };
       }},
      {"goods-are-their-price", "a late payment is taken for other goods that cost as much",
       scopeNamed("counted as never made"), "5", decides<goodsAreTheirPrice>},
      {"approval-of-any-goods", "an approval of one thing pays for another that costs as much",
       narrowed("beside an approval", {Do::SetCart, Do::Start, Do::PayShown, Do::Approve, Do::RepeatApproved,
                                       Do::Retry, Do::NextTimer, Do::CancelIntent}),
       "20", decides<approvalOfAnyGoods>},
      {"refused-total-is-forgotten", "a total that was refused is charged by a call that names none",
       scopeNamed("refused once"), "18", decides<refusedTotalIsForgotten>},
  };
}

}  // namespace checkout::model
