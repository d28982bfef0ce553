// In-process feed of saga transitions, published after their transaction is durable.
#pragma once

#include <functional>
#include <memory>

#include <checkout/saga.hpp>

namespace checkout {

struct SagaChange {
  TenantId tenantId;
  SagaId sagaId;
  std::int64_t version = 0;
  SagaStatus status = SagaStatus::Pending;
};

// Thread-safe. Listeners run on the publishing thread, must not block and must not throw.
class SagaChangeFeed {
 public:
  virtual ~SagaChangeFeed() = default;
  virtual void publish(const SagaChange& change) = 0;
  // The listener is called until the returned handle is destroyed; never after.
  virtual std::shared_ptr<void> subscribe(std::function<void(const SagaChange&)> listener) = 0;
};

}  // namespace checkout
