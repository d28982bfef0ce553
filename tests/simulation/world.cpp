#include "simulation/world.hpp"

#include <algorithm>

#include "app/config.hpp"
#include "chaos/shopper.hpp"
#include "notify/file_mailer.hpp"
#include "simulation/bugs.hpp"
#include "store/open_store.hpp"
#include "stripe/gateway.hpp"
#include "stripe/object_mapping.hpp"
#include "support/around.hpp"

namespace checkout::simulation {
namespace {

// Longer than any lease.
constexpr Milliseconds kLeasesGone{95'000};

class NobodyListens final : public HttpClient {
 public:
  HttpExchange send(const std::string&, const HttpRequest&, Milliseconds) override {
    return {std::nullopt, HttpFailure{HttpFailure::Kind::Connect, false, "nobody listens"}};
  }
};

class NoFeed final : public SagaChangeFeed {
 public:
  void publish(const SagaChange&) override {}
  std::shared_ptr<void> subscribe(std::function<void(const SagaChange&)>) override { return nullptr; }
};

HttpExchange failed(HttpFailure::Kind kind, bool maybeSent, const char* what) {
  return {std::nullopt, HttpFailure{kind, maybeSent, what}};
}

HttpExchange refused(int status, const char* type) {
  HttpResponse response;
  response.status = status;
  response.headers.add("Content-Type", "application/json");
  response.body = Json{{"error", {{"type", type}, {"message", "simulated"}}}}.dump();
  return {std::move(response), std::nullopt};
}

// Wherever the payment or one of its refunds is told of.
void shorten(Json& json, const std::string& intent, std::int64_t by) {
  const std::string kind = chaos::textAt(json, "/object");
  const bool isPayment = kind == "payment_intent" && json["id"] == intent;
  const bool isRefund = kind == "refund" && json["payment_intent"] == intent;
  const char* member = isPayment ? "amount_received" : "amount";
  if ((isPayment || isRefund) && json[member] > by) json[member] = json[member].get<std::int64_t>() - by;
  for (Json& part : json)
    if (part.is_structured()) shorten(part, intent, by);
}

class WatchedSagas final : public test::AroundSagas {
 public:
  WatchedSagas(SagaStore& inner, std::map<SagaId, std::int64_t>& fences, chaos::History& history)
      : AroundSagas(inner), fences_(fences), history_(history) {}
  Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) override {
    const bool isStale = lease.fence < fences_[saga.id];
    CHECKOUT_TRY(inner_.update(saga, event, lease));
    if (isStale)
      history_.accuse({9, saga.id.value, "a write with a stale fence was accepted: " + event.type});
    return {};
  }
  Result<std::optional<Lease>> acquireLease(const TenantId& tenant, const SagaId& saga,
                                            const std::string& owner, TimePoint now,
                                            Milliseconds duration) override {
    auto lease = inner_.acquireLease(tenant, saga, owner, now, duration);
    if (lease.ok() && *lease) fences_[saga] = std::max(fences_[saga], (*lease)->fence);
    return lease;
  }

 private:
  std::map<SagaId, std::int64_t>& fences_;
  chaos::History& history_;
};

}  // namespace

HttpExchange Wire::serve(const HttpRequest& request) {
  HttpResponse response = stripe_.handle(request);
  for (const auto& [intent, missing] : shortOf) {
    if (response.body.find(intent) == std::string::npos) continue;
    Json object = Json::parse(response.body, nullptr, false);
    if (!object.is_structured()) continue;
    shorten(object, intent, missing);
    response.body = object.dump();
  }
  return {std::move(response), std::nullopt};
}

HttpExchange Wire::send(const std::string&, const HttpRequest& request, Milliseconds) {
  const bool before = dice_.chance(50);
  if (pausePercent > 0 && dice_.chance(pausePercent) && onPause && before) onPause();
  if (!dice_.chance(faultPercent)) {
    HttpExchange exchange = serve(request);
    if (pausePercent > 0 && dice_.chance(pausePercent) && onPause && !before) onPause();
    return exchange;
  }
  switch (dice_.below(8)) {
    case 0:
      return failed(HttpFailure::Kind::Connect, false, "refused");
    case 1:
      clock_.advance(Milliseconds{5'000});
      return failed(HttpFailure::Kind::Timeout, true, "timeout before the effect");
    case 2:
      (void)serve(request);
      clock_.advance(Milliseconds{5'000});
      return failed(HttpFailure::Kind::Timeout, true, "timeout after the effect");
    case 3:
      (void)serve(request);
      return failed(HttpFailure::Kind::Reset, true, "reset");
    case 4:
      return refused(500, "api_error");
    case 5:
      (void)serve(request);
      return refused(500, "api_error");
    case 6:
      return refused(429, "rate_limit_error");
    default: {
      HttpExchange exchange = serve(request);
      exchange.response->body.resize(exchange.response->body.size() / 2);
      return exchange;
    }
  }
}

World::World(std::uint64_t seed, const std::string& bug)
    : dice(seed), shops(chaos::twoShops(2)), bug_(bug), folder_("simulation"), nobody_(new NobodyListens) {
  std::map<std::string, std::string> environment;
  for (chaos::Shop& shop : shops) shop.webhookSecret = "whsec_" + shop.tenant.value + "_0123456789";
  std::filesystem::create_directories(folder_.path() / "store");
  const auto file = folder_.path() / "config.json";
  chaos::writeConfig(shops, "http://127.0.0.1:9", file, environment);
  auto loaded = app::loadConfig(file, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  });
  for (const auto& problem : loaded.problems) history.accuse({0, "", "config: " + problem.message});
  tenants_ = app::makeTenantDirectory(std::move(loaded.config.tenants));

  stripe_ = std::make_unique<sandbox::Sandbox>(clock, *nobody_);
  wire = std::make_unique<Wire>(*stripe_, clock, dice);
  wire->onPause = [this] { standStill(); };
  stripe::GatewayOptions options;
  options.maxAttempts = 2;  // so that answers get lost for good more often
  options.wait = [this](Milliseconds time) { clock.advance(time); };
  gateway_ = stripe::makeStripeGateway(*wire, clock, options);
  buggyGateway_ = gatewayWithBug(*gateway_, bug);

  auto opened = store::openStore("sqlite:" + (folder_.path() / "store" / "checkout.db").string());
  if (!opened.ok()) std::abort();  // no memory to work in
  real_ = std::move(*opened);
  buggy_ = storeWithBug(*real_, bug);
  auto fences = std::make_shared<std::map<SagaId, std::int64_t>>();
  witness_ = std::make_unique<test::AroundStore>(*buggy_, [this, fences](Transaction& tx) {
    test::TransactionParts parts;
    parts.sagas = std::make_unique<WatchedSagas>(tx.sagas(), *fences, history);
    return parts;
  });
  feed_ = std::make_unique<NoFeed>();
  mailer_ = notify::makeFileMailer(folder_.path() / "store" / "outbox");
  const auto declared = real_->write([&](Transaction& tx) -> Result<void> {
    for (const chaos::Shop& shop : shops)
      for (const chaos::Goods& goods : shop.goods)
        if (goods.stock) CHECKOUT_TRY(tx.stock().declare(shop.tenant, ProductId{goods.id}, *goods.stock));
    return {};
  });
  if (!declared.ok()) std::abort();
  for (const char* name : {"worker-a", "worker-b"}) {
    workers.push_back(std::make_unique<Worker>());
    workers.back()->name = name;
    restart(*workers.back());
  }
}

World::~World() = default;

Worker& World::anyWorker() {
  return *dice.oneOf(workers);
}

void World::restart(Worker& worker) {
  worker.service.reset();
  worker.fuse.putOut();
  if (worker.gateway) clock.advance(kLeasesGone);
  worker.store = std::make_unique<test::MortalStore>(*witness_, worker.fuse);
  worker.gateway = std::make_unique<test::MortalGateway>(*buggyGateway_, worker.fuse);
  saga::CheckoutOptions options;
  options.publicUrl = "http://127.0.0.1:8080";
  options.workerId = worker.name;
  options.decide = decideWithBug(bug_);
  options.patience = Milliseconds{0};  // there is one thread: nobody lets go while it waits
  worker.service = std::make_unique<saga::CheckoutService>(*worker.store, *tenants_, *worker.gateway, clock,
                                                           *feed_, options);
}

void World::pauses(int percent) {
  wire->pausePercent = percent;
}

// One worker hangs in a call for longer than its lease lasts; meanwhile the others go on.
void World::standStill() {
  if (standing_) return;
  standing_ = true;
  clock.advance(kLeasesGone);
  for (const auto& worker : workers) {
    if (worker->fuse.isDead()) continue;
    (void)worker->service->runDueTimers().ok();
    for (const auto& [tenant, saga] : known) (void)worker->service->status(tenant, saga).ok();
  }
  standing_ = false;
}

void World::deliverMails() {
  std::vector<OutboxMessage> due;
  (void)real_
      ->read([&](Transaction& tx) -> Result<void> {
        CHECKOUT_ASSIGN(found, tx.outbox().due(clock.now(), 100));
        due = found;
        return {};
      })
      .ok();
  for (const OutboxMessage& message : due)
    if (mailer_->deliver(message.email).ok())
      (void)real_
          ->write([&](Transaction& tx) {
            return tx.outbox().markDelivered(message.tenantId, message.email.id, clock.now());
          })
          .ok();
}

Json World::stripe(const chaos::Shop& shop, const std::string& method, const std::string& target,
                   const Json& body) {
  return stripe(shop, method, target, body.is_null() ? std::string() : body.dump());
}

Json World::stripe(const chaos::Shop& shop, const std::string& method, const std::string& target,
                   const std::string& form) {
  HttpRequest request;
  request.method = method;
  request.target = target;
  request.headers.add("Authorization", "Bearer " + shop.secretKey);
  const bool isApi = target.rfind("/v1/", 0) == 0;
  if (!form.empty())
    request.headers.add("Content-Type", isApi ? "application/x-www-form-urlencoded" : "application/json");
  request.body = form;
  return Json::parse(stripe_->handle(request).body, nullptr, false);
}

void World::collectEvents() {
  for (const chaos::Shop& shop : shops) {
    std::string& last = lastEvent_[shop.tenant.value];
    std::vector<Json> found;
    std::string after;
    for (bool more = true; more;) {
      const Json page =
          stripe(shop, "GET", "/v1/events?limit=100" + (after.empty() ? "" : "&starting_after=" + after));
      more = page.value("has_more", false);
      for (const Json& event : page.value("data", Json::array())) {
        if (event["id"] == last) more = false;
        if (event["id"] == last) break;
        found.push_back(event);
      }
      if (found.empty()) break;
      after = found.back()["id"].get<std::string>();
    }
    if (!found.empty()) last = found.front()["id"].get<std::string>();
    for (auto event = found.rbegin(); event != found.rend(); ++event) {
      if (losesEvents && dice.chance(20)) continue;
      undelivered.push_back({&shop, *event});
      if (dice.chance(20)) undelivered.push_back({&shop, *event});
    }
  }
}

void World::deliver(std::size_t index) {
  const Delivery delivery = undelivered[index];
  undelivered.erase(undelivered.begin() + static_cast<std::ptrdiff_t>(index));
  auto event = stripe::eventFromObject(delivery.event);
  if (!event.ok()) return history.accuse({0, "", "an event can't be read: " + event.error().message});
  Worker& worker = anyWorker();
  const auto applied = worker.service->applyEvent(delivery.shop->tenant, *event);
  if (applied.ok())
    answered_[delivery.shop->tenant.value].push_back(event->id);
  else
    undelivered.push_back(delivery);  // Stripe sends it again
}

void World::deliverAll() {
  collectEvents();
  for (std::size_t left = undelivered.size(); left-- > 0;) deliver(0);
}

void World::calm() {
  wire->faultPercent = 0;
  pauses(0);
  losesEvents = false;
  for (const auto& worker : workers) restart(*worker);
}

void World::pass(Milliseconds time) {
  clock.advance(time);
  deliverAll();
  for (const auto& worker : workers) (void)worker->service->runDueTimers().ok();
  for (const chaos::Shop& shop : shops) (void)workers.front()->service->sweepEvents(shop.tenant).ok();
  deliverMails();
}

void World::settle() {
  calm();
  for (int i = 0; i < 20; ++i) pass(Milliseconds{5'000});
  for (const chaos::Shop& shop : shops)  // what is on its way arrives
    for (const Json& intent :
         stripe(shop, "GET", "/_sandbox/ledger")["accounts"][0].value("payment_intents", Json::array()))
      if (intent.value("status", "") == "processing")
        (void)stripe(shop, "POST", "/_sandbox/payment_intents/" + intent["id"].get<std::string>() + "/settle",
                     {{"outcome", "succeeded"}});
  pass(Milliseconds{31 * 60'000});  // pages run out
  for (int i = 0; i < 15; ++i) pass(Milliseconds{20'000});
  for (int i = 0; i < 4; ++i) pass(Milliseconds{25 * 60 * 60'000LL});  // checkouts and keys are forgotten
  for (int i = 0; i < 10; ++i) pass(Milliseconds{31'000});
}

Json World::ledgerOf(const chaos::Shop& shop) {
  const Json answer = stripe(shop, "GET", "/_sandbox/ledger");
  Json ledger = answer["accounts"].empty() ? Json::object() : answer["accounts"][0];
  for (const auto& [intent, missing] : wire->shortOf) {
    for (Json& entry : ledger["payment_intents"]) {
      if (entry["id"] != intent || entry.value("amount_received", std::int64_t{0}) <= missing) continue;
      entry["amount_received"] = entry["amount_received"].get<std::int64_t>() - missing;
      for (auto& [currency, sums] : ledger["totals"].items())
        sums["captured"] = sums["captured"].get<std::int64_t>() - missing;
    }
    for (Json& refund : ledger["refunds"]) {
      if (refund["payment_intent"] != intent) continue;
      refund["amount"] = refund["amount"].get<std::int64_t>() - missing;
      if (refund["status"] == "failed") continue;  // is in no sum
      for (auto& [currency, sums] : ledger["totals"].items())
        sums["refunded"] = sums["refunded"].get<std::int64_t>() - missing;
    }
  }
  for (const std::string& event : answered_[shop.tenant.value])
    ledger["webhook_deliveries"].push_back({{"event", event}, {"type", ""}, {"state", "delivered"}});
  return ledger;
}

chaos::Verdict World::judge() {
  chaos::Evidence evidence{*real_, shops, {}, history, clock.now(), folder_.path()};
  std::filesystem::remove(folder_.path() / "config.json");  // names no secret, but is not the server's either
  for (const chaos::Shop& shop : shops) evidence.ledgers[shop.tenant] = ledgerOf(shop);
  return chaos::examine(evidence);
}

}  // namespace checkout::simulation
