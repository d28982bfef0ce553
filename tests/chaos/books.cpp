#include "chaos/books.hpp"

#include "app/operate/saga_list.hpp"

namespace checkout::chaos {
namespace {

constexpr int kPage = 100;

Result<SagaBook> readSaga(Transaction& tx, Saga saga) {
  SagaBook book;
  const TenantId tenant = saga.tenantId;
  CHECKOUT_ASSIGN(events, tx.sagas().events(tenant, saga.id));
  CHECKOUT_ASSIGN(calls, tx.calls().ofSaga(tenant, saga.id));
  CHECKOUT_ASSIGN(refunds, tx.ledger().refundsOf(tenant, saga.id));
  if (saga.orderId) {
    CHECKOUT_ASSIGN(order, tx.orders().find(tenant, *saga.orderId));
    book.order = std::move(order);
  }
  book.saga = std::move(saga);
  book.events = std::move(events);
  book.calls = std::move(calls);
  book.refunds = std::move(refunds);
  return book;
}

Result<void> readUser(Transaction& tx, const TenantId& tenant, const UserId& user, Books& books) {
  SagaPageQuery query{user, std::nullopt, kPage, ""};
  for (;;) {
    CHECKOUT_ASSIGN(page, tx.sagas().list(tenant, query));
    for (Saga& saga : page.sagas) {
      const SagaId id = saga.id;
      CHECKOUT_ASSIGN(book, readSaga(tx, std::move(saga)));
      books.sagas[id] = std::move(book);
    }
    if (page.nextCursor.empty()) return {};
    query.cursor = page.nextCursor;
  }
}

void readRefunds(const Json& ledger, const std::map<std::string, std::size_t>& at, Books& books) {
  for (const Json& refund : ledger.value("refunds", Json::array())) {
    const std::string status = memberText(refund, "status");
    const auto paid = at.find(memberText(refund, "payment_intent"));
    if (paid == at.end()) continue;
    Payment& payment = books.payments[paid->second];
    if (memberText(refund["metadata"], "saga_id").empty()) payment.merchantRefunded = true;
    if (status == "failed") payment.refundFailed = true;
    if (status == "failed" || status == "canceled") continue;
    payment.refunded += refund.value("amount", std::int64_t{0});
    payment.refundIds.push_back(memberText(refund, "id"));
  }
  for (const Json& dispute : ledger.value("disputes", Json::array())) {
    const auto paid = at.find(memberText(dispute, "payment_intent"));
    if (paid == at.end()) continue;
    books.payments[paid->second].wasDisputed = true;
    books.payments[paid->second].isDisputed |= memberText(dispute, "status") == "needs_response";
  }
}

void readPayments(const TenantId& account, const Json& ledger, Books& books) {
  std::set<std::string> onPages;
  for (const Json& session : ledger.value("sessions", Json::array())) {
    books.pages[memberText(session, "id")] = session.value("amount_total", std::int64_t{0});
    onPages.insert(memberText(session, "payment_intent"));
  }
  std::map<std::string, std::size_t> at;
  for (const Json& intent : ledger.value("payment_intents", Json::array())) {
    const std::int64_t received = intent.value("amount_received", std::int64_t{0});
    if (received <= 0) continue;
    Payment payment;
    payment.account = account;
    payment.intentId = memberText(intent, "id");
    payment.currency = memberText(intent, "currency");
    payment.amount = intent.value("amount", std::int64_t{0});
    payment.received = received;
    payment.hasPage = onPages.contains(payment.intentId);
    payment.sagaId = memberText(intent["metadata"], "saga_id");
    payment.tenantId = memberText(intent["metadata"], "tenant_id");
    at[payment.intentId] = books.payments.size();
    books.payments.push_back(std::move(payment));
  }
  readRefunds(ledger, at, books);
}

// As `checkout-mcp saga list --stuck` has it.
Result<void> readList(const Evidence& evidence, Books& books) {
  app::operate::SagaCommand stuck;
  stuck.stuckOnly = true;
  CHECKOUT_ASSIGN(list, app::operate::readList(evidence.store, stuck, evidence.now));
  for (const Saga& saga : list.sagas)
    if (const auto found = books.sagas.find(saga.id); found != books.sagas.end())
      found->second.isListed = true;
  return {};
}

}  // namespace

std::string memberText(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Books readBooks(const Evidence& evidence, std::vector<Violation>& found) {
  Books books;
  std::set<std::pair<TenantId, UserId>> users;
  for (const Purchase& purchase : evidence.history.purchases()) users.emplace(purchase.tenant, purchase.user);
  for (const auto& [tenant, user] : users) {
    const auto read = evidence.store.read(
        [&, tenant = tenant, user = user](Transaction& tx) { return readUser(tx, tenant, user, books); });
    if (!read.ok())
      found.push_back({6, "", "the sagas of " + user.value + " can't be read: " + read.error().message});
  }
  for (const auto& [tenant, ledger] : evidence.ledgers) readPayments(tenant, ledger, books);
  if (const auto read = readList(evidence, books); !read.ok())
    found.push_back({22, "", "what is stuck can't be listed: " + read.error().message});
  return books;
}

}  // namespace checkout::chaos
