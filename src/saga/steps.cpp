#include "saga/steps.hpp"

#include <algorithm>

#include "domain/page_totals.hpp"
#include "saga/payment.hpp"

namespace checkout::saga {
namespace {

// --- reserve_inventory: holds the stock until the payment has ended ---

Result<void> reserveInventory(Draft& draft) {
  for (const LineItem& item : draft.saga.cart.items) {
    const auto level = draft.facts.stock.find(item.productId);
    if (level == draft.facts.stock.end()) continue;  // never sells out
    if (level->second.free() < item.quantity)
      return Error(ErrorCode::InventoryUnavailable,
                   "\"" + item.name + "\" has sold out meanwhile: " + std::to_string(level->second.free()) +
                       " are left, " + std::to_string(item.quantity) + " are wanted.",
                   {{"productId", item.productId.value},
                    {"requested", item.quantity},
                    {"available", level->second.free()}});
    draft.effect(HoldStock{item.productId, item.quantity});
  }
  return {};
}

void releaseInventory(Draft& draft) {
  draft.effect(ReleaseStock{});
}

// --- create_order ---

Result<void> createOrder(Draft& draft) {
  writeOrder(draft);
  return {};
}

void cancelOrder(Draft& draft) {
  if (!draft.order) return;
  draft.order->status = draft.order->refunds.empty() ? OrderStatus::Cancelled : OrderStatus::Refunded;
  draft.saveOrder();
}

// --- confirm_order: checks the money against what was frozen and what the customer was allowed to change
// ----

// Takes over what the customer was allowed to change on the payment page.
Result<void> agreeOnPage(Saga& saga) {
  if (!saga.payment.page) return {};
  CHECKOUT_ASSIGN(agreed, domain::agreeOnTotals(saga.totals, saga.payment.choices, *saga.payment.page));
  if (agreed.totals.total != saga.totals.total || agreed.shipping) saga.payment.asked = saga.totals;
  saga.totals = agreed.totals;
  if (agreed.shipping) saga.shipping = agreed.shipping;
  return {};
}

Result<void> confirmOrder(Draft& draft) {
  Saga& saga = draft.saga;
  CHECKOUT_TRY(agreeOnPage(saga));
  if (!saga.payment.amountPaid || *saga.payment.amountPaid != saga.totals.total)
    return Error(ErrorCode::OrderServiceError,
                 "The payment does not match the order: expected " + display(saga.totals.total) + ", got " +
                     (saga.payment.amountPaid ? display(*saga.payment.amountPaid) : std::string("nothing")) +
                     ". The money is returned and nothing is delivered.");
  if (!draft.order) return Error(ErrorCode::Internal, "the order of a checkout is missing");
  draft.effect(SellStock{});
  Order& order = *draft.order;
  order.status =
      saga.payment.state == PaymentState::Refunded ? OrderStatus::Refunded : OrderStatus::Confirmed;
  order.totals = saga.totals;
  order.shipping = saga.shipping;
  order.shippingAddress = saga.shippingAddress;
  order.paymentIntentId = saga.payment.paymentIntentId;
  order.email = saga.email;
  draft.saveOrder();
  return {};
}

void restock(Draft& draft) {
  draft.effect(RestockStock{});
}

// --- send_confirmation. No undo: a sent letter can't be called back, and a cancellation has its own --------

std::string letter(const Saga& saga, const Tenant& tenant) {
  std::string text = "Hello" + (saga.customerName.empty() ? "" : " " + saga.customerName) +
                     ",\n\nthank you for your order at " + tenant.name + ".\n\nOrder " + saga.orderId->value +
                     "\n\n";
  for (const LineItem& item : saga.cart.items)
    text += "  " + std::to_string(item.quantity) + " x " + item.name + "  " + display(item.lineTotal) + "\n";
  text += "\n  Subtotal  " + display(saga.totals.subtotal) + "\n";
  if (saga.shipping)
    text += "  Shipping  " + display(saga.totals.shipping) + "  (" + saga.shipping->carrierName + " " +
            saga.shipping->serviceName + ")\n";
  if (saga.totals.tax.amount != 0) text += "  Tax       " + display(saga.totals.tax) + "\n";
  if (saga.totals.discount.amount != 0) text += "  Discount  -" + display(saga.totals.discount) + "\n";
  text += "  Total     " + display(saga.totals.total) + "\n";
  if (saga.shippingAddress) {
    const Address& to = *saga.shippingAddress;
    text += "\nIt will be sent to:\n";
    for (const std::string& line :
         {to.name, to.line1, to.line2, to.postalCode + (to.postalCode.empty() ? "" : " ") + to.city, to.state,
          to.country})
      if (!line.empty()) text += "  " + line + "\n";
  }
  if (!tenant.policies.returnsText.empty()) text += "\n" + tenant.policies.returnsText + "\n";
  return text + "\n" + tenant.name + "\n";
}

Result<void> sendConfirmation(Draft& draft) {
  const Saga& saga = draft.saga;
  if (saga.email.empty()) return {};  // the customer gave no address
  OutboxMessage message{saga.tenantId, saga.id, {}, 0, draft.now()};
  message.email = {"confirmation-" + saga.orderId->value, draft.tenant().emailFrom, saga.email,
                   "Your order at " + draft.tenant().name, letter(saga, draft.tenant())};
  draft.effect(std::move(message));
  return {};
}

// --- clear_cart: takes out what was bought. No undo: the customer can fill a cart again and loses nothing
// ---

Result<void> clearCart(Draft& draft) {
  if (!draft.facts.cart) return {};
  Cart cart = *draft.facts.cart;
  for (const LineItem& bought : draft.saga.cart.items) {
    const auto at = std::find_if(cart.items.begin(), cart.items.end(),
                                 [&](const CartItem& item) { return item.productId == bought.productId; });
    if (at == cart.items.end()) continue;
    at->quantity -= bought.quantity;
    if (at->quantity <= 0) cart.items.erase(at);
  }
  cart.updatedAt = draft.now();
  draft.effect(std::move(cart));
  return {};
}

// --- the list ---

// Starting a checkout runs validate_cart, so it is completed in every stored one. It only reads: no undo.
Result<void> validatedAtTheStart(Draft&) {
  return {};
}
// The payment machine undoes a payment by calls (planClose, planRefund); nothing is left to do here.
void paymentIsUndone(Draft&) {}

const std::vector<Step> kFirstDefinition = {
    {StepName::ValidateCart, validatedAtTheStart, nullptr},
    {StepName::ReserveInventory, reserveInventory, releaseInventory},
    {StepName::CreateOrder, createOrder, cancelOrder},
    {StepName::ProcessPayment, nullptr, paymentIsUndone},
    {StepName::ConfirmOrder, confirmOrder, restock},
    {StepName::SendConfirmation, sendConfirmation, nullptr},
    {StepName::ClearCart, clearCart, nullptr},
};

bool hasToBeUndone(const Saga& saga, const Step& step) {
  const auto& undone = saga.compensation.steps;
  if (step.undo == nullptr || std::find(undone.begin(), undone.end(), step.name) != undone.end())
    return false;
  const bool isPayment = step.name == StepName::ProcessPayment;
  return isCompleted(saga, step.name) || (isPayment && (saga.call || !isPaymentUndone(saga.payment)));
}

}  // namespace

const std::vector<Step>& stepsOf(int) {
  return kFirstDefinition;  // there is one so far; sagaFromDocument() refuses versions that it doesn't know
}

const Step* nextStep(const Saga& saga) {
  for (const Step& step : stepsOf(saga.definition))
    if (!isCompleted(saga, step.name)) return &step;
  return nullptr;
}

const Step* nextUndo(const Saga& saga) {
  const auto& steps = stepsOf(saga.definition);
  for (auto at = steps.rbegin(); at != steps.rend(); ++at)
    if (hasToBeUndone(saga, *at)) return &*at;
  return nullptr;
}

bool isCompleted(const Saga& saga, StepName step) {
  return std::find(saga.completedSteps.begin(), saga.completedSteps.end(), step) != saga.completedSteps.end();
}

void writeOrder(Draft& draft) {
  Saga& saga = draft.saga;
  if (!draft.order) {  // a new attempt of the same checkout keeps its order
    draft.order.emplace();
    draft.order->id = saga.orderId.value_or(draft.facts.freshOrderId);
    draft.order->createdAt = draft.now();
  }
  Order& order = *draft.order;
  order.tenantId = saga.tenantId;
  order.sagaId = saga.id;
  order.userId = saga.userId;
  order.status = OrderStatus::AwaitingPayment;
  order.items = saga.cart.items;
  order.totals = saga.totals;
  order.shipping = saga.shipping;
  order.shippingAddress = saga.shippingAddress;
  order.email = saga.email;
  order.customerName = saga.customerName;
  saga.orderId = order.id;
  draft.saveOrder();
}

}  // namespace checkout::saga
