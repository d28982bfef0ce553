// What a question costs depends on its answer, not on what is stored: the steps of SQLite's virtual machine
// are counted in a store with few ended checkouts and in one with many.
#include <atomic>

#include <sqlite3.h>

#include "contract/store_fixture.hpp"

namespace checkout::store {
namespace {

std::atomic<std::int64_t> steps = 0;

// Called by SQLite for every connection that is opened.
int countSteps(sqlite3* database, char**, const sqlite3_api_routines*) {
  return sqlite3_trace_v2(
      database, SQLITE_TRACE_PROFILE,
      [](unsigned, void*, void* statement, void*) {
        steps += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
        return 0;
      },
      nullptr);
}

class StepCounting {
 public:
  StepCounting() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&countSteps)); }
  ~StepCounting() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&countSteps)); }
};

constexpr int kFew = 10, kMany = 1000;

struct Question {
  std::string name;
  std::function<Result<void>(Transaction&)> ask;
};

template <class T>
Result<void> done(const Result<T>& answer) {
  if (!answer.ok()) return answer.error();
  return {};
}

const TenantId kLarge{"large"};

std::vector<Question> questions() {
  const SagaId live{"live"}, ended{"ended_1"};
  return {
      {"timers.due", [](Transaction& tx) { return done(tx.timers().due(at(1), 10)); }},
      {"timers.next", [](Transaction& tx) { return done(tx.timers().next()); }},
      {"sagas.find", [=](Transaction& tx) { return done(tx.sagas().find(kLarge, live)); }},
      {"sagas.findLive",
       [](Transaction& tx) { return done(tx.sagas().findLive(kLarge, CartId{"cart_live"})); }},
      {"sagas.findByPayment",
       [](Transaction& tx) { return done(tx.sagas().findByPayment(kLarge, "cs_ended_1")); }},
      {"sagas.list",
       [](Transaction& tx) {
         return done(tx.sagas().list(kLarge, {kAda, {}, 5, ""}));
       }},
      {"sagas.events", [=](Transaction& tx) { return done(tx.sagas().events(kLarge, ended)); }},
      {"sagas.tenants", [](Transaction& tx) { return done(tx.sagas().tenants()); }},
      {"sagas.unsettled", [](Transaction& tx) { return done(tx.sagas().unsettled(kLarge, 10)); }},
      {"inbox.find", [](Transaction& tx) { return done(tx.inbox().find(kLarge, "evt_ended_1")); }},
      {"inbox.parkedFor", [](Transaction& tx) { return done(tx.inbox().parkedFor(kLarge, "cs_ended_1")); }},
      {"outbox.due", [](Transaction& tx) { return done(tx.outbox().due(at(1), 10)); }},
      {"ledger.refundsOf", [=](Transaction& tx) { return done(tx.ledger().refundsOf(kLarge, ended)); }},
      {"ledger.disputesOf", [=](Transaction& tx) { return done(tx.ledger().disputesOf(kLarge, ended)); }},
      {"ledger.eventsReadUntil", [](Transaction& tx) { return done(tx.ledger().eventsReadUntil(kLarge)); }},
      {"ledger.paymentAccount", [](Transaction& tx) { return done(tx.ledger().paymentAccount(kLarge)); }},
      {"calls.ofSaga", [=](Transaction& tx) { return done(tx.calls().ofSaga(kLarge, ended)); }},
  };
}

Result<void> addEnded(Transaction& tx, const std::string& id) {
  Saga saga = makeSaga(id, kLarge, kAda, CartId{"cart_" + id});
  saga.status = SagaStatus::Completed;
  CHECKOUT_TRY(tx.sagas().insert(saga, makeEvent(saga)));
  CHECKOUT_TRY(tx.sagas().linkPayment(kLarge, "cs_" + id, saga.id));
  CHECKOUT_TRY(
      tx.inbox().insert({kLarge, "evt_" + id, "t", "cs_" + id, "{}", InboxEvent::State::Applied, at(0)}));
  CHECKOUT_TRY(tx.outbox().put({kLarge, saga.id, {"mail_" + id, "a@b", "c@d", "s", "t"}, 0, at(0)}));
  CHECKOUT_TRY(tx.outbox().markDelivered(kLarge, "mail_" + id, at(0)));
  const Money amount{100, {"usd"}};
  CHECKOUT_TRY(tx.ledger().putRefund({kLarge, "re_" + id, saga.id, "pi", amount, "succeeded", at(0), at(0)}));
  CHECKOUT_TRY(tx.ledger().putDispute(
      {kLarge, "du_" + id, saga.id, "pi", amount, "lost", "fraudulent", at(0), at(0)}));
  CallRecord call;
  call.tenantId = kLarge;
  call.sagaId = saga.id;
  call.call.idempotencyKey = "key_" + id;
  call.createdAt = call.updatedAt = at(0);
  return tx.calls().begin(call);
}

// By question, in a store with so many ended checkouts and one live one.
std::vector<std::int64_t> costs(int ended) {
  const StepCounting counting;
  const TemporaryDirectory directory;
  auto store = openStore("sqlite:" + (directory.path() / "s.db").string());
  EXPECT_EQ(codeOf(store), "OK");
  EXPECT_EQ(codeOf((*store)->write([&](Transaction& tx) -> Result<void> {
              for (int i = 0; i < ended; ++i) CHECKOUT_TRY(addEnded(tx, "ended_" + std::to_string(i)));
              const Saga live = makeSaga("live", kLarge, kAda, CartId{"cart_live"});
              CHECKOUT_TRY(tx.sagas().insert(live, makeEvent(live)));
              return tx.timers().set({kLarge, live.id, TimerKind::PaymentCheck, at(0)});
            })),
            "OK");
  std::vector<std::int64_t> answer;
  for (const Question& question : questions()) {
    const std::int64_t before = steps;
    EXPECT_EQ(codeOf((*store)->read(question.ask)), "OK") << question.name;
    answer.push_back(steps - before);
  }
  return answer;
}

TEST(Cost, OfAQuestionDoesNotGrowWithWhatIsStored) {
  const auto few = costs(kFew), many = costs(kMany);
  for (std::size_t i = 0; i < few.size(); ++i) {
    EXPECT_GT(few[i], 0) << questions()[i].name;
    EXPECT_LE(many[i], few[i] + 20) << questions()[i].name;
  }
}

}  // namespace
}  // namespace checkout::store
