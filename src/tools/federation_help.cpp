#include "tools/function_tool.hpp"
#include "tools/shop_facts.hpp"
#include "tools/tools.hpp"

namespace checkout::tools {
namespace {

constexpr const char* kGuide = R"(# How to shop here

You lead a customer from a cart to a paid order. The customer pays on a page of Stripe; you never see a card.

## Before you start

1. `federation_list_tenants` gives the shops. Every other tool takes a shop's id as `tenant_id`.
2. Make up a `userId` for this customer (for a guest: a long random one). `cart_add_item` gives you a `cartId`,
   `checkout_start` a `sagaId`. Keep them, for this customer only: whoever knows an id can see and change what it names.
3. Money is `{amount, currency, display}`. `amount` counts the smallest unit; show `display` to the customer.

## Fill the cart

1. `catalog_search` finds products, `catalog_get_product` shows one with its stock.
2. `cart_add_item` without `cartId` begins a cart; with it, it adds pieces, and adds again if you repeat it.
   `cart_update_quantity` sets an exact number.
3. `cart_view` reads the cart back. Have the customer agree to it.

## Digital goods only

1. `checkout_start` with `userId`, `cartId`, `email` and an `idempotencyKey` of your own. Keep the `sagaId`.
2. `checkout_create_payment_session` with the `sagaId`.

## Physical goods

1. Ask the customer for the shipping address; never make one up. `federation_tenant_info` lists where the shop ships.
2. `checkout_start` as above, with `shippingAddress` (name, line1, city, country; postalCode and state where the country has them).
3. The cheapest shipping is chosen already. `checkout_shipping_options` lists the others with prices; let the customer
   choose, and set the choice with `checkout_select_shipping`.
4. Read the total back.
5. `checkout_create_payment_session` with the `sagaId`.

## The payment page

1. Show the `url` to the customer exactly as it came, with the total and `expiresAt`. Don't open it yourself.
2. Call `checkout_status` from time to time, no more often than `retryAfterMs` says. `completed` means paid; the order
   completes by itself, and `order.orderId` leads to it through `orders_get`.
3. A declined card leaves the page open: the customer can try another one there.
4. If the page expires unpaid, the checkout ends with `SAGA_TIMEOUT`: `checkout_retry` begins again under the same `sagaId`.

With a Stripe payment method token (`pm_…`) and the customer's consent, `checkout_start` with `paymentMethodId` pays
without a page; `checkout_pay` does so for a checkout that is there already, at the total that you showed. If `nextAction` is `authenticate`, show its `url`. `postPaymentIntentsIntentConfirm` confirms an intent
that waits for it.

## What to do next

Every checkout carries `nextAction`. Do what its `type` says:

| type | do |
|---|---|
| `present_payment_url` | show `url` to the customer; without one, get it from `checkout_create_payment_session` |
| `wait` | wait `retryAfterMs`, then ask `checkout_status`; don't start anything anew |
| `collect_shipping_address` | ask the customer, then call `checkout_start` with the address |
| `choose_shipping` | `checkout_shipping_options`, then `checkout_select_shipping` |
| `authenticate` | show the URL, so that the customer can prove who they are to their bank |
| `retry` | do what its `message` says: the same call once what it names is changed, another call, or `checkout_retry` for a failed checkout |
| `start_over` | begin again with a cart and `checkout_start` |
| `none` | nothing is left to do |

## When a call fails

The result has `error` with `code`, `message`, `retryable` and often `details`. Nothing was changed unless it says so.
If `retryable` is true, the same call may succeed later; otherwise change something first.

| code | do |
|---|---|
| `VALIDATION_FAILED` | correct the arguments that `details` names |
| `TENANT_NOT_FOUND` | use an id of `details.tenants` |
| `SKU_NOT_FOUND` | take one of `details.candidates`, or search; remove a vanished product from the cart |
| `INVENTORY_UNAVAILABLE` | take at most `details.available`, or offer something else |
| `CART_NOT_FOUND`, `CART_EMPTY` | check the `cartId`, then fill the cart with `cart_add_item` |
| `INVALID_ADDRESS` | ask the customer for a complete address in a country the shop ships to |
| `SHIPPING_OPTION_INVALID` | choose again from `checkout_shipping_options` |
| `CHECKOUT_NOT_FOUND` | check `tenant_id` and `sagaId`; `checkout_list` finds a lost one |
| `ORDER_NOT_FOUND` | check `tenant_id` and `orderId`; `orders_list` finds a lost one |
| `INVALID_STATE` | call `checkout_status` and follow its `nextAction` |
| `IDEMPOTENCY_CONFLICT` | this key belongs to another purchase; use a new key |
| `PAYMENT_DECLINED` | tell the customer; let them use another card or method |
| `PAYMENT_OUTCOME_UNKNOWN` | the money may have moved: wait and ask `checkout_status`; never pay again |
| `CARD_NUMBER_REJECTED` | drop the number and use the payment page; don't repeat it anywhere |
| `AMOUNT_TOO_SMALL`, `SPEND_LIMIT_EXCEEDED` | change the cart; `message` gives the limit |
| `TOTAL_CHANGED` | nothing was charged: show `details.total` to the customer, then `checkout_pay` with it |
| `UNAUTHENTICATED` | call without `auth_token` |
| `FORBIDDEN` | the shop takes no orders now; choose another one |
| `INVENTORY_SERVICE_ERROR`, `ORDER_SERVICE_ERROR`, `SERVICE_UNAVAILABLE` | wait a little, then repeat the same call |
| `PAYMENT_SERVICE_ERROR`, `RATE_LIMITED`, `SAGA_TIMEOUT` | the same; for a checkout, ask `checkout_status` first |
| `INTERNAL_ERROR` | a fault of this server: tell the customer, and try again later |

If an answer got lost, repeat the call with the same arguments: checkouts and payments are never made twice. Only
`cart_add_item` adds again; look at `cart_view` first.

## Afterwards

`orders_get` shows the order with its payment and refunds, `orders_list` all orders of a customer. `checkout_cancel` ends a
checkout that isn't completed yet, releases its stock and refunds what was paid.
)";

// Guides are read whole, so that many shops are only referred to.
std::string factsOfShops(const ToolServices& services) {
  constexpr std::size_t kMostShops = 3;
  const std::vector<const Tenant*> shops = services.tenants.all();
  std::string text =
      "\n## What the shops do and don't do\n\n"
      "Don't promise a customer what isn't here. An argument that a tool doesn't have is refused, not "
      "ignored.\n\n";
  if (shops.size() > kMostShops)
    return text +
           "`federation_tenant_info` tells for each shop whom customers can ask (`support`), how promotion "
           "codes work, what is `notOffered`, and what to tell the customer then.\n";
  for (const Tenant* shop : shops) text += factsInMarkdown(*shop) + "\n";
  return text;
}

Result<Json> federationHelp(const ToolServices& services, const Arguments&, CallContext&) {
  return Json{{"markdown", kGuide + factsOfShops(services)}};
}

}  // namespace

std::unique_ptr<Tool> makeFederationHelp(const ToolServices& services) {
  return makeTool("federation_help", services, federationHelp);
}

}  // namespace checkout::tools
