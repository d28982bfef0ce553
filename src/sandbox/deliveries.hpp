// Webhook deliveries: which attempt is due when, signing, and what became of each.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <checkout/clock.hpp>
#include <checkout/http.hpp>
#include <checkout/secret.hpp>

#include "sandbox/faults.hpp"

namespace checkout::sandbox {

struct Account;

struct Delivery {
  enum class State { Pending, Delivered, Failed, Dropped };
  Account* account = nullptr;  // owner of the event
  std::string eventId, eventType;
  std::string endpointId, url;
  Secret secret;
  State state = State::Pending;
  TimePoint dueAt;
  std::uint64_t sequence = 0;
  bool awaitsNext = false;  // held back until the endpoint's next event
  bool isCopy = false;      // a duplicate; doesn't count for pending_webhooks
  int attempts = 0;
  int lastStatus = 0;  // 0: no answer yet, or none came
};
std::string_view toString(Delivery::State state);

// Not thread-safe: used under the simulator's mutex. Between takeDue() and finish() a delivery is on its way;
// one endpoint has so few of them at a time that it can't keep every sender waiting.
class Deliveries {
 public:
  static constexpr int kSenders = 8, kPerEndpoint = 4;

  // Queues one delivery, subject to webhook faults. `delivery.dueAt` is now.
  void enqueue(Delivery delivery, const std::vector<Fault>& faults);
  // The next delivery due at `now`, taken out of the queue; index for finish(), which must follow.
  std::optional<std::size_t> takeDue(TimePoint now);
  Delivery& at(std::size_t index) { return log_[index]; }
  // status 0: no answer. Anything but 2xx is tried again later, up to the last retry.
  void finish(std::size_t index, int status, TimePoint now);
  // When takeDue() will have something, unless finish() comes first.
  std::optional<TimePoint> nextDue() const;
  // What waits for this endpoint is given up.
  void cancel(const std::string& endpointId);
  const std::deque<Delivery>& log() const { return log_; }

 private:
  bool isBusy(const Delivery& delivery) const;  // its endpoint has enough on the way
  void push(std::size_t index);
  void release(Delivery& delivery);  // it waits for no other event any more

  std::deque<Delivery> log_;
  std::set<std::tuple<TimePoint, std::uint64_t, std::size_t>> queue_;  // due, sequence, index
  std::map<std::string, int> onTheirWay_;                              // by endpoint
  std::uint64_t sequence_ = 0;
  int held_ = 0;  // how many in the queue await another event
};

// "t=…,v1=…": HMAC-SHA256 of "<seconds>.<body>".
std::string signatureHeader(const Secret& secret, std::int64_t unixSeconds, const std::string& body);

}  // namespace checkout::sandbox
