// A payment provider in memory: remembers sessions and intents, replays idempotency keys as Stripe does, and
// loses answers on demand. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <checkout/payment_gateway.hpp>

#include "base/digest.hpp"
#include "support/fake_payers.hpp"

namespace checkout::test {

class FakeGateway final : public PaymentGateway, public FakePayers {
 public:
  struct Sent {
    GatewayOperation operation;
    std::string key, body;
  };

  std::function<TimePoint()> now;  // the provider's clock; empty: it does not tell the time

  // Before the next execute() answers: drop the answer after (or before) the effect.
  enum class Loss { None, BeforeEffect, AfterEffect };
  void loseNext(Loss loss) {
    with([&] { loss_ = loss; });
  }
  void declineNextIntent() {
    with([&] { decline_ = true; });
  }

  void paySession(const std::string& id) {
    with([&] {
      PaymentFact& fact = objects_.at(id);
      fact.state = PaymentState::Paid;
      fact.amountReceived = fact.amount;
      fact.paymentIntentId = "pi_of_" + id;
    });
  }
  // With what the customer changed on the page. Nothing to pay leaves no intent.
  void payPage(const std::string& id, const PageTotals& page) {
    with([&] {
      PaymentFact& fact = objects_.at(id);
      fact.state = PaymentState::Paid;
      fact.page = page;
      fact.amount = fact.amountReceived = page.sums.total;
      if (page.sums.total.amount > 0) fact.paymentIntentId = "pi_of_" + id;
    });
  }
  void setState(const std::string& id, PaymentState state) {
    with([&] { objects_.at(id).state = state; });
  }
  // The provider's object, as tools show it.
  void setObject(const std::string& id, Json object) {
    with([&] { objects_.at(id).object = std::move(object); });
  }
  void setAmount(const std::string& id, Money amount) {
    with([&] { objects_.at(id).amount = amount; });
  }
  // Refuses the next calls of this kind, without any effect.
  void refuse(GatewayOperation operation, int times, bool temporarily = true) {
    with([&] {
      refused_[operation] = times;
      temporarily_ = temporarily;
    });
  }
  // Likewise, but nothing leaves: the circuit is open, or there is no connection.
  void refuseUnsent(GatewayOperation operation, int times) {
    with([&] { unsent_[operation] = times; });
  }
  // The next call of this kind is answered by a failure that the provider has stored under its key.
  void poison(GatewayOperation operation) {
    with([&] { poisoned_ = operation; });
  }
  // The next look at a payment gets no usable answer.
  void failNextLook() {
    with([&] { failsLook_ = true; });
  }
  void setLastError(const std::string& id, Error error) {
    with([&] { objects_.at(id).lastError = std::move(error); });
  }
  // What Stripe's clock does to pages that nobody pays.
  void expireOverdue(TimePoint now) {
    with([&] {
      for (auto& [id, fact] : objects_)
        if (fact.state == PaymentState::Open && fact.expiresAt && *fact.expiresAt <= now)
          fact.state = PaymentState::Expired;
    });
  }
  // Runs once the next charge is about to be made: what happens after the look-up.
  void beforeNextExecute(std::function<void()> what) {
    with([&] { beforeExecute_ = std::move(what); });
  }
  void reset() {
    with([&] {
      forgetPayers();
      loss_ = Loss::None;
      decline_ = failsLook_ = failsLooks_ = false;
      refused_.clear();
      unsent_.clear();
      poisoned_.reset();
      objects_.clear();
      created_ = 0;
      replies_.clear();
      sent_.clear();
      refunds_.clear();
      disputes_.clear();
      pageLines_.clear();
      events_.clear();
    });
  }
  void forget(const std::string& id) { (void)take(id); }
  // Forgets an object that put() brings back.
  PaymentFact take(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return objects_.extract(id).mapped();
  }
  void put(const PaymentFact& fact) {
    with([&] { objects_[fact.sessionId.value_or(fact.paymentIntentId.value_or(""))] = fact; });
  }
  // Likewise for what was given back.
  void failReversals(bool fail) {
    with([&] { failsReversals_ = fail; });
  }
  // From when on the list of events was asked for last.
  TimePoint listedSince() {
    const std::lock_guard lock(mutex_);
    return listedSince_;
  }
  // The list of events is not to be had.
  void failLists(bool fail) {
    with([&] { failsLists_ = fail; });
  }
  // Until it is told otherwise, no look at a payment gets an answer.
  void failLooks(bool fail) {
    with([&] { failsLooks_ = fail; });
  }
  std::vector<Sent> sent() {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  int count(GatewayOperation operation) {
    int n = 0;
    for (const Sent& call : sent()) n += call.operation == operation;
    return n;
  }
  std::vector<RefundFact> refunds() {
    const std::lock_guard lock(mutex_);
    return refunds_;
  }
  int refunded() { return static_cast<int>(refunds_.size()); }
  std::int64_t refundedAmount() {
    const std::lock_guard lock(mutex_);
    std::int64_t sum = 0;
    for (const RefundFact& refund : refunds_)
      if (refund.status == "succeeded" || refund.status == "pending") sum += refund.amount.amount;
    return sum;
  }
  // What happens at the provider without us: its dashboard, and the customer's bank.
  void refundElsewhere(const std::string& intentId, Money amount) {
    with([&] { addRefund(intentId, amount); });
  }
  void setRefundStatus(const std::string& refundId, const std::string& status) {
    with([&] {
      for (RefundFact& refund : refunds_)
        if (refund.refundId == refundId) refund.status = status;
    });
  }
  void refundsBecome(const std::string& status) {
    with([&] { refundStatus_ = status; });
  }
  void dispute(const std::string& intentId, const DisputeFact& fact) {
    with([&] { disputes_[intentId] = {fact}; });
  }
  // The lines of a page; until this is called, the provider can't be asked for them.
  void setPageLines(const std::string& sessionId, std::vector<PageLine> lines) {
    with([&] { pageLines_[sessionId] = std::move(lines); });
  }
  void searchLags(bool lags) {
    with([&] { searchLags_ = lags; });
  }
  // An event that the provider's list shows; no webhook brings it.
  void happened(PaymentEvent event) {
    with([&] { events_.push_back(std::move(event)); });
  }
  // Everything that was ever paid, by saga.
  std::map<SagaId, std::vector<Money>> payments() {
    const std::lock_guard lock(mutex_);
    std::map<SagaId, std::vector<Money>> paid;
    for (const auto& [id, fact] : objects_)
      if (fact.state == PaymentState::Paid) paid[fact.sagaId.value()].push_back(fact.amountReceived);
    return paid;
  }
  PaymentState stateOf(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return objects_.at(id).state;
  }

  GatewayCall planCreateSession(const Tenant&, const PaymentRequest& request,
                                std::string key) const override {
    return planned(GatewayOperation::CreateSession, "sessions", request, key);
  }
  GatewayCall planCreateIntent(const Tenant&, const PaymentRequest& request, std::string key) const override {
    return planned(GatewayOperation::CreateIntent, "intents", request, key);
  }
  GatewayCall planExpireSession(const Tenant&, const std::string& id, std::string key) const override {
    return call(GatewayOperation::ExpireSession, id, Json::object(), key);
  }
  GatewayCall planConfirmIntent(const Tenant&, const ConfirmRequest& request,
                                std::string key) const override {
    return call(GatewayOperation::ConfirmIntent, request.intentId, request.parameters, key);
  }
  GatewayCall planCancelIntent(const Tenant&, const std::string& id, std::string key) const override {
    return call(GatewayOperation::CancelIntent, id, Json::object(), key);
  }
  GatewayCall planRefund(const Tenant&, const SagaId&, const std::string& id, std::optional<Money> amount,
                         std::string key) const override {
    return call(GatewayOperation::Refund, id, amount ? Json{{"amount", amount->amount}} : Json::object(),
                key);
  }

  CallOutcome execute(const Tenant&, const GatewayCall& call) override {
    std::function<void()> first;
    with([&] { first = std::exchange(beforeExecute_, nullptr); });
    if (first) first();
    const std::lock_guard lock(mutex_);
    if (unsent_[call.operation] > 0) {
      --unsent_[call.operation];
      CallOutcome unsent;
      unsent.kind = CallOutcome::Kind::Failed;
      unsent.error = Error(ErrorCode::PaymentServiceError, "calls are suspended");
      unsent.temporary = unsent.notSent = true;
      return unsent;
    }
    sent_.push_back({call.operation, call.idempotencyKey, call.body});
    if (poisoned_ == call.operation) {
      poisoned_.reset();
      CallOutcome replayed;
      replayed.error = Error(ErrorCode::PaymentOutcomeUnknown, "a stored failure");
      replayed.replayedFailure = true;
      return replayed;
    }
    const Loss loss = std::exchange(loss_, Loss::None);
    const CallOutcome lost{CallOutcome::Kind::Unknown, std::nullopt, std::nullopt,
                           Error(ErrorCode::PaymentOutcomeUnknown, "timeout")};
    if (loss == Loss::BeforeEffect) return lost;
    if (refused_[call.operation] > 0) {
      --refused_[call.operation];
      return {CallOutcome::Kind::Failed, std::nullopt, std::nullopt,
              Error(ErrorCode::PaymentServiceError, "refused", {{"requestId", "req_refused"}}), temporarily_};
    }
    const auto known = replies_.find(call.idempotencyKey);
    if (known != replies_.end() && (known->second.path != call.path || known->second.body != call.body))
      return {CallOutcome::Kind::Failed, std::nullopt, std::nullopt,
              Error(ErrorCode::Internal, "repeated with other content")};
    CallOutcome outcome = known != replies_.end() ? known->second.outcome : effect(call);
    replies_.insert({call.idempotencyKey, {call.path, call.body, outcome}});
    outcome.isReplay = known != replies_.end() && outcome.kind == CallOutcome::Kind::Succeeded;
    return loss == Loss::AfterEffect ? lost : outcome;
  }

  Result<std::optional<PaymentFact>> retrieveSession(const Tenant&, const std::string& id) override {
    return retrieve(id);
  }
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant&, const std::string& id) override {
    return retrieve(id);
  }
  Result<std::optional<PaymentFact>> findPayment(const Tenant&, const SagaId& saga, int attempt,
                                                 TimePoint) override {
    const std::lock_guard lock(mutex_);
    if (searchLags_) return std::optional<PaymentFact>{};
    for (const auto& [id, fact] : objects_)
      if (fact.sagaId == saga && fact.attempt == attempt && fact.paymentIntentId &&
          fact.state != PaymentState::Canceled)
        return std::optional<PaymentFact>{fact};
    return std::optional<PaymentFact>{};
  }
  PayerOutcome findPayer(const Tenant&, const std::string& methodId) override { return payerOf(methodId); }
  PayerOutcome ensureCustomer(const Tenant& tenant, const std::string& digest, const std::string&) override {
    return customerOf(tenant.id, digest);
  }
  Result<std::vector<PageLine>> listPageLines(const Tenant&, const std::string& sessionId) override {
    const std::lock_guard lock(mutex_);
    const auto at = pageLines_.find(sessionId);
    if (at == pageLines_.end()) return Error(ErrorCode::PaymentServiceError, "no answer about its lines");
    return at->second;
  }
  Result<Reversals> retrieveReversals(const Tenant&, const std::string& intentId) override {
    const std::lock_guard lock(mutex_);
    if (failsReversals_) return Error(ErrorCode::PaymentServiceError, "no usable answer");
    Reversals reversals;
    for (const RefundFact& refund : refunds_)
      if (refund.paymentIntentId == intentId) reversals.refunds.push_back(refund);
    reversals.disputes = disputes_[intentId];
    return reversals;
  }
  Result<EventPage> listEvents(const Tenant&, const EventQuery& query) override {
    const std::lock_guard lock(mutex_);
    listedSince_ = query.since;
    if (failsLists_) return Error(ErrorCode::PaymentServiceError, "no list");
    EventPage page;
    if (now) page.asOf = now();
    bool isAfter = query.startingAfter.empty();
    for (auto at = events_.rbegin(); at != events_.rend() && !page.hasMore; ++at) {
      if (isAfter && at->createdAt >= query.since && at->createdAt < query.until.value_or(TimePoint::max())) {
        page.hasMore = page.events.size() == kEventPage;
        if (!page.hasMore) page.events.push_back(*at);
      }
      isAfter = isAfter || at->id == query.startingAfter;
    }
    return page;
  }
  Result<std::optional<std::string>> account(const Tenant&) override {
    return std::optional<std::string>{"acct_1"};
  }

