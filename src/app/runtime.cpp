#include "app/runtime.hpp"

#include <algorithm>

#include "app/change_feed.hpp"
#include "app/state_key.hpp"
#include "base/log.hpp"
#include "notify/file_mailer.hpp"
#include "prompts/catalog_of_prompts.hpp"
#include "resources/catalog_of_resources.hpp"
#include "saga/account_guard.hpp"
#include "store/open_store.hpp"
#include "stripe/gateway.hpp"
#include "stripe/http_client.hpp"
#include "stripe/webhook_verifier.hpp"
#include "tools/catalog_of_tools.hpp"

namespace checkout::app {
namespace {

constexpr const char* kInstructions =
    "Sells goods of the shops it serves. Find products with catalog_search, fill a cart with cart_add_item, "
    "then "
    "checkout_start, and for physical goods checkout_shipping_options and checkout_select_shipping, then "
    "checkout_create_payment_session. Show the customer the payment page's url; never ask for card data. "
    "Follow "
    "nextAction in each result. federation_help explains every step.";

mcp::ServerInfo serverInfo() {
  return {"checkout-mcp", "Checkout", CHECKOUT_VERSION, "", kInstructions};
}

// A SQLite store has one process at a time, sure by the lock on its file: under one name for all, the next
// one takes over at once what a killed one held, instead of waiting for its leases to run out.
constexpr const char* kWorkerName = "owner-of-the-file";

// Each may wait for Stripe, and one tenant's timers take up half of them at most.
constexpr int kTimerThreads = 16;

std::filesystem::path outboxBeside(const std::string& storeUrl) {
  const std::filesystem::path file(storeUrl.substr(storeUrl.find(':') + 1));
  return file.parent_path() / "outbox";
}

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::start(Config config, const RuntimeOptions& options,
                                                std::unique_ptr<Store> opened) {
  std::unique_ptr<Runtime> runtime(new Runtime);
  const Seams& seams = options.seams;
  runtime->clock_ = seams.clock ? seams.clock : std::make_shared<SystemClock>();
  const Clock& clock = *runtime->clock_;
  if (!opened) {
    CHECKOUT_ASSIGN(store, store::openStore(options.store));
    opened = std::move(store);
  }
  runtime->store_ = seams.aroundStore ? seams.aroundStore(std::move(opened)) : std::move(opened);
  if (options.serves) CHECKOUT_TRY(runtime->startSandbox(config.tenants));
  runtime->tenants_ = makeTenantDirectory(std::move(config.tenants));
  if (options.serves) CHECKOUT_TRY(runtime->declareStock());
  if (options.serves) CHECKOUT_TRY(runtime->warnOfForeignTenants());

  stripe::HttpClientOptions client;
  if (!config.caFile.empty()) client.caFile = config.caFile.string();
  runtime->http_ = stripe::makeHttpClient(std::move(client));
  stripe::GatewayOptions gatewayOptions;
  gatewayOptions.metrics = options.metrics;
  auto gateway = stripe::makeStripeGateway(*runtime->http_, clock, gatewayOptions);
  runtime->provider_ = seams.aroundGateway ? seams.aroundGateway(std::move(gateway)) : std::move(gateway);
  runtime->gateway_ = saga::guardAccounts(*runtime->provider_, *runtime->store_);
  runtime->verifier_ = stripe::makeWebhookVerifier(clock);
  runtime->feed_ = makeChangeFeed();
  runtime->checkouts_ = std::make_unique<saga::CheckoutService>(
      *runtime->store_, *runtime->tenants_, *runtime->gateway_, clock, *runtime->feed_,
      saga::CheckoutOptions{options.publicUrl, kWorkerName, options.serves ? kTimerThreads : 0,
                            options.webhooksArrive});
  runtime->inbox_ =
      std::make_unique<webhooks::Inbox>(*runtime->tenants_, *runtime->verifier_, *runtime->checkouts_);
  const tools::ToolServices services{*runtime->store_, *runtime->tenants_, *runtime->checkouts_,
                                     *runtime->feed_, clock};
  mcp::ServerOptions engine;
  if (options.serves) engine.stateKey = stateKeyBeside(options.store);
  engine.clock = &clock;
  engine.metrics = options.metrics;
  runtime->server_ = std::make_unique<mcp::Server>(
      serverInfo(),
      mcp::Features{tools::allTools(services, config.tenantHeader ? tools::TenantHeader::Mirrored
                                                                  : tools::TenantHeader::None),
                    resources::allResources(services), prompts::allPrompts(services)},
      engine);
  runtime->tellingSubscribers_ =
      runtime->feed_->subscribe([server = runtime->server_.get()](const SagaChange& change) {
        server->announce(resources::changeOf(change));
      });
  if (options.serves) runtime->introduce(options);
  if (options.serves)
    runtime->startWorkers(config.fileOutbox.empty() ? outboxBeside(options.store) : config.fileOutbox,
                          options.webhooksArrive);
  return runtime;
}

Runtime::~Runtime() {
  if (sandbox_) sandbox_->stop(Milliseconds(0));  // no page outlives the process that would hear of it
}

Result<void> Runtime::startSandbox(std::vector<Tenant>& tenants) {
  const auto usesIt = [](const Tenant& tenant) { return tenant.stripe.sandbox; };
  if (std::none_of(tenants.begin(), tenants.end(), usesIt)) return {};
  CHECKOUT_ASSIGN(sandbox, LocalSandbox::start("127.0.0.1", 0, *clock_));
  sandbox_ = std::move(sandbox);
  for (Tenant& tenant : tenants)
    if (tenant.stripe.sandbox) tenant.stripe.apiBase = sandbox_->url();
  return {};
}

Result<void> Runtime::declareStock() {
  return store_->write([this](Transaction& tx) -> Result<void> {
    for (const Tenant* tenant : tenants_->all())
      for (const Product& product : tenant->catalog->all())
        CHECKOUT_TRY(product.initialStock ? tx.stock().declare(tenant->id, product.id, *product.initialStock)
                                          : tx.stock().undeclare(tenant->id, product.id));
    return {};
  });
}

void Runtime::introduce(const RuntimeOptions& options) const {
  std::string tenants;
  for (const Tenant* tenant : tenants_->all()) {
    const char* mode = tenant->stripe.sandbox    ? "simulator"
                       : tenant->stripe.livemode ? "LIVE MODE"
                                                 : "test mode";
    tenants.append(tenants.empty() ? "" : ", ")
        .append(tenant->id.value)
        .append(" (")
        .append(mode)
        .append(")");
  }
  log::info("checkout-mcp starts", {{"version", CHECKOUT_VERSION},
                                    {"store", options.store},
                                    {"tenants", tenants},
                                    {"public_url", options.publicUrl}});
}

Result<void> Runtime::warnOfForeignTenants() {
  return store_->read([this](Transaction& tx) -> Result<void> {
    CHECKOUT_ASSIGN(stored, tx.sagas().tenants());
    for (const TenantId& tenant : stored) {
      if (tenants_->find(tenant) != nullptr) continue;
      CHECKOUT_ASSIGN(unsettled, tx.sagas().unsettled(tenant, 1));
      if (unsettled.sagas.empty() && unsettled.unreadable.empty()) continue;
      log::warn(
          "a tenant has checkouts under way and is not in the configuration: nothing of them is paid, "
          "refunded "
          "or ended until it is; checkout-mcp saga list --tenant shows them",
          {{"tenant", tenant.value}});
    }
    return {};
  });
}

void Runtime::startWorkers(const std::filesystem::path& outbox, bool webhooksArrive) {
  mailer_ = notify::makeFileMailer(outbox);
  outbox_ = std::make_unique<notify::OutboxWorker>(*store_, *mailer_, *clock_);
  timers_ = std::make_unique<TimerWorker>(*checkouts_, *clock_);
  sweeper_ = std::make_unique<EventSweeper>(*checkouts_, *tenants_, webhooksArrive);
  wakingWorkers_ = feed_->subscribe([this](const SagaChange& change) {
    if (change.status == SagaStatus::Pending) return;  // nothing is timed or mailed yet
    outbox_->wake();
    timers_->wake();
    if (change.status == SagaStatus::PaymentPending) sweeper_->paymentAwaited(change.tenantId);
  });
}

void Runtime::receiveSandboxWebhooks(const std::string& url) {
  for (const Tenant* tenant : tenants_->all())
    if (tenant->stripe.sandbox)
      sandbox_->sendWebhooks(tenant->stripe.secretKey, url + "/webhooks/stripe/" + tenant->id.value,
                             tenant->stripe.webhookSecrets.front());
}

}  // namespace checkout::app
