// Everything a serving process is made of, put together: the only place where all parts meet.
#pragma once

#include <memory>
#include <string>

#include <checkout/clock.hpp>

#include "app/config.hpp"
#include "app/event_sweeper.hpp"
#include "app/local_sandbox.hpp"
#include "app/seams.hpp"
#include "app/timer_worker.hpp"
#include "mcp/server.hpp"
#include "notify/outbox_worker.hpp"
#include "saga/checkout_service.hpp"
#include "webhooks/inbox.hpp"

namespace checkout {
class Metrics;
}

namespace checkout::app {

struct RuntimeOptions {
  std::string store;            // a store URL
  std::string publicUrl;        // of this server, for the pages customers return to
  bool webhooksArrive = false;  // does the payment provider reach this process?
  Seams seams = {};
  // False: for one command of an operator. No workers, no simulator, no change of the stock: nothing is done
  // but what it asks for.
  bool serves = true;
  Metrics* metrics = nullptr;  // where to count; must outlive the runtime
};

// Starts the workers if it serves, which go on with what an earlier process left. Its parts are thread-safe;
// they live as long as the runtime, so stop whatever takes requests in before it goes.
class Runtime {
 public:
  // ValidationFailed if the options can't work, ServiceUnavailable if the store can't be had. `opened` is the
  // store that the options name, if the caller has it open already.
  static Result<std::unique_ptr<Runtime>> start(Config config, const RuntimeOptions& options,
                                                std::unique_ptr<Store> opened = nullptr);
  ~Runtime();

  const mcp::Server& server() const { return *server_; }
  webhooks::Inbox& inbox() { return *inbox_; }
  Store& store() { return *store_; }
  saga::CheckoutService& checkouts() { return *checkouts_; }
  const TenantDirectory& tenants() const { return *tenants_; }
  const Clock& clock() const { return *clock_; }

  // Lets the simulator report to this process: POST <url>/webhooks/stripe/<tenant>.
  void receiveSandboxWebhooks(const std::string& url);

 private:
  Runtime() = default;
  Result<void> startSandbox(std::vector<Tenant>& tenants);
  Result<void> declareStock();
  void introduce(const RuntimeOptions& options) const;  // to whoever reads the log
  Result<void> warnOfForeignTenants();                  // tenants of the store that are not configured
  void startWorkers(const std::filesystem::path& outbox, bool webhooksArrive);

  // In the order in which they depend on each other.
  std::shared_ptr<const Clock> clock_;
  std::unique_ptr<LocalSandbox> sandbox_;  // nullptr: no tenant uses it
  std::unique_ptr<TenantDirectory> tenants_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<PaymentGateway> provider_;
  std::unique_ptr<PaymentGateway> gateway_;  // the provider, with keys of the store's accounts only
  std::unique_ptr<PaymentEventVerifier> verifier_;
  std::unique_ptr<SagaChangeFeed> feed_;
  std::unique_ptr<saga::CheckoutService> checkouts_;
  std::unique_ptr<webhooks::Inbox> inbox_;
  std::unique_ptr<Mailer> mailer_;
  std::unique_ptr<notify::OutboxWorker> outbox_;
  std::unique_ptr<TimerWorker> timers_;
  std::unique_ptr<EventSweeper> sweeper_;
  std::shared_ptr<void> wakingWorkers_;
  std::unique_ptr<mcp::Server> server_;
  std::shared_ptr<void> tellingSubscribers_;
};

}  // namespace checkout::app
