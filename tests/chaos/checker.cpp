#include "chaos/checker.hpp"

#include "chaos/books.hpp"

namespace checkout::chaos {
namespace {

std::size_t countOf(const Json& ledger, const char* member) {
  return ledger.value(member, Json::array()).size();
}

}  // namespace

Verdict examine(const Evidence& evidence) {
  Verdict verdict;
  verdict.violations = evidence.history.violations();
  Books books = readBooks(evidence, verdict.violations);
  for (const auto& [id, book] : books.sagas) {
    ++verdict.byStatus[std::string(toString(book.saga.status))];
    verdict.events += book.events.size();
    verdict.calls += book.calls.size();
  }
  verdict.payments = books.payments.size();
  for (const auto& [tenant, ledger] : evidence.ledgers) {
    verdict.refunds += countOf(ledger, "refunds");
    verdict.deliveries += countOf(ledger, "webhook_deliveries");
  }

  Judge judge(evidence, std::move(books), verdict.violations);
  judge.judgeSagas();
  judge.judgeClients();
  judge.judgePayments();
  judge.judgeConsent();
  judge.judgeWants();
  judge.judgeReversals();
  judge.judgeStock();
  judge.judgeCalls();
  judge.judgeDeliveries();
  judge.judgeRest();
  judge.searchSecrets();
  return verdict;
}

}  // namespace checkout::chaos
