#include "stripe/circuit_breaker.hpp"

#include <algorithm>

namespace checkout::stripe {

std::optional<Milliseconds> CircuitBreaker::enter(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = circuits_.find(key);
  if (found == circuits_.end() || found->second.pause == Milliseconds{0}) return std::nullopt;
  Circuit& circuit = found->second;
  const Milliseconds elapsed = clock_.now() - circuit.openedAt;
  const bool isOver = elapsed >= circuit.pause || elapsed < Milliseconds{0};  // a clock may be set back
  if (isOver && !circuit.isProbed) {
    circuit.isProbed = true;
    return std::nullopt;
  }
  return isOver ? options_.firstPause : circuit.pause - elapsed;
}

CircuitBreaker::Change CircuitBreaker::report(const std::string& key, Health health) {
  const std::lock_guard lock(mutex_);
  Circuit& circuit = circuits_[key];
  const bool wasOpen = circuit.pause > Milliseconds{0};
  if (health == Health::Unknown) {
    circuit.isProbed = false;
    return Change::None;
  }
  if (health == Health::Up) {
    circuit = {};
    return wasOpen ? Change::Closed : Change::None;
  }
  if (wasOpen && !circuit.isProbed) return Change::None;  // it set out before the circuit opened
  if (!wasOpen && ++circuit.failures < options_.failuresToOpen) return Change::None;
  circuit.pause = wasOpen ? std::min(circuit.pause * 2, options_.longestPause) : options_.firstPause;
  circuit.openedAt = clock_.now();
  circuit.isProbed = false;
  return wasOpen ? Change::None : Change::Opened;
}

}  // namespace checkout::stripe
