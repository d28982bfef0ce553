// What becomes of a payment request when the wire or Stripe fails: over real connections, with the real
// client.
#include <atomic>
#include <map>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stripe/gateway.hpp"
#include "stripe/http_client.hpp"
#include "unit/stripe/fakes.hpp"
#include "unit/stripe/loopback_server.hpp"

namespace checkout::stripe {
namespace {

using testing::demoRequest;
using testing::demoTenant;
using ::testing::Each;
using ::testing::HasSubstr;
using testing::LoopbackServer;
using testing::Peer;
using testing::sessionObject;
using Ended = CallOutcome::Kind;

std::string message(int status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nRequest-Id: req_f\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

// Stripe on one machine: it remembers what took effect under which key, and does it once.
class FaultyStripe {
 public:
  using Fault = std::function<void(Peer&)>;

  // The fault is played to every request, before or after that took effect.
  FaultyStripe(bool afterEffect, Fault fault) : afterEffect_(afterEffect), fault_(std::move(fault)) {}

  void recover() { isFaulty_ = false; }
  std::string origin() const { return server_.origin(); }
  std::vector<std::string> keys() const {
    const std::lock_guard lock(mutex_);
    return keys_;
  }
  int effects() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(effects_.size());
  }

 private:
  void serve(Peer& peer) {
    for (std::string request; !(request = peer.request()).empty();) {
      const auto name = request.find("Idempotency-Key: ") + 17;
      const std::string key = request.substr(name, request.find("\r\n", name) - name);
      const bool faulty = isFaulty_;
      {
        const std::lock_guard lock(mutex_);
        keys_.push_back(key);
        if (!faulty || afterEffect_) ++effects_[key];  // counted by key: once, however often it is asked
      }
      if (faulty) return fault_(peer);
      peer.send(message(200, sessionObject().dump()));
    }
  }

  const bool afterEffect_;
  const Fault fault_;
  std::atomic<bool> isFaulty_ = true;
  mutable std::mutex mutex_;
  std::vector<std::string> keys_;
  std::map<std::string, int> effects_;
  LoopbackServer server_{[this](Peer& peer) { serve(peer); }};
};

FaultyStripe::Fault answer(const std::string& bytes) {
  return [bytes](Peer& peer) {
    peer.send(bytes);
    peer.waitForClose();
  };
}

constexpr bool kBefore = false, kAfter = true;
const char kNotKnown[] = "not known whether the request took effect";

struct FaultRow {
  const char* name;
  bool afterEffect;
  FaultyStripe::Fault fault;
  // What execute() says, and how often it asked.
  Ended ended;
  ErrorCode code;
  bool temporary;
  std::size_t calls;
  const char* says;
  Milliseconds deadline{10'000};
  Milliseconds leastWait{0};  // before each repetition
};

const Milliseconds kSoon{250};

const FaultRow kFaults[] = {
    {"timeout before the effect", kBefore, [](Peer& peer) { peer.waitForClose(); }, Ended::Unknown,
     ErrorCode::PaymentOutcomeUnknown, false, 1, kNotKnown, kSoon},
    {"timeout after the effect", kAfter, [](Peer& peer) { peer.waitForClose(); }, Ended::Unknown,
     ErrorCode::PaymentOutcomeUnknown, false, 1, kNotKnown, kSoon},
    {"reset before the effect", kBefore, [](Peer& peer) { peer.reset(); }, Ended::Unknown,
     ErrorCode::PaymentOutcomeUnknown, false, 3, kNotKnown},
    {"reset after the effect", kAfter, [](Peer& peer) { peer.reset(); }, Ended::Unknown,
     ErrorCode::PaymentOutcomeUnknown, false, 3, kNotKnown},
    {"500 before the effect", kBefore, answer(message(500, R"({"error":{"type":"api_error"}})")),
     Ended::Unknown, ErrorCode::PaymentOutcomeUnknown, false, 3, kNotKnown},
    {"500 after the effect", kAfter, answer(message(500, R"({"error":{"type":"api_error"}})")),
     Ended::Unknown, ErrorCode::PaymentOutcomeUnknown, false, 3, kNotKnown},
    {"502 of a proxy", kBefore, answer(message(502, "<html>Bad gateway</html>")), Ended::Unknown,
     ErrorCode::PaymentOutcomeUnknown, false, 3, kNotKnown},
    {"409, the key is in use", kAfter, answer(message(409, R"({"error":{"code":"idempotency_key_in_use"}})")),
     Ended::Unknown, ErrorCode::PaymentOutcomeUnknown, false, 3, kNotKnown},
    {"429 with Retry-After", kBefore,
     answer(message(429, R"({"error":{"code":"rate_limit"}})", "Retry-After: 2\r\n")), Ended::Failed,
     ErrorCode::RateLimited, true, 3, "takes no more requests right now", Milliseconds{10'000},
     Milliseconds{2000}},
    {"truncated JSON", kAfter, answer(message(200, R"({"id":"cs_test_1","obj)")), Ended::Unknown,
     ErrorCode::PaymentOutcomeUnknown, false, 3, kNotKnown},
    {"body of 10 MB", kAfter,
     [](Peer& peer) {
       if (peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n"))
         peer.drip(std::string(65536, ' '), 0);
     },
     Ended::Unknown, ErrorCode::PaymentOutcomeUnknown, false, 1, kNotKnown},
    {"redirect", kBefore, answer(message(302, "", "Location: http://127.0.0.1:1/\r\n")), Ended::Unknown,
     ErrorCode::PaymentOutcomeUnknown, false, 1, kNotKnown},
    {"HTML instead of JSON", kAfter, answer(message(200, "<html>Log in to the hotel's network</html>")),
     Ended::Unknown, ErrorCode::PaymentOutcomeUnknown, false, 3, kNotKnown},
    {"declined", kBefore, answer(message(402, R"({"error":{"type":"card_error","code":"card_declined"}})")),
     Ended::Failed, ErrorCode::PaymentDeclined, false, 1, "declined"},
};

class FaultTable : public ::testing::TestWithParam<FaultRow> {};

TEST_P(FaultTable, IsToldAsItIsAndNeverTakesEffectTwice) {
  const FaultRow& row = GetParam();
  FaultyStripe stripe(row.afterEffect, row.fault);
  Tenant tenant = demoTenant();
  tenant.stripe.apiBase = stripe.origin();
  const auto http = makeHttpClient();
  const SystemClock clock;
  std::vector<Milliseconds> waits;
  GatewayOptions options;
  options.deadline = row.deadline;
  options.wait = [&](Milliseconds wait) { waits.push_back(wait); };
  const auto gateway = makeStripeGateway(*http, clock, options);
  const GatewayCall call = gateway->planCreateSession(tenant, demoRequest(), "key_of_the_plan");

  const CallOutcome outcome = gateway->execute(tenant, call);
  EXPECT_EQ(outcome.kind, row.ended);
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, row.code) << outcome.error->message;
  EXPECT_EQ(outcome.temporary, row.temporary);
  EXPECT_THAT(outcome.error->message, HasSubstr(row.says));
  EXPECT_EQ(stripe.keys().size(), row.calls);
  EXPECT_EQ(waits.size(), row.calls - 1);
  for (const Milliseconds wait : waits) EXPECT_GE(wait, row.leastWait);

  stripe.recover();  // the same plan again, as the saga does after an outage
  const CallOutcome later = gateway->execute(tenant, call);
  EXPECT_EQ(later.kind, Ended::Succeeded) << later.error->message;
  EXPECT_THAT(stripe.keys(), Each("key_of_the_plan"));
  EXPECT_EQ(stripe.effects(), 1);
}

INSTANTIATE_TEST_SUITE_P(All, FaultTable, ::testing::ValuesIn(kFaults), [](const auto& info) {
  std::string name;
  for (const char c : std::string(info.param.name)) {
    if (std::isalnum(static_cast<unsigned char>(c))) name += c;
    if (c == ' ') name += '_';
  }
  return name;
});

}  // namespace
}  // namespace checkout::stripe