 private:
  struct Reply {
    std::string path, body;
    CallOutcome outcome;
  };
  void with(const std::function<void()>& change) {
    const std::lock_guard lock(mutex_);
    change();
  }
  static GatewayCall call(GatewayOperation operation, const std::string& path, const Json& body,
                          const std::string& key) {
    return {operation, path, body.dump(), sha256Hex(body.dump()), key};
  }
  static GatewayCall planned(GatewayOperation operation, const std::string& path,
                             const PaymentRequest& request, const std::string& key) {
    return call(operation, path,
                {{"tenant", request.tenantId.value},
                 {"saga", request.sagaId.value},
                 {"attempt", request.attempt},
                 {"amount", request.total.amount},
                 {"currency", request.total.currency.code},
                 {"lines", request.lines.size()},
                 {"method", request.paymentMethodId.value_or("")},
                 {"customer", request.customerId.value_or("")},
                 {"expires", request.expiresAt ? toUnixMillis(*request.expiresAt) : 0}},
                key);
  }

  Result<std::optional<PaymentFact>> retrieve(const std::string& id) {
    const std::lock_guard lock(mutex_);
    if (failsLooks_ || std::exchange(failsLook_, false))
      return Error(ErrorCode::PaymentServiceError, "no usable answer");
    const auto at = objects_.find(id);
    if (at == objects_.end()) return std::optional<PaymentFact>{};
    PaymentFact fact = at->second;
    const std::string intent = fact.paymentIntentId.value_or("");
    fact.hasReversals = !disputes_[intent].empty() ||
                        std::any_of(refunds_.begin(), refunds_.end(), [&](const RefundFact& refund) {
                          return refund.paymentIntentId == intent;
                        });
    return std::optional<PaymentFact>{std::move(fact)};
  }

