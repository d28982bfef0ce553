#include "notify/outbox_worker.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace checkout::notify {
namespace {

const TimePoint kEndOfTime = fromUnixMillis(253'402'300'799'000);  // end of year 9999

Milliseconds backoff(int attempts, const OutboxWorkerOptions& options) {
  Milliseconds delay = options.firstDelay;
  for (int i = 0; i < attempts && delay < options.longestDelay; ++i) delay *= 2;
  return std::min(delay, options.longestDelay);
}

}  // namespace

OutboxWorker::OutboxWorker(Store& store, Mailer& mailer, const Clock& clock, OutboxWorkerOptions options)
    : store_(store), mailer_(mailer), clock_(clock), options_(options), loop_([this] {
        return deliverDue();
      }) {}

std::optional<Milliseconds> OutboxWorker::deliverDue() {
  // Asking for everything that will ever be due tells what is due now and when the next message will be.
  const auto waiting = readFor<std::vector<OutboxMessage>>(
      store_, [&](Transaction& tx) { return tx.outbox().due(kEndOfTime, options_.batch); });
  if (!waiting.ok()) {
    log::warn("The outbox can't be read", {{"error", waiting.error().message}});
    return options_.firstDelay;
  }
  std::optional<Milliseconds> pause;
  const auto sooner = [&](Milliseconds delay) { pause = pause ? std::min(*pause, delay) : delay; };
  for (const OutboxMessage& message : *waiting) {
    if (loop_.stopping()) break;
    const TimePoint now = clock_.now();
    if (message.dueAt > now)
      sooner(message.dueAt - now);
    else if (deliverOne(message))
      sooner(Milliseconds(0));  // look again: what was postponed has its new time, and more may wait
    else
      sooner(options_.firstDelay);
  }
  return pause;
}

bool OutboxWorker::deliverOne(const OutboxMessage& message) {
  const auto delivered = mailer_.deliver(message.email);
  const TimePoint now = clock_.now();
  const auto kept = store_.write([&](Transaction& tx) -> Result<void> {
    if (delivered.ok()) return tx.outbox().markDelivered(message.tenantId, message.email.id, now);
    return tx.outbox().postpone(message.tenantId, message.email.id,
                                now + backoff(message.attempts, options_));
  });
  const auto& tenant = message.tenantId.value;
  if (!delivered.ok())
    log::warn("An e-mail was not delivered and will be tried again",
              {{"tenant", tenant}, {"email", message.email.id}, {"error", delivered.error().message}});
  if (!kept.ok())
    log::warn("The outcome of an e-mail could not be stored; it may go out twice",
              {{"tenant", tenant}, {"email", message.email.id}, {"error", kept.error().message}});
  return kept.ok();
}

}  // namespace checkout::notify
