// A small world as a value: the store, Stripe, the webhooks under way, the clock, and what the agent knows.
// Everything that happens in it is an Action; a search tries them all.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/memory_store.hpp"
#include "model/model_stripe.hpp"
#include "model/wire.hpp"
#include "saga/checkout_service.hpp"

namespace checkout::model {

enum class Do {
  // the agent
  SetCart,
  Start,
  StartWithKey,
  StartWithMethod,
  StartAtOtherTotal,  // with a stored method, and what the customer takes for the total
  StartElsewhere,     // the customer wants it sent to another address
  PayShown,           // checkout_pay with the total that was shown last
  PayOlder,           // with the one before that
  PayRemembered,      // with what was shown of this checkout, whatever has become of the cart since
  RepeatApproved,     // the call that needed the customer's approval
  SelectExpress,
  SelectParcel,
  OpenPage,
  Status,
  Cancel,
  Retry,
  RepeatRefused,  // the call that was refused, literally
  Confirm,
  // the customer
  Approve,
  Pay,
  PayDeclined,
  PayByDebit,
  Authenticate,
  RefuseChallenge,
  // the bank
  DebitSettles,
  DebitFails,
  RefundComesBack,
  Dispute,
  DisputeWon,
  DisputeLost,
  // the merchant at the dashboard
  RefundPart,
  RefundAll,
  ExpireSession,
  CancelIntent,
  EmptyBalance,
  SearchFallsBehind,
  RemoveCard,  // the customer, in pages of the shop's own
  // an operator
  BackUp,
  Restore,  // the backup takes the store's place; Stripe stays as it is
  Resume,
  OperatorRefundPart,
  OperatorRefundAll,
  Resolve,
  // time and the network
  NextTimer,
  ADayWithoutServer,
  ClockGoesAhead,  // the server's
  ClockFallsBehind,
  ClockIsSetRight,
  ReversalsFail,  // what was given back can't be asked for, while all else can
  ReversalsAnswer,
  DeliverOldest,
  DeliverNewest,
  DeliverAgain,
  FailWebhook,
  SkipWebhook,
  Sweep,
};
inline constexpr std::size_t kDoings = static_cast<std::size_t>(Do::Sweep) + 1;

struct Action {
  Do what = Do::Start;
  int number = 0;  // SetCart: how many mugs, and ten times how many cups; StartWithMethod: which of kMethods
  Fault fault = Fault::None;
  std::size_t at = 0;                            // of the fault
  bool answerIsLost = false;                     // the agent never hears what came of it
  bool byOther = false;                          // by the agent of another user of the same cart
  std::optional<TimePoint> when = std::nullopt;  // of what was played after the search
};
inline constexpr std::array<const char*, 6> kMethods = {kVisa,  kDeclinedCard, kCardWithChallenge,
                                                        kDebit, kAnnsCard,     kForeignCard};

// What happens seldom, and so often at most in one story. Each has a budget of its own.
enum class Rare { Cart, Start, Command, Fault, Dashboard, Bank, Webhook, Operator, Jump };
inline constexpr std::size_t kRarities = static_cast<std::size_t>(Rare::Jump) + 1;
using Budget = std::array<std::int8_t, kRarities>;

// What an agent was told to do next: by a checkout, or by an error.
struct Advice {
  std::string type;  // of nextAction; empty: an error without one
  std::string tool;  // the first tool that the message names; empty: none
};

// What a call of the agent names literally, as far as it does.
struct Named {
  SagaId saga;
  std::optional<std::int64_t> total;
  std::string intent;
};

// What the agent knows. It forgets nothing, but may have missed an answer.
struct Knowledge {
  SagaId saga;  // the checkout it was told of last; empty: none
  // That an answer showed last for what lies in the cart now, and the one before that.
  std::optional<std::int64_t> total, olderTotal;
  // What an answer showed last of a checkout, which the customer may still agree to; in scopes that ask for
  // it.
  struct Shown {
    SagaId saga;
    std::int64_t total = 0;
    std::string goods;
  };
  // That a call was refused for, and that nobody has named since.
  std::optional<std::int64_t> disagreed;
  bool remembersGoods = false;
  std::optional<Shown> shown;
  struct Approval {
    SagaId saga;
    std::int64_t total = 0;
    std::string goods, cartDigest;
    Action call;  // that needs it
  };
  std::optional<Approval> asked, approved;
  std::optional<Action> unanswered;  // its last call, if no answer came
  std::optional<Action> start;       // its last checkout_start
  struct Refusal {
    Action call;
    Named named;
    ErrorCode code = ErrorCode::Internal;
  };
  bool isStubborn = false;         // it may repeat literally what was refused
  std::optional<Refusal> refused;  // its last call, if that was
  Advice advice;
  struct Use {
    SagaId saga;
    std::string goods;
  };
  std::optional<Use> keyUse;  // what the idempotency key was used for first
  int wanted = 1;             // purchases that the customer has asked for
  bool hasCancelled = false;  // one of them; whoever starts again wants it again
};

struct World {
  Contents store;
  ModelStripe stripe;
  TimePoint now;
  std::uint64_t ids = 0;  // how many ids were drawn
  Knowledge agent;
  Knowledge other;  // another user's agent; knows nothing where there is none
  Budget left{};
  std::int64_t refundsAsked = 0;               // by operators, who have not been told that it can't be done
  std::vector<std::string> settled;            // what needed a person, and was called settled by an operator
  std::map<std::string, std::int64_t> byHand;  // by payment: given back outside of Stripe by an operator
  int fills = 1;                               // of the cart
  int tries = 0;                               // of steps, that were sent and met a Stripe that has no time
  Milliseconds clockError{0};                  // of the server's clock
  bool clockWasWrong = false;
  bool clockWasSetBack = false;  // which the server notices within seconds
  struct Backup {
    Contents store;
    Knowledge agent, other;
  };
  std::optional<Backup> backup;
  bool wasRestored = false;
  bool isStarting = false;         // the server sweeps the events when it starts, before anybody comes
  std::vector<std::string> sold;   // payments of orders that the restored store knows nothing of
  std::vector<std::string> pages;  // whose addresses customers have from before the restore

