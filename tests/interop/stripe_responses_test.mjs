// The simulator's objects, in every state they come to, judged by the types that Stripe publishes with its SDK.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { eventually } from './support/eventually.mjs';
import { startListener, startSimulator } from './support/simulator.mjs';
import { typeCheck } from './support/stripe_types.mjs';

const goods = [
  { price_data: { currency: 'eur', unit_amount: 2100, tax_behavior: 'exclusive',
                  product_data: { name: 'Mug', description: 'Blue', images: ['https://img.example/mug.png'] } }, quantity: 2 },
  { price_data: { currency: 'eur', unit_amount: 999, product_data: { name: 'Spoon' } }, quantity: 3 },
];
const purchase = { mode: 'payment', success_url: 'https://shop.example/ok', cancel_url: 'https://shop.example/cart', line_items: goods };
const parcel = (name, amount) => ({
  shipping_rate_data: {
    type: 'fixed_amount', display_name: name, fixed_amount: { amount, currency: 'eur' }, tax_behavior: 'exclusive',
    delivery_estimate: { minimum: { unit: 'business_day', value: 2 }, maximum: { unit: 'business_day', value: 4 } },
  },
});
const goodIban = 'DE89370400440532013000', badIban = 'DE62370400440532013001';

let simulator;
const objects = [];  // {name, type, value}
const keep = (name, type, value) => {
  assert.ok(!value.error, `${name}: ${JSON.stringify(value.error)}`);
  objects.push({ name, type: `Stripe.${type}`, value });
  return value;
};
const api = (...request) => simulator.api(...request);

before(async () => { simulator = await startSimulator(); });
after(() => simulator?.stop());

