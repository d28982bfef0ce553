#include "script.hpp"

#include <regex>

#include "saga/payer.hpp"

namespace checkout::saga {
namespace {

class TellingSagas final : public test::AroundSagas {
 public:
  TellingSagas(SagaStore& inner, std::set<std::string>& written) : AroundSagas(inner), written_(written) {}
  Result<void> insert(const Saga& saga, const SagaEvent& event) override {
    tell(event);
    return inner_.insert(saga, event);
  }
  Result<void> update(const Saga& saga, const SagaEvent& event, const Lease& lease) override {
    tell(event);
    return inner_.update(saga, event, lease);
  }

 private:
  void tell(const SagaEvent& event) {
    written_.insert(event.type);
    if (event.type != "call_planned" && event.data.contains("step"))
      written_.insert(event.data["step"].get<std::string>());
  }
  std::set<std::string>& written_;
};

Error gone() {
  return {ErrorCode::ServiceUnavailable, "the process has died"};
}

}  // namespace

bool Machine::springs(Trap::When when, const std::set<std::string>& names) {
  if (!trap || trap->when != when || !names.contains(trap->name)) return false;
  trap.reset();
  dead = true;
  return true;
}

TrappedStore::TrappedStore(Store& inner, Machine& machine)
    : AroundStore(inner,
                  [this](Transaction& tx) {
                    test::TransactionParts parts;
                    parts.sagas = std::make_unique<TellingSagas>(tx.sagas(), written_);
                    return parts;
                  }),
      machine_(machine) {}

Result<void> TrappedStore::write(const Body& body) {
  if (machine_.dead) return gone();
  auto done = inner_.write([&](Transaction& tx) -> Result<void> {
    written_.clear();
    CHECKOUT_TRY(wrapped(body)(tx));
    return machine_.springs(Trap::When::Before, written_) ? Result<void>(gone()) : Result<void>{};
  });
  if (done.ok() && machine_.springs(Trap::When::After, written_)) return gone();
  return done;
}

Result<void> TrappedStore::read(const Body& body) {
  return machine_.dead ? Result<void>(gone()) : inner_.read(body);
}

CallOutcome TrappedGateway::execute(const Tenant& tenant, const GatewayCall& call) {
  const CallOutcome unheard{CallOutcome::Kind::Unknown, {}, {}, gone()};
  const std::set<std::string> name{std::string(toString(call.operation))};
  if (machine_.dead || machine_.springs(Trap::When::Before, name)) return unheard;
  CallOutcome outcome = inner_.execute(tenant, call);
  return machine_.springs(Trap::When::After, name) ? unheard : outcome;
}

template <class Ask>
PayerOutcome TrappedGateway::unlessKilled(const char* name, const Ask& ask) {
  const PayerOutcome unheard{{}, gone(), true, false};
  if (machine_.dead || machine_.springs(Trap::When::Before, {name})) return unheard;
  PayerOutcome outcome = ask();
  return machine_.springs(Trap::When::After, {name}) ? unheard : outcome;
}

PayerOutcome TrappedGateway::findPayer(const Tenant& tenant, const std::string& method) {
  return unlessKilled("find_payer", [&] { return inner_.findPayer(tenant, method); });
}

PayerOutcome TrappedGateway::ensureCustomer(const Tenant& tenant, const std::string& user,
                                            const std::string& gone) {
  return unlessKilled("ensure_customer", [&] { return inner_.ensureCustomer(tenant, user, gone); });
}

void Durability::bootMachine() {
  service.reset();
  machine_ = {};
  store_ = std::make_unique<TrappedStore>(*db, machine_);
  trapped_ = std::make_unique<TrappedGateway>(gateway, machine_);
  service = std::make_unique<CheckoutService>(*store_, tenants, *trapped_, clock, feed,
                                              CheckoutOptions{"http://127.0.0.1:8080", "worker"});
}

Saga Durability::stored() {
  return readFor<std::optional<Saga>>(*db,
                                      [&](Transaction& tx) { return tx.sagas().find(shop, saga_.value()); })
      ->value();
}

std::vector<std::string> Durability::history() {
  std::vector<std::string> types;
  for (const SagaEvent& event : events(stored())) {
    std::string line = event.type;
    if (event.type != "call_planned" && event.data.contains("step"))
      line += " " + event.data["step"].get<std::string>();
    if (event.data.contains("operation")) line += " " + event.data["operation"].get<std::string>();
    types.push_back(line);
  }
  return types;
}

void Durability::start(int mugs, int books, const std::optional<std::string>& method) {
  if (!saga_) fillCart(mugs, books);
  StartCheckout asked = request();
  asked.idempotencyKey = "the key";
  asked.paymentMethodId = method;
  const auto started = service->start(asked);
  if (!started.ok()) refusal_ = started.error().code;
  const auto key = readFor<std::optional<IdempotencyRecord>>(*db, [&](Transaction& tx) {
    return tx.sagas().findIdempotency(shop, asked.userId.value + "/the key");
  });
  if (key.ok() && *key) saga_ = (*key)->sagaId;
}

void Durability::arrive(const std::string& type) {
  PaymentEvent event;
  event.id = "evt_" + std::to_string(++webhooks_);
  event.type = type;
  event.objectId = session_.value();
  event.sessionId = session_;
  event.sagaId = saga_;
  event.createdAt = clock.now();
  event.payload = "{}";
  const auto applied = service->applyEvent(shop, event);
  if (!applied.ok()) {
    refusal_ = applied.error().code;
    gateway.happened(event);  // the provider still has it, for whoever asks
  }
}

bool Durability::act(const std::string& line) {
  std::smatch part;
  const auto refused = [&](const auto& answer) {
    if (!answer.ok()) refusal_ = answer.error().code;
  };
  if (std::regex_match(line, part,
                       std::regex("start a checkout of (\\d+) mugs?( and an ebook)?( paid with (\\w+))?"))) {
    if (part[4] == "pm_card_chargeDeclined") gateway.declineNextIntent();
    start(std::stoi(part[1]), part[2].matched ? 1 : 0,
          part[4].matched ? std::optional<std::string>(part[4]) : std::nullopt);
  } else if (line == "open the payment page") {
    const auto opened = service->createPaymentSession(shop, saga_.value());
    refused(opened);
    if (opened.ok() && opened->payment.sessionId) session_ = opened->payment.sessionId;
  } else if (line == "choose express shipping") {
    refused(service->selectShipping(shop, saga_.value(), "post", "express"));
  } else if (line == "the customer pays") {
    gateway.paySession(session_.value());
  } else if (line == "the customer pays by bank transfer") {
    gateway.setState(session_.value(), PaymentState::Processing);
  } else if (line == "the money does not come") {
    gateway.setState(session_.value(), PaymentState::Canceled);
  } else if (line == "the page runs out") {
    gateway.setState(session_.value(), PaymentState::Expired);
  } else if (std::regex_match(line, part, std::regex("the webhook (\\S+) arrives( twice)?"))) {
    arrive(part[1]);
    if (part[2].matched) {
      --webhooks_;
      arrive(part[1]);
    }
  } else if (line == "the webhook is lost") {
    PaymentEvent event = this->event("evt_lost", stored());
    gateway.happened(event);
  } else if (line == "cancel") {
    refused(service->cancel(shop, saga_.value(), "changed my mind"));
  } else if (line == "retry") {
    refused(service->retry(shop, saga_.value()));
  } else if (line == "ask how it stands") {
    clock.advance(Milliseconds{5'000});
    refused(service->status(shop, saga_.value()));
  } else if (std::regex_match(line, part, std::regex("confirm with (\\w+)"))) {
    refused(service->confirmIntent(
        shop, {stored().payment.paymentIntentId.value(), {{"payment_method", part[1]}}}));
  } else if (std::regex_match(line, part, std::regex("pay with (\\w+)"))) {
    refused(service->pay(shop, saga_.value(), {part[1], stored().totals.total, std::nullopt}));
  } else if (std::regex_match(line, part, std::regex("refund (\\d+)"))) {
    refused(service->refund(shop, saga_.value(), std::stoll(part[1]), "a scratch", "operator:ann"));
  } else {
    return false;
  }
  return true;
}

bool Durability::save(const std::string& line) {
  std::smatch part;
  if (line == "the shop keeps saved cards") {
    tenants.tenant().stripe.savedPaymentMethods = true;
  } else if (std::regex_match(line, part, std::regex("(\\w+) is saved for (the customer|somebody else)"))) {
    Saga anns;
    anns.tenantId = shop;
    anns.userId = request().userId;
    const bool isTheirs = part[2] == "the customer";
    const std::string customer = isTheirs ? "cus_ann" : "cus_bob";
    gateway.addCustomer(customer, shop, isTheirs ? userDigest(anns) : "somebody else");
    gateway.saveMethod(part[1], customer);
  } else if (std::regex_match(line, part, std::regex("(\\w+) is removed"))) {
    gateway.saveMethod(part[1], "");
  } else {
    return false;
  }
  return true;
}

bool Durability::suffer(const std::string& line) {
  std::smatch part;
  if (std::regex_match(line, part, std::regex("kill (before|after) (\\w+) (commits|is sent)"))) {
    machine_.trap = Trap{part[1] == "before" ? Trap::When::Before : Trap::When::After, part[2]};
  } else if (line == "restart") {
    EXPECT_TRUE(machine_.dead) << "nothing has killed it";
    restart();
    bootMachine();
  } else if (std::regex_match(line, part, std::regex("the next answer is lost (before|after) the effect"))) {
    gateway.loseNext(part[1] == "before" ? test::FakeGateway::Loss::BeforeEffect
                                         : test::FakeGateway::Loss::AfterEffect);
  } else if (std::regex_match(line, part, std::regex("wait (\\d+) (seconds?|minutes?|hours?)"))) {
    const std::int64_t unit = part[2].str()[0] == 's' ? 1'000 : part[2].str()[0] == 'm' ? 60'000 : 3'600'000;
    clock.advance(Milliseconds{std::stoll(part[1]) * unit});
    gateway.expireOverdue(clock.now());
    EXPECT_TRUE(service->runDueTimers().ok());
    EXPECT_TRUE(service->sweepEvents(shop).ok());
  } else {
    return false;
  }
  return true;
}

bool Durability::check(const std::string& line) {
  std::smatch part;
  if (std::regex_match(line, part, std::regex("expect status (\\w+)"))) {
    EXPECT_EQ(toString(stored().status), part[1].str());
  } else if (std::regex_match(line, part, std::regex("expect payment (\\w+)"))) {
    EXPECT_EQ(toString(stored().payment.state), part[1].str());
  } else if (std::regex_match(line, part, std::regex("expect order (\\w+)"))) {
    EXPECT_EQ(toString(order(stored())->status), part[1].str());
  } else if (std::regex_match(line, part, std::regex("expect (\\d+) mugs? (sold|held)"))) {
    EXPECT_EQ(part[2] == "sold" ? mugs().sold : mugs().reserved, std::stoll(part[1]));
  } else if (std::regex_match(line, part, std::regex("expect (\\d+) payments?"))) {
    EXPECT_EQ(gateway.payments()[saga_.value()].size(), std::stoul(part[1]));
  } else if (std::regex_match(line, part, std::regex("expect (\\d+) customers?"))) {
    EXPECT_EQ(gateway.customers().size(), std::stoul(part[1]));
  } else if (std::regex_match(line, part, std::regex("expect (\\d+) given back"))) {
    EXPECT_EQ(gateway.refundedAmount(), std::stoll(part[1]));
  } else if (std::regex_match(line, part, std::regex("expect everything given back once"))) {
    EXPECT_EQ(gateway.refunded(), 1);
    EXPECT_EQ(gateway.refundedAmount(), stored().payment.amountPaid.value().amount);
  } else if (std::regex_match(line, part, std::regex("expect error (\\w+)"))) {
    EXPECT_EQ(refusal_ ? toString(*refusal_) : "none", part[1].str());
    refusal_.reset();
  } else if (std::regex_match(line, part, std::regex("expect one key for every (\\w+)"))) {
    std::set<std::string> keys;
    for (const auto& sent : gateway.sent())
      if (toString(sent.operation) == part[1].str()) keys.insert(sent.key);
    EXPECT_EQ(keys.size(), 1u);
  } else {
    return false;
  }
  return true;
}

void Durability::play(const std::vector<std::string>& lines) {
  bootMachine();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    SCOPED_TRACE("line " + std::to_string(i + 1) + ": " + lines[i]);
    if (lines[i].empty() || lines[i][0] == '#') continue;
    if (lines[i] == "expect this history:") {
      std::vector<std::string> wanted;
      while (++i < lines.size() && lines[i].rfind("  ", 0) == 0) wanted.push_back(lines[i].substr(2));
      EXPECT_EQ(history(), wanted);
      --i;
      continue;
    }
    if (!act(lines[i]) && !save(lines[i]) && !suffer(lines[i]) && !check(lines[i]))
      FAIL() << "nobody understands this sentence";
    if (HasFatalFailure()) return;
  }
  EXPECT_FALSE(machine_.dead) << "the script leaves the machine dead";
  EXPECT_FALSE(machine_.trap) << "the trap was never met: " << machine_.trap->name;
}

}  // namespace checkout::saga
