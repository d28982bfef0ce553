// The invariants of the checkout, checked from outside after a run: against the simulator's ledger, the store
// of a server that has stopped, and what the clients were told. Nothing here trusts the code under test
// beyond its stored form.
//
// How each invariant is seen here:
//
//  1 One paid payment per saga: paid intents in the ledger, one for each run of the saga (a retry is a new
//    run), and at most one that was not given back.
//  2 Every payment's saga is completed, or its money is back: each paid intent against its saga, each refund
//    against the store's ledger.
//  3 Captured - refunded = completed totals: sums per shop and currency.
//  4 Free + reserved + sold = initial: stock levels against the configuration, and against the quantities of
//    the sagas that completed or still hold.
//  5 A completed order equals the frozen cart: order, saga, its digest, the shop's prices, the paid intent.
//  6 What was acknowledged is readable: every answered saga, every answered status with its time (as an
//    event), confirmed orders, carts; orders are mailed.
//  7 One key, one saga: answers to equal keys, the key's row; clients try other arguments and expect
//    IDEMPOTENCY_CONFLICT.
//  8 Legal transitions, gapless events: the event log with its hash chain, ending in the saga's status.
//  9 No write with a stale fence: times in the event log never run backwards, no two writers left the same
//    step completed twice in one run; the simulation also watches every lease.
// 10 One Stripe key, one body: mismatches in the ledger; a key in one account only.
// 11 An event takes effect once: acknowledged deliveries are in the inbox, each webhook is in its saga's
//    history once, one payment_paid for each intent.
// 12 Webhooks' order and loss do not matter: paid and never cancelled means completed; nothing is parked that
//    belongs to a known payment.
// 13 Cancel against pay, one outcome: a confirmed cancellation stays one, unless it was retried or a late
//    payment is honoured; a completed checkout stays completed.
// 14 An intent precedes every call: each key in the ledger has a call record with the same path and digest.
// 15 No tenant sees another's data: clients compare answers on foreign and unknown ids; ids and payments lie
//    with the tenant they name.
// 16 At rest everything is terminal: statuses, leases, timers and outbox; pending sagas hold nothing.
// 17 No secret in store, logs or results: clients search results; here the store, the logs, the mails.
// 18 The total shown is the total charged: what clients were shown before each call that charges without a
//    page, against the intents; what was shown beside a page, against its session.
// 19 Who obeys nextAction ends, and buys once: agents count their own calls; kept payments of one cart.
// 20 Above the approval threshold nothing is charged that the customer has not approved: intents without a
//    page against the approvals that clients gave.
// 21 Stripe's captured - refunded is what order, mail and ledger say: payment by payment, refunds made at the
//    dashboard included.
// 22 What is owed is done or listed as stuck: failed refunds and open disputes against what operators see.
// 23 What needs only the store is answered at once, however slow Stripe is: the chaos run asks meanwhile.
// 24 No answer of Stripe's ends the process or is an internal error: clients, and whoever runs the server.
//
// What needs a person (a refund that the bank sent back, a disputed payment) may rest unfinished, and keep
// money, as long as operators are told of it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <checkout/store.hpp>

#include "chaos/history.hpp"
#include "chaos/shop.hpp"

namespace checkout::chaos {

struct Evidence {
  Store& store;
  const std::vector<Shop>& shops;
  std::map<TenantId, Json> ledgers;  // of each shop's account
  const History& history;
  TimePoint now;                 // by the server's clock
  std::filesystem::path folder;  // everything the server wrote: store, logs, mails
  // Since when no server was killed, and the last lease of a killed one has run out; none: now.
  std::optional<TimePoint> calmSince = std::nullopt;
};

struct Verdict {
  std::vector<Violation> violations;            // those that clients have seen themselves included
  std::map<std::string, std::size_t> byStatus;  // how many sagas ended how
  std::size_t payments = 0, refunds = 0, events = 0, calls = 0, deliveries = 0;
};

Verdict examine(const Evidence& evidence);

}  // namespace checkout::chaos
