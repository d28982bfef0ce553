#include "saga/account_guard.hpp"

#include <map>
#include <mutex>

#include "base/log.hpp"

namespace checkout::saga {
namespace {

// Test and live mode have payments of their own.
std::string accountName(const Tenant& tenant, const std::string& account) {
  return account + (tenant.stripe.livemode ? " (live mode)" : " (test mode)");
}

Error foreignKey() {
  return {
      ErrorCode::PaymentServiceError,
      "The shop's key belongs to another account at the payment service than the one in which its checkouts "
      "are paid. Nothing was sent; the merchant has to put the right key back.",
      {{kMerchantMustAct, true}, {kKeyRefused, true}}};
}

PayerOutcome unasked(Error why) {
  PayerOutcome outcome;
  outcome.temporary = !merchantMustAct(why);
  outcome.notSent = true;
  outcome.error = std::move(why);
  return outcome;
}

class AccountGuard final : public PaymentGateway {
 public:
  AccountGuard(PaymentGateway& inner, Store& store) : inner_(inner), store_(store) {}

  GatewayCall planCreateSession(const Tenant& tenant, const PaymentRequest& request,
                                std::string key) const override {
    return inner_.planCreateSession(tenant, request, std::move(key));
  }
  GatewayCall planExpireSession(const Tenant& tenant, const std::string& session,
                                std::string key) const override {
    return inner_.planExpireSession(tenant, session, std::move(key));
  }
  GatewayCall planCreateIntent(const Tenant& tenant, const PaymentRequest& request,
                               std::string key) const override {
    return inner_.planCreateIntent(tenant, request, std::move(key));
  }
  GatewayCall planConfirmIntent(const Tenant& tenant, const ConfirmRequest& request,
                                std::string key) const override {
    return inner_.planConfirmIntent(tenant, request, std::move(key));
  }
  GatewayCall planCancelIntent(const Tenant& tenant, const std::string& intent,
                               std::string key) const override {
    return inner_.planCancelIntent(tenant, intent, std::move(key));
  }
  GatewayCall planRefund(const Tenant& tenant, const SagaId& saga, const std::string& intent,
                         std::optional<Money> amount, std::string key) const override {
    return inner_.planRefund(tenant, saga, intent, std::move(amount), std::move(key));
  }

  CallOutcome execute(const Tenant& tenant, const GatewayCall& call) override {
    auto known = confirm(tenant);
    if (known.ok()) return inner_.execute(tenant, call);
    CallOutcome outcome;
    outcome.kind = CallOutcome::Kind::Failed;
    outcome.notSent = true;
    outcome.temporary = !merchantMustAct(known.error());
    outcome.error = std::move(known).error();
    return outcome;
  }
  Result<std::optional<PaymentFact>> retrieveSession(const Tenant& tenant, const std::string& id) override {
    CHECKOUT_TRY(confirm(tenant));
    return inner_.retrieveSession(tenant, id);
  }
  Result<std::optional<PaymentFact>> retrieveIntent(const Tenant& tenant, const std::string& id) override {
    CHECKOUT_TRY(confirm(tenant));
    return inner_.retrieveIntent(tenant, id);
  }
  Result<std::optional<PaymentFact>> findPayment(const Tenant& tenant, const SagaId& saga, int attempt,
                                                 TimePoint plannedAt) override {
    CHECKOUT_TRY(confirm(tenant));
    return inner_.findPayment(tenant, saga, attempt, plannedAt);
  }
  PayerOutcome findPayer(const Tenant& tenant, const std::string& paymentMethodId) override {
    auto known = confirm(tenant);
    return known.ok() ? inner_.findPayer(tenant, paymentMethodId) : unasked(std::move(known).error());
  }
  PayerOutcome ensureCustomer(const Tenant& tenant, const std::string& userDigest,
                              const std::string& gone) override {
    auto known = confirm(tenant);
    return known.ok() ? inner_.ensureCustomer(tenant, userDigest, gone) : unasked(std::move(known).error());
  }
  Result<std::vector<PageLine>> listPageLines(const Tenant& tenant, const std::string& session) override {
    CHECKOUT_TRY(confirm(tenant));
    return inner_.listPageLines(tenant, session);
  }
  Result<Reversals> retrieveReversals(const Tenant& tenant, const std::string& intent) override {
    CHECKOUT_TRY(confirm(tenant));
    return inner_.retrieveReversals(tenant, intent);
  }
  Result<EventPage> listEvents(const Tenant& tenant, const EventQuery& query) override {
    CHECKOUT_TRY(confirm(tenant));
    return inner_.listEvents(tenant, query);
  }
  Result<std::optional<std::string>> account(const Tenant& tenant) override { return inner_.account(tenant); }

 private:
  enum class Standing { Confirmed, Foreign };

  Result<void> confirm(const Tenant& tenant) {
    {
      const std::lock_guard lock(mutex_);
      const auto known = standings_.find(tenant.id);
      if (known != standings_.end())
        return known->second == Standing::Confirmed ? Result<void>{} : foreignKey();
    }
    CHECKOUT_ASSIGN(standing, ask(tenant));
    const std::lock_guard lock(mutex_);
    standings_.emplace(tenant.id, standing);
    return standing == Standing::Confirmed ? Result<void>{} : foreignKey();
  }

  Result<Standing> ask(const Tenant& tenant) {
    std::string name = "simulator";  // the built-in one; it has a new account in each process
    if (!tenant.stripe.sandbox) {
      CHECKOUT_ASSIGN(account, inner_.account(tenant));
      if (!account) {
        log::warn(
            "a tenant's key may not read its account: whether it is that of this store's payments is not "
            "known",
            {{"tenant", tenant.id.value}});
        return Standing::Confirmed;
      }
      name = accountName(tenant, *account);
    }
    CHECKOUT_ASSIGN(known, readFor<std::optional<std::string>>(store_, [&](Transaction& tx) {
                      return tx.ledger().paymentAccount(tenant.id);
                    }));
    if (!known) {  // two that ask at once have one key, and one answer
      CHECKOUT_TRY(
          store_.write([&](Transaction& tx) { return tx.ledger().setPaymentAccount(tenant.id, name); }));
      known = name;
    }
    if (*known == name) return Standing::Confirmed;
    log::error(
        "a tenant's key is of another account than this store's payments: nothing is sent or looked up for "
        "it. "
        "Put the right key back; for the new account use another tenant_id or another store",
        {{"tenant", tenant.id.value}, {"key_of", name}, {"payments_in", *known}});
    return Standing::Foreign;
  }

  PaymentGateway& inner_;
  Store& store_;
  std::mutex mutex_;
  std::map<TenantId, Standing> standings_;
};

}  // namespace

std::unique_ptr<PaymentGateway> guardAccounts(PaymentGateway& inner, Store& store) {
  return std::make_unique<AccountGuard>(inner, store);
}

}  // namespace checkout::saga