  TimePoint serverNow() const { return now + clockError; }
  std::string goodsInCart() const;
  const Saga* find(const SagaId& id) const;
  const Saga* newest() const;
  const Saga* forOperator() const;  // the newest that is stuck, else the newest
  // What the customer has not got back of a payment: by Stripe, by the bank or by hand.
  std::int64_t notGivenBack(const ModelStripe::Intent& intent) const;
  bool isKept(const ModelStripe::Intent& intent) const;
  int keptBy(const UserId& user) const;
  Print print() const;
};

struct Violation {
  std::string invariant;  // "18 the total shown is the total charged"
  std::string what;
};

// The shop, and the mistakes that a test puts between the checkout service and its ports.
class Stage {
 public:
  using AroundStore = std::function<std::unique_ptr<Store>(Store&)>;
  using AroundGateway = std::function<std::unique_ptr<PaymentGateway>(PaymentGateway&)>;
  explicit Stage(std::optional<std::int64_t> approvalThreshold = std::nullopt, bool keepsCards = false);
  Stage(Stage&&) = default;
  ~Stage();

  World begin(const Budget& budget, int goods) const;  // in the cart, as SetCart's number

  const TenantDirectory& tenants() const { return *tenants_; }
  const Tenant& tenant() const;
  AroundStore aroundStore;      // empty: none
  AroundGateway aroundGateway;  // empty: none
  saga::Decide decide = &saga::decide;

 private:
  std::unique_ptr<TenantDirectory> tenants_;
};

inline const TenantId kShop{"shop"};
inline const CartId kCart{"cart"};
inline const UserId kAnn{"ann"}, kBen{"ben"};     // Ben is the other user
inline const ProductId kMug{"mug"}, kCup{"cup"};  // a cup costs as much as a mug, and weighs as much
inline constexpr int kOneCup = 10;                // in the number of a SetCart
inline constexpr std::int64_t kStock = 12;
inline constexpr std::int64_t kPartOfRefund = 100;

// What an action did, as far as its story and the invariants ask.
struct Happened {
  Cut cut;                              // what the door call went through
  std::optional<Error> error;           // of a door call that failed
  std::optional<Saga> answer;           // of one that succeeded
  std::optional<saga::EventFate> fate;  // of a webhook
};

std::vector<CartItem> itemsOf(int number);  // of a SetCart
std::string goodsOf(const Saga& saga);
bool isStart(Do what);   // a checkout_start
bool isAgents(Do what);  // a call of the agent
bool isEnabled(const World& world, const Action& action);
// A door call may abort: that is a violation of invariant 24, and the world is left as it was.
std::optional<Violation> act(const Stage& stage, World& world, const Action& action, Happened& happened);

}  // namespace checkout::model
