// How often Stripe is asked: reads are to stay below 500 for each payment on average, and each endpoint takes
// 25 requests a second (https://docs.stripe.com/rate-limits).
#include "support/around.hpp"
#include "support/checkout_fixture.hpp"

namespace checkout::saga {
namespace {

class CountedReads final : public test::AroundGateway {
 public:
  using AroundGateway::AroundGateway;
  Result<std::optional<PaymentFact>> retrieveSession(const Tenant& tenant, const std::string& id) override {
    ++reads;
    return AroundGateway::retrieveSession(tenant, id);
  }
  int reads = 0;
};

class RequestBudget : public CheckoutTest {
 protected:
  // Pages that are opened one after the other, and on which nobody pays, for an hour.
  int readsOf(int pages, bool webhooksArrive) {
    if (webhooksArrive) tenants.tenant().stripe.webhookSecrets.emplace_back("whsec_1");
    CountedReads counted(gateway);
    CheckoutOptions options{"http://127.0.0.1:8080", "worker"};
    options.webhooksArrive = webhooksArrive;
    service = std::make_unique<CheckoutService>(*db, tenants, counted, clock, feed, options);
    for (int i = 0; i < pages; ++i) {
      StartCheckout start = request();
      start.cartId = CartId{"cart-" + std::to_string(i)};
      Cart cart{shop, start.cartId, {{ProductId{"ebook"}, 1}}, clock.now()};
      EXPECT_TRUE(db->write([&](Transaction& tx) { return tx.carts().save(cart); }).ok());
      EXPECT_TRUE(service->createPaymentSession(shop, service->start(start)->id).ok());
      clock.advance(Milliseconds{20});
    }
    for (const TimePoint end = clock.now() + std::chrono::hours(1); clock.now() < end;) {
      const auto next = service->runDueTimers();
      EXPECT_TRUE(next.ok());
      const Milliseconds pause =
          *next ? std::max(**next - clock.now(), Milliseconds{500}) : Milliseconds{60'000};
      clock.advance(pause);
    }
    service.reset();
    return counted.reads;
  }
};

TEST_F(RequestBudget, OpenPagesWhereWebhooksArrive) {
  constexpr int kPages = 250;  // the cost of each is the same
  const int reads = readsOf(kPages, true);
  EXPECT_GE(reads, kPages) << "a lost webhook is made good";
  EXPECT_LE(reads, kPages * 25);
}

TEST_F(RequestBudget, OpenPagesWhereNoneCan) {
  EXPECT_LE(readsOf(50, false), 50 * 130);
}

}  // namespace
}  // namespace checkout::saga
