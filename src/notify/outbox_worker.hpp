// Delivers what lies in the store's outbox, in a thread of its own.
#pragma once

#include <optional>

#include <checkout/store.hpp>

#include "base/wakeable_loop.hpp"

namespace checkout::notify {

struct OutboxWorkerOptions {
  Milliseconds firstDelay{1'000};  // before the second try of a message; doubles with each further one …
  Milliseconds longestDelay{3'600'000};  // … up to this
  int batch = 50;
};

// A message is delivered at least once: after a crash between delivery and its mark it goes out again, under
// the same Email::id. Store, mailer and clock must outlive the worker.
class OutboxWorker {
 public:
  OutboxWorker(Store& store, Mailer& mailer, const Clock& clock, OutboxWorkerOptions options = {});
  ~OutboxWorker() { loop_.stop(); }  // finishes the message at hand, leaves the others for the next start

  // Something may have been put into the outbox. Any thread; never blocks on delivery.
  void wake() { loop_.wake(); }

 private:
  // Delivers what is due now; how long to sleep unless woken (nullopt: nothing waits).
  std::optional<Milliseconds> deliverDue();
  bool deliverOne(const OutboxMessage& message);  // false: the store could not keep the outcome

  Store& store_;
  Mailer& mailer_;
  const Clock& clock_;
  const OutboxWorkerOptions options_;
  WakeableLoop loop_;  // last: its thread uses the others
};

}  // namespace checkout::notify
