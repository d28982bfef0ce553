#include "sandbox/deliveries.hpp"

#include <array>
#include <chrono>

#include "base/digest.hpp"
#include "base/enum_names.hpp"

namespace checkout::sandbox {
namespace {

using namespace std::chrono_literals;

// Before the second, third … attempt. Stripe: growing pauses over up to three days.
constexpr std::array<Milliseconds, 8> kRetryAfter = {10s, 1min, 10min, 1h, 3h, 8h, 20h, 40h};

constexpr EnumNames<Delivery::State, 4> kStates = {{
    {Delivery::State::Pending, "pending"},
    {Delivery::State::Delivered, "delivered"},
    {Delivery::State::Failed, "failed"},
    {Delivery::State::Dropped, "dropped"},
}};

}  // namespace

std::string_view toString(Delivery::State state) {
  return nameOf(kStates, state);
}

void Deliveries::push(std::size_t index) {
  Delivery& delivery = log_[index];
  delivery.sequence = ++sequence_;
  queue_.emplace(delivery.dueAt, delivery.sequence, index);
}

void Deliveries::release(Delivery& delivery) {
  if (delivery.awaitsNext) --held_;
  delivery.awaitsNext = false;
}

void Deliveries::enqueue(Delivery delivery, const std::vector<Fault>& faults) {
  const TimePoint now = delivery.dueAt;
  bool twice = false;
  for (const Fault& fault : faults) {
    if (fault.kind == FaultKind::Drop) delivery.state = Delivery::State::Dropped;
    if (fault.kind == FaultKind::Duplicate) twice = true;
    if (fault.kind == FaultKind::Delay || fault.kind == FaultKind::Reorder)
      delivery.dueAt = now + fault.latency;
    if (fault.kind == FaultKind::Reorder) delivery.awaitsNext = true;
  }
  std::vector<std::size_t> overtaken;
  if (held_ > 0)
    for (const auto& [due, sequence, index] : queue_)
      if (log_[index].awaitsNext && log_[index].endpointId == delivery.endpointId) overtaken.push_back(index);

  log_.push_back(delivery);
  if (delivery.state == Delivery::State::Dropped) return;
  if (delivery.awaitsNext) ++held_;
  push(log_.size() - 1);
  if (twice) {
    delivery.isCopy = true;
    delivery.awaitsNext = false;
    log_.push_back(delivery);
    push(log_.size() - 1);
  }
  for (const std::size_t index : overtaken) {
    Delivery& held = log_[index];
    queue_.erase({held.dueAt, held.sequence, index});
    release(held);
    held.dueAt = delivery.dueAt;
    push(index);
  }
}

bool Deliveries::isBusy(const Delivery& delivery) const {
  const auto count = onTheirWay_.find(delivery.endpointId);
  return count != onTheirWay_.end() && count->second >= kPerEndpoint;
}

std::optional<std::size_t> Deliveries::takeDue(TimePoint now) {
  for (auto entry = queue_.begin(); entry != queue_.end() && std::get<0>(*entry) <= now; ++entry) {
    const std::size_t index = std::get<2>(*entry);
    if (isBusy(log_[index])) continue;
    queue_.erase(entry);
    release(log_[index]);
    ++onTheirWay_[log_[index].endpointId];
    return index;
  }
  return std::nullopt;
}

void Deliveries::finish(std::size_t index, int status, TimePoint now) {
  Delivery& delivery = log_[index];
  --onTheirWay_[delivery.endpointId];
  delivery.lastStatus = status;
  ++delivery.attempts;
  if (status >= 200 && status < 300) {
    delivery.state = Delivery::State::Delivered;
  } else if (static_cast<std::size_t>(delivery.attempts) > kRetryAfter.size()) {
    delivery.state = Delivery::State::Failed;
  } else {
    delivery.dueAt = now + kRetryAfter[static_cast<std::size_t>(delivery.attempts) - 1];
    push(index);
  }
}

std::optional<TimePoint> Deliveries::nextDue() const {
  for (const auto& [due, sequence, index] : queue_)
    if (!isBusy(log_[index])) return due;
  return std::nullopt;
}

void Deliveries::cancel(const std::string& endpointId) {
  std::erase_if(queue_, [&](const auto& entry) {
    Delivery& delivery = log_[std::get<2>(entry)];
    if (delivery.endpointId != endpointId) return false;
    delivery.state = Delivery::State::Failed;
    release(delivery);
    return true;
  });
}

std::string signatureHeader(const Secret& secret, std::int64_t unixSeconds, const std::string& body) {
  const std::string seconds = std::to_string(unixSeconds);
  return "t=" + seconds + ",v1=" + hmacSha256Hex(secret, seconds + "." + body);
}

}  // namespace checkout::sandbox