  PaymentFact create(const GatewayCall& call) {
    const Json body = Json::parse(call.body);
    PaymentFact fact;
    fact.tenantId = TenantId{body["tenant"].get<std::string>()};
    fact.sagaId = SagaId{body["saga"].get<std::string>()};
    fact.attempt = body["attempt"].get<int>();
    fact.amount = {body["amount"].get<std::int64_t>(), Currency{body["currency"].get<std::string>()}};
    fact.amountReceived = {0, fact.amount.currency};
    const std::string number = std::to_string(++created_);
    if (call.operation == GatewayOperation::CreateSession) {
      fact.kind = PaymentFact::Kind::Session;
      fact.sessionId = "cs_" + number;
      fact.url = "https://pay.example/" + *fact.sessionId;
      fact.state = PaymentState::Open;
      fact.expiresAt = fromUnixMillis(body["expires"].get<std::int64_t>());
    } else {
      fact.kind = PaymentFact::Kind::Intent;
      fact.paymentIntentId = "pi_" + number;
      fact.state = PaymentState::Paid;
      fact.amountReceived = fact.amount;
    }
    fact.object = {{"id", fact.sessionId.value_or(fact.paymentIntentId.value_or(""))}};
    return fact;
  }

  RefundFact addRefund(const std::string& intentId, Money amount,
                       std::optional<std::string> callKey = std::nullopt) {
    const RefundFact refund{
        "re_" + std::to_string(refunds_.size() + 1),
        refundStatus_,
        amount,
        intentId,
        std::nullopt,
        std::move(callKey),
        now ? std::optional(std::chrono::floor<std::chrono::seconds>(now())) : std::nullopt};
    refunds_.push_back(refund);
    return refund;
  }