describe('every object the simulator makes', () => {
  test('checkout sessions', async () => {
    const create = (more = {}) => api('POST', '/v1/checkout/sessions', { ...purchase, ...more });
    const now = (session, expand = []) => api('GET', `/v1/checkout/sessions/${session.id}`, { expand });
    const coupon = keep('coupon', 'Coupon', await api('POST', '/v1/coupons', { percent_off: 12.5, name: 'Spring' }));
    keep('coupon with an amount', 'Coupon', await api('POST', '/v1/coupons', {
      amount_off: 500, currency: 'eur', duration: 'repeating', duration_in_months: 3, max_redemptions: 5, redeem_by: Date.now() / 1000 + 9e6 | 0,
    }));
    const code = keep('promotion code', 'PromotionCode', await api('POST', '/v1/promotion_codes', {
      promotion: { type: 'coupon', coupon: coupon.id }, code: 'SPRING',
      restrictions: { minimum_amount: 1000, minimum_amount_currency: 'eur' },
    }));
    const customer = keep('customer', 'Customer', await api('POST', '/v1/customers', {
      email: 'ada@example.com', name: 'Ada', address: { line1: 'Street 1', country: 'DE' }, shipping: { name: 'Ada', address: { country: 'DE' } },
    }));

    const open = keep('open session', 'Checkout.Session', await create());
    keep('open session with everything', 'Checkout.Session', await create({
      customer: customer.id, allow_promotion_codes: true, automatic_tax: { enabled: true }, locale: 'de', submit_type: 'pay',
      shipping_address_collection: { allowed_countries: ['DE', 'AT'] }, shipping_options: [parcel('Parcel', 490), parcel('Express', 1290)],
      billing_address_collection: 'required', phone_number_collection: { enabled: true }, client_reference_id: 'cart-1', metadata: { cart: '1' },
    }));
    await simulator.pay(open.id);
    keep('paid session, expanded', 'Checkout.Session', await now(open, [
      'line_items.data.price.product', 'payment_intent.latest_charge.balance_transaction', 'payment_intent.payment_method',
    ]));

    assert.equal(objects.at(-1).value.line_items.data[0].price.product.description, 'Blue');
    const full = await create({
      discounts: [{ promotion_code: code.id }], automatic_tax: { enabled: true }, customer_creation: 'always',
      shipping_address_collection: { allowed_countries: ['DE'] }, shipping_options: [parcel('Parcel', 490), parcel('Express', 1290)],
    });
    await simulator.pay(full.id, { card: '4242424242424242', shipping_option: 1, country: 'DE' });
    const paid = keep('paid session with discount, tax and shipping', 'Checkout.Session', await now(full, [
      'line_items', 'customer', 'discounts.coupon', 'discounts.promotion_code', 'shipping_cost.shipping_rate', 'shipping_options.shipping_rate',
    ]));
    assert.equal(paid.payment_status, 'paid');
    addsUp(paid);

    const debited = await create();
    await simulator.pay(debited.id, { iban: goodIban });
    const unpaid = keep('complete session, not yet paid', 'Checkout.Session', await now(debited));
    assert.deepEqual([unpaid.status, unpaid.payment_status], ['complete', 'unpaid']);
    const bounced = await create();
    await simulator.pay(bounced.id, { iban: badIban });
    await simulator.advance(600);
    keep('complete session, payment failed', 'Checkout.Session', await now(bounced, ['payment_intent']));
    const expired = keep('expired session', 'Checkout.Session', await api('POST', `/v1/checkout/sessions/${(await create()).id}/expire`));
    assert.deepEqual([expired.status, expired.url], ['expired', null]);
    const gift = await api('POST', '/v1/coupons', { percent_off: 100 });
    const free = await create({ discounts: [{ coupon: gift.id }] });
    await simulator.pay(free.id, {});
    const nothing = keep('free session', 'Checkout.Session', await now(free));
    assert.deepEqual([nothing.payment_status, nothing.payment_intent], ['no_payment_required', null]);
    addsUp(nothing);

    keep('list of sessions', 'ApiList<Stripe.Checkout.Session>', await api('GET', '/v1/checkout/sessions', { limit: 3 }));
    keep('list of lines', 'ApiList<Stripe.LineItem>', await api('GET', `/v1/checkout/sessions/${full.id}/line_items`));
  });

  test('payment intents, charges and payment methods', async () => {
    const create = (more) => api('POST', '/v1/payment_intents', { amount: 2000, currency: 'eur', ...more });
    const pay = (token, more = {}) => create({ payment_method: token, confirm: true, return_url: 'https://shop.example/back', ...more });
    const expand = ['latest_charge.balance_transaction', 'payment_method'];
    const now = (intent) => api('GET', `/v1/payment_intents/${intent.id}`, { expand });
    const waitsFor = async (status, intent) => assert.equal(keep(`intent, ${status}`, 'PaymentIntent', await now(intent)).status, status);

    await waitsFor('requires_payment_method', await create());
    await waitsFor('requires_confirmation', await create({ payment_method: 'pm_card_visa', description: 'Mug', shipping: { name: 'Ada', address: { line1: 'Street 1', country: 'DE' } } }));
    await waitsFor('requires_action', await pay('pm_card_authenticationRequired'));
    await waitsFor('requires_action', await pay('pm_card_authenticationRequired', {
      return_url: undefined, automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    }));
    await waitsFor('processing', await pay('pm_success_de', { allowed_payment_method_types: ['sepa_debit'] }));
    await waitsFor('succeeded', await pay('pm_card_visa'));
    const canceled = await api('POST', `/v1/payment_intents/${(await create()).id}/cancel`, { cancellation_reason: 'abandoned' });
    await waitsFor('canceled', canceled);
    const authorized = await pay('pm_card_visa', { capture_method: 'manual' });
    await waitsFor('requires_capture', authorized);
    keep('charge, authorized', 'Charge', (await now(authorized)).latest_charge);
    keep('intent, captured in part', 'PaymentIntent', await api('POST', `/v1/payment_intents/${authorized.id}/capture`, { amount_to_capture: 1500 }));
    const released = await pay('pm_card_visa', { capture_method: 'manual' });
    await api('POST', `/v1/payment_intents/${released.id}/cancel`);
    keep('charge, released', 'Charge', (await now(released)).latest_charge);
    const forgotten = await pay('pm_card_visa', { capture_method: 'manual' });
    await simulator.advance(7 * 24 * 3600 + 1);
    keep('intent, authorization expired', 'PaymentIntent', await now(forgotten));
    keep('intent, updated', 'PaymentIntent', await api('POST', `/v1/payment_intents/${(await create()).id}`, { amount: 2500, metadata: { a: 'b' } }));

    for (const token of ['pm_card_chargeDeclined', 'pm_card_chargeDeclinedExpiredCard', 'pm_card_radarBlock']) {
      const { error } = await pay(token);
      keep(`intent after ${token}`, 'PaymentIntent', error.payment_intent);
      keep(`charge after ${token}`, 'Charge', await api('GET', `/v1/charges/${error.charge}`));
    }
    const debit = await pay('pm_failed_de', { allowed_payment_method_types: ['sepa_debit'] });
    keep('charge, pending', 'Charge', (await now(debit)).latest_charge);
    await simulator.advance(600);
    const failed = keep('intent, debit failed', 'PaymentIntent', await now(debit));
    assert.equal(failed.last_payment_error.code, 'payment_method_provider_decline');
    keep('charge, debit failed', 'Charge', failed.latest_charge);

    const good = await now(await pay('pm_card_visa'));
    keep('charge, succeeded', 'Charge', good.latest_charge);
    keep('card', 'PaymentMethod', good.payment_method);
    keep('bank account', 'PaymentMethod', await api('GET', `/v1/payment_methods/${failed.latest_charge.payment_method}`));
    keep('list of intents', 'ApiList<Stripe.PaymentIntent>', await api('GET', '/v1/payment_intents', { limit: 100 }));
    keep('list of charges', 'ApiList<Stripe.Charge>', await api('GET', '/v1/charges', { limit: 100, expand: ['data.payment_intent'] }));
    await simulator.advance(120);
    keep('search result', 'ApiSearchResult<Stripe.PaymentIntent>', await api('GET', '/v1/payment_intents/search', { query: "status:'succeeded'", limit: 2 }));
  });

  test('refunds, disputes and the balance', async () => {
    const pay = (token, more = {}) => api('POST', '/v1/payment_intents', {
      amount: 2000, currency: 'eur', payment_method: token, confirm: true, return_url: 'https://shop.example/back', ...more,
    });
    const refund = async (intent, more = {}) => api('POST', '/v1/refunds', { payment_intent: intent.id, ...more });
    const card = await pay('pm_card_visa');
    keep('refund of a part', 'Refund', await refund(card, { amount: 500, reason: 'requested_by_customer', metadata: { a: 'b' } }));
    keep('charge, refunded in part', 'Charge', await api('GET', `/v1/charges/${card.latest_charge}`));
    await refund(card);
    keep('charge, refunded', 'Charge', await api('GET', `/v1/charges/${card.latest_charge}`, { expand: ['refunds'] }));
    const pending = keep('refund, pending', 'Refund', await refund(await pay('pm_card_pendingRefund')));
    const failing = await refund(await pay('pm_card_refundFail'));
    const debit = await pay('pm_success_de', { allowed_payment_method_types: ['sepa_debit'] });
    await simulator.advance(600);
    keep('refund, later', 'Refund', await api('GET', `/v1/refunds/${pending.id}`));
    keep('refund, failed', 'Refund', await api('GET', `/v1/refunds/${failing.id}`, { expand: ['charge', 'failure_balance_transaction'] }));
    keep('refund of a debit', 'Refund', await refund(debit));

    const disputed = await pay('pm_card_createDispute');
    const [dispute] = (await api('GET', '/v1/disputes', { payment_intent: disputed.id })).data;
    keep('dispute', 'Dispute', dispute);
    keep('charge, disputed', 'Charge', await api('GET', `/v1/charges/${disputed.latest_charge}`));
    keep('dispute, lost', 'Dispute', await simulator.control(`disputes/${dispute.id}/close`, { status: 'lost' }));
    const other = await pay('pm_card_visa');
    const second = await simulator.control(`charges/${other.latest_charge}/dispute`, {});
    keep('dispute, won', 'Dispute', await simulator.control(`disputes/${second.id}/close`, { status: 'won' }));

    keep('balance', 'Balance', await api('GET', '/v1/balance'));
    const transactions = keep('balance transactions', 'ApiList<Stripe.BalanceTransaction>', await api('GET', '/v1/balance_transactions', { limit: 100 }));
    keep('balance transaction', 'BalanceTransaction', await api('GET', `/v1/balance_transactions/${transactions.data[0].id}`));
    keep('list of refunds', 'ApiList<Stripe.Refund>', await api('GET', '/v1/refunds'));
    keep('list of disputes', 'ApiList<Stripe.Dispute>', await api('GET', '/v1/disputes', { expand: ['data.charge'] }));
  });

  test('customers, products, prices, shipping rates and webhook endpoints', async () => {
    const customer = await api('POST', '/v1/customers', { email: 'bea@example.com' });
    keep('customer, changed', 'Customer', await api('POST', `/v1/customers/${customer.id}`, { name: 'Bea', preferred_locales: ['de'] }));
    keep('list of customers', 'ApiList<Stripe.Customer>', await api('GET', '/v1/customers'));
    const made = keep('payment method', 'PaymentMethod', await api('POST', '/v1/payment_methods', { type: 'card', card: { token: 'tok_visa' } }));
    keep('payment method, attached', 'PaymentMethod', await api('POST', `/v1/payment_methods/${made.id}/attach`, { customer: customer.id }));
    keep('payment methods of a customer', 'ApiList<Stripe.PaymentMethod>', await api('GET', `/v1/customers/${customer.id}/payment_methods`));
    keep('payment method with its customer', 'PaymentMethod', await api('GET', `/v1/payment_methods/${made.id}`, { expand: ['customer'] }));
    keep('session that offers to save the card', 'Checkout.Session', await api('POST', '/v1/checkout/sessions', {
      ...purchase, customer: customer.id, saved_payment_method_options: { payment_method_save: 'enabled' },
    }));
    keep('payment method, detached', 'PaymentMethod', await api('POST', `/v1/payment_methods/${made.id}/detach`));
    keep('deleted customer', 'DeletedCustomer', await api('DELETE', `/v1/customers/${customer.id}`));
    keep('deleted customer, retrieved', 'DeletedCustomer', await api('GET', `/v1/customers/${customer.id}`));
    const product = keep('product', 'Product', await api('POST', '/v1/products', { name: 'Tea', description: 'Green', images: ['https://img.example/tea.png'] }));
    keep('price', 'Price', await api('POST', '/v1/prices', { product: product.id, currency: 'eur', unit_amount: 490, nickname: 'Small' }));
    keep('prices, expanded', 'ApiList<Stripe.Price>', await api('GET', '/v1/prices', { expand: ['data.product'] }));
    keep('shipping rate', 'ShippingRate', await api('POST', '/v1/shipping_rates', parcel('Parcel', 490).shipping_rate_data));
    const endpoint = keep('webhook endpoint', 'WebhookEndpoint', await api('POST', '/v1/webhook_endpoints', { url: 'http://127.0.0.1:9/', enabled_events: ['charge.failed'] }));
    keep('webhook endpoint, disabled', 'WebhookEndpoint', await api('POST', `/v1/webhook_endpoints/${endpoint.id}`, { disabled: true, metadata: { a: 'b' } }));
    keep('list of webhook endpoints', 'ApiList<Stripe.WebhookEndpoint>', await api('GET', '/v1/webhook_endpoints'));
    keep('deleted webhook endpoint', 'DeletedWebhookEndpoint', await api('DELETE', `/v1/webhook_endpoints/${endpoint.id}`));
    const coupon = await api('POST', '/v1/coupons', { percent_off: 10 });
    keep('coupon, changed', 'Coupon', await api('POST', `/v1/coupons/${coupon.id}`, { name: 'Ten' }));
    const code = await api('POST', '/v1/promotion_codes', { promotion: { type: 'coupon', coupon: coupon.id } });
    keep('promotion code, inactive', 'PromotionCode', await api('POST', `/v1/promotion_codes/${code.id}`, { active: false }));
    keep('deleted coupon', 'DeletedCoupon', await api('DELETE', `/v1/coupons/${coupon.id}`));
  });

  test('the account and its tax settings', async () => {
    keep('account', 'Account', await api('GET', '/v1/account'));
    keep('account, connected', 'Account', await api('GET', '/v1/account', {}, { 'Stripe-Account': 'acct_connected' }));
    keep('tax settings', 'Tax.Settings', await api('GET', '/v1/tax/settings'));
    keep('tax registrations', 'ApiList<Stripe.Tax.Registration>', await api('GET', '/v1/tax/registrations', { status: 'active' }));
    await simulator.control('settings', { tax_head_office: null });
    keep('tax settings, pending', 'Tax.Settings', await api('GET', '/v1/tax/settings'));
    keep('tax settings, entered', 'Tax.Settings', await api('POST', '/v1/tax/settings', {
      defaults: { tax_behavior: 'exclusive' }, head_office: { address: { line1: 'Street 1', city: 'Berlin', postal_code: '10115', country: 'DE' } },
    }));
    keep('webhook endpoint for Connect', 'WebhookEndpoint', await api('POST', '/v1/webhook_endpoints', {
      url: 'http://127.0.0.1:9/connect', enabled_events: ['charge.failed'], connect: true, api_version: '2024-06-20',
    }));
  });

  test('events, as listed and as sent', async () => {
    const listener = await startListener();
    try {
      await api('POST', '/v1/webhook_endpoints', { url: listener.url, enabled_events: ['*'] });
      await api('POST', '/v1/payment_intents', { amount: 2000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true, return_url: 'https://shop.example/' });
      await listener.until('payment_intent.succeeded');
      await eventually('all events have arrived', async () => (await api('GET', '/v1/events', { delivery_success: false })).data.length === 0);
      for (const { body } of listener.received) {
        const event = JSON.parse(body);
        keep(`sent ${event.type}`, 'Event', event);
      }
    } finally {
      await listener.close();
    }
    const page = async (after) => api('GET', '/v1/events', { limit: 100, starting_after: after });
    const types = new Set(), seen = new Set();
    for (let list = await page(); ; list = await page(list.data.at(-1).id)) {
      for (const event of list.data) {
        types.add(event.type);
        const kind = `${event.type}, ${event.data.object.status}`;  // one of each kind will do
        if (!seen.has(kind)) keep(kind, 'Event', event);
        seen.add(kind);
      }
      if (!list.has_more) break;
    }
    for (const type of [
      'checkout.session.completed', 'checkout.session.expired', 'checkout.session.async_payment_succeeded',
      'checkout.session.async_payment_failed', 'charge.succeeded', 'charge.expired', 'charge.refund.updated',
      'charge.failed', 'charge.pending', 'charge.captured', 'charge.refunded', 'charge.dispute.created', 'charge.dispute.closed',
      'charge.dispute.funds_withdrawn', 'charge.dispute.funds_reinstated', 'payment_intent.created', 'payment_intent.succeeded',
      'payment_intent.payment_failed', 'payment_intent.processing', 'payment_intent.requires_action', 'payment_intent.canceled',
      'payment_intent.amount_capturable_updated', 'refund.created', 'refund.updated', 'refund.failed', 'coupon.created', 'coupon.updated',
      'coupon.deleted', 'customer.created', 'customer.updated', 'customer.deleted', 'payment_method.attached', 'payment_method.detached', 'promotion_code.created', 'promotion_code.updated', 'product.created', 'price.created',
    ]) assert.ok(types.has(type), `an event of the type ${type} was seen`);
  });

  test('is what Stripe declares, and the check would notice if it were not', () => {
    assert.ok(objects.length > 100);
    const [refund, session] = ['refund of a part', 'open session'].map((name) => objects.find((object) => object.name === name));
    const { currency: _, ...withoutCurrency } = refund.value;
    const bad = [
      { ...refund, name: 'bad: lacks a member', value: withoutCurrency },
      { ...refund, name: 'bad: a wrong type', value: { ...refund.value, amount: '500' } },
      { ...refund, name: 'bad: a member too many', value: { ...refund.value, colour: 'red' } },
      { ...session, name: 'bad: a literal that is none', value: { ...session.value, status: 'closed' } },
      { ...session, name: 'bad: a nested literal that is none', value: { ...session.value, automatic_tax: { ...session.value.automatic_tax, status: 'done' } } },
    ];
    const verdicts = typeCheck([...objects, ...bad]);
    const wrong = verdicts.filter(({ error }) => error);
    assert.deepEqual(wrong.filter(({ name }) => !name.startsWith('bad: ')), []);
    assert.deepEqual(wrong.map(({ name }) => name), bad.map(({ name }) => name));
  });
});

/** The parts of a session's total are its total, and its lines are its subtotal, discount and tax. */
function addsUp(session) {
  const { amount_discount: discount, amount_shipping: shipping, amount_tax: tax } = session.total_details;
  const lines = session.line_items?.data;
  const sum = (member) => lines.reduce((total, line) => total + line[member], 0);
  if (lines) {
    assert.equal(session.amount_subtotal, sum('amount_subtotal'));
    assert.equal(discount, sum('amount_discount'));
    assert.equal(tax, sum('amount_tax') + (session.shipping_cost?.amount_tax ?? 0));
    assert.equal(session.amount_total, sum('amount_total') + (session.shipping_cost?.amount_total ?? 0));
  }
  assert.ok([0, tax].some((onTop) => session.amount_total <= session.amount_subtotal - discount + shipping + onTop));
}