  CallOutcome effect(const GatewayCall& call) {
    switch (call.operation) {
      case GatewayOperation::CreateSession:
      case GatewayOperation::CreateIntent: {
        const Json body = Json::parse(call.body);
        if (auto refused = refusalOf(body.value("method", ""), body.value("customer", ""))) return *refused;
        PaymentFact fact = create(call);
        const bool declined =
            call.operation == GatewayOperation::CreateIntent && std::exchange(decline_, false);
        if (declined) {
          fact.state = PaymentState::Declined;
          fact.amountReceived.amount = 0;
          fact.lastError = Error(ErrorCode::PaymentDeclined, "Your card was declined.");
        }
        objects_[fact.sessionId.value_or(fact.paymentIntentId.value_or(""))] = fact;
        if (declined) return {CallOutcome::Kind::Failed, fact, std::nullopt, *fact.lastError};
        return {CallOutcome::Kind::Succeeded, fact, std::nullopt, std::nullopt};
      }
      case GatewayOperation::ConfirmIntent: {
        const std::string method = Json::parse(call.body).value("payment_method", "");
        if (auto refused = refusalOf(method, "")) return *refused;
        PaymentFact& fact = objects_.at(call.path);
        fact.state = PaymentState::Paid;
        fact.amountReceived = fact.amount;
        fact.lastError.reset();
        return {CallOutcome::Kind::Succeeded, fact, std::nullopt, std::nullopt};
      }
      case GatewayOperation::ExpireSession:
      case GatewayOperation::CancelIntent: {
        if (objects_.count(call.path) == 0)
          return {CallOutcome::Kind::Failed, std::nullopt, std::nullopt,
                  Error(ErrorCode::CheckoutNotFound, "no such object")};
        PaymentFact& fact = objects_.at(call.path);
        if (fact.state == PaymentState::Paid || fact.state == PaymentState::Processing)
          return {CallOutcome::Kind::Failed, std::nullopt, std::nullopt,
                  Error(ErrorCode::PaymentServiceError, "not open")};
        fact.state = call.operation == GatewayOperation::ExpireSession ? PaymentState::Expired
                                                                       : PaymentState::Canceled;
        return {CallOutcome::Kind::Succeeded, fact, std::nullopt, std::nullopt};
      }
      case GatewayOperation::Refund: {
        const PaymentFact* paid = nullptr;
        for (const auto& [id, fact] : objects_)
          if (fact.paymentIntentId == call.path) paid = &fact;
        std::int64_t left = paid->amountReceived.amount;
        for (const RefundFact& refund : refunds_)
          if (refund.paymentIntentId == call.path && refund.status != "failed" && refund.status != "canceled")
            left -= refund.amount.amount;
        Money amount{left, paid->amountReceived.currency};
        const Json body = Json::parse(call.body);
        if (body.contains("amount")) amount.amount = body["amount"].get<std::int64_t>();
        if (amount.amount <= 0 || amount.amount > left)
          return {CallOutcome::Kind::Failed, std::nullopt, std::nullopt,
                  Error(ErrorCode::PaymentServiceError, "greater than what is left")};
        const RefundFact refund = addRefund(call.path, amount, call.idempotencyKey);
        return {CallOutcome::Kind::Succeeded, std::nullopt, refund, std::nullopt};
      }
    }
    std::abort();
  }

  static constexpr std::size_t kEventPage = 100;
  std::mutex mutex_;
  Loss loss_ = Loss::None;
  std::size_t created_ = 0;
  TimePoint listedSince_{};
  bool decline_ = false, failsLook_ = false, failsLooks_ = false, failsLists_ = false,
       failsReversals_ = false, temporarily_ = true, searchLags_ = false;
  std::map<GatewayOperation, int> refused_, unsent_;
  std::optional<GatewayOperation> poisoned_;
  std::map<std::string, PaymentFact> objects_;
  std::map<std::string, Reply> replies_;
  std::vector<Sent> sent_;
  std::vector<RefundFact> refunds_;
  std::string refundStatus_ = "succeeded";
  std::map<std::string, std::vector<DisputeFact>> disputes_;
  std::map<std::string, std::vector<PageLine>> pageLines_;
  std::vector<PaymentEvent> events_;
  std::function<void()> beforeExecute_;
};

}  // namespace checkout::test
