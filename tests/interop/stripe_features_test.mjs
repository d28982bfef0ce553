// What a merchant's own code asks of Stripe besides taking a payment, through Stripe's SDK: discounts, tax, shipping, customers,
// manual capture, lists with expansion, metadata; and that what the simulator lacks is refused, not ignored.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { refusal, startSimulator } from './support/simulator.mjs';

const mug = { price_data: { currency: 'eur', unit_amount: 2000, tax_behavior: 'exclusive', product_data: { name: 'Mug' } }, quantity: 2 };
const purchase = { mode: 'payment', success_url: 'https://shop.example/ok', line_items: [mug] };
const parcel = (name, amount) => ({
  shipping_rate_data: { display_name: name, type: 'fixed_amount', tax_behavior: 'exclusive', fixed_amount: { amount, currency: 'eur' } },
});

let simulator, stripe;
before(async () => {
  simulator = await startSimulator();
  ({ stripe } = simulator.freshAccount());
});
after(() => simulator?.stop());

const open = (more = {}) => stripe.checkout.sessions.create({ ...purchase, ...more });
const card = (more = {}) => stripe.paymentIntents.create({
  amount: 2000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true, return_url: 'https://shop.example/back', ...more,
});
const invalid = (promise, expected) => refusal(promise, 'StripeInvalidRequestError', expected);

describe('a session', () => {
  test('takes a coupon, shipping and tax into its total', async () => {
    const coupon = await stripe.coupons.create({ percent_off: 25 });
    const session = await open({
      discounts: [{ coupon: coupon.id }], automatic_tax: { enabled: true }, shipping_options: [parcel('Parcel', 500), parcel('Express', 1000)],
    });
    assert.deepEqual([session.amount_subtotal, session.amount_total, session.automatic_tax.status], [4000, 3500, 'requires_location_inputs']);
    const { session: paid } = await simulator.pay(session.id, { card: '4242424242424242', country: 'DE', shipping_option: 1 });
    // 19 % of 30.00 and of 10.00
    assert.deepEqual(paid.total_details, { amount_discount: 1000, amount_shipping: 1000, amount_tax: 760 });
    assert.equal(paid.amount_total, 4760);
    const intent = await stripe.paymentIntents.retrieve(paid.payment_intent);
    assert.equal(intent.amount_received, 4760);
    assert.equal((await stripe.coupons.retrieve(coupon.id)).times_redeemed, 1);
  });

  test('takes a promotion code, and rates and prices that exist already', async () => {
    const coupon = await stripe.coupons.create({ amount_off: 300, currency: 'eur' });
    const code = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'THREE' });
    assert.deepEqual((await stripe.promotionCodes.list({ code: 'three' })).data.map(({ id }) => id), [code.id]);
    const product = await stripe.products.create({ name: 'Tea' });
    const price = await stripe.prices.create({ product: product.id, currency: 'eur', unit_amount: 900 });
    const rate = await stripe.shippingRates.create(parcel('Parcel', 490).shipping_rate_data);
    const session = await open({
      line_items: [{ price: price.id, quantity: 2 }], shipping_options: [{ shipping_rate: rate.id }], discounts: [{ promotion_code: code.id }],
    });
    assert.equal(session.amount_total, 1800 - 300 + 490);
    const { data: [line] } = await stripe.checkout.sessions.listLineItems(session.id, { expand: ['data.price.product'] });
    assert.deepEqual([line.description, line.price.id, line.price.product.name], ['Tea', price.id, 'Tea']);
    await stripe.promotionCodes.update(code.id, { active: false });
    await invalid(open({ discounts: [{ promotion_code: code.id }] }), { code: 'coupon_expired', param: 'discounts[0][promotion_code]' });
  });

  test('knows its customer, or makes one', async () => {
    const customer = await stripe.customers.create({ email: 'ada@example.com', name: 'Ada', metadata: { tier: 'gold' } });
    const known = await open({ customer: customer.id });
    assert.deepEqual([known.customer, known.customer_details.email], [customer.id, 'ada@example.com']);
    await invalid(open({ customer: customer.id, customer_email: 'x@example.com' }), { code: 'parameters_exclusive' });
    const { session } = await simulator.pay((await open({ customer_creation: 'always' })).id, { card: '4242424242424242', email: 'bea@example.com' });
    assert.equal((await stripe.customers.retrieve(session.customer)).email, 'bea@example.com');
    assert.deepEqual((await stripe.customers.list({ email: 'bea@example.com' })).data.map(({ id }) => id), [session.customer]);
    await stripe.customers.del(customer.id);
    assert.equal((await stripe.customers.retrieve(customer.id)).deleted, true);
    await invalid(open({ customer: customer.id }), { code: 'resource_missing', param: 'customer' });
  });

  test('offers the payment methods that are left to it', async () => {
    assert.deepEqual((await open()).payment_method_types, ['card', 'sepa_debit']);
    assert.deepEqual((await open({ allowed_payment_method_types: ['card', 'ideal'] })).payment_method_types, ['card']);
    assert.deepEqual((await open({ excluded_payment_method_types: ['card'] })).payment_method_types, ['sepa_debit']);
    await invalid(open({ allowed_payment_method_types: ['ideal'] }), { param: 'allowed_payment_method_types' });
    const before2026 = { payment_method_types: ['card'] }, unknown = { code: 'parameter_unknown', param: 'payment_method_types' };
    await invalid(open(before2026), unknown);
    await invalid(card(before2026), unknown);
    const { id } = await stripe.paymentIntents.create({ amount: 2000, currency: 'eur' });
    await invalid(stripe.paymentIntents.update(id, before2026), unknown);
    await invalid(stripe.paymentIntents.confirm(id, { ...before2026, payment_method: 'pm_card_visa' }), unknown);
  });

  test('refuses what the simulator does not do', async () => {
    for (const [parameter, more] of Object.entries({
      mode: { mode: 'subscription' },
      ui_mode: { ui_mode: 'embedded_page' },
      'custom_fields[0][key]': { custom_fields: [{ key: 'a', type: 'text', label: { type: 'custom', custom: 'A' } }] },
      'line_items[0][adjustable_quantity][enabled]': { line_items: [{ ...mug, adjustable_quantity: { enabled: true } }] },
      'payment_intent_data[transfer_data][destination]': { payment_intent_data: { transfer_data: { destination: 'acct_1' } } },
    })) {
      const error = await invalid(open(more), { param: parameter });
      assert.match(error.message, /^This simulator (does not implement|implements)/);
    }
  });
});

describe('manual capture', () => {
  const authorize = () => card({ capture_method: 'manual' });

  test('takes all or a part of what was authorized, once', async () => {
    const intent = await authorize();
    assert.deepEqual([intent.status, intent.amount_capturable, intent.amount_received], ['requires_capture', 2000, 0]);
    await invalid(stripe.paymentIntents.capture(intent.id, { amount_to_capture: 2001 }), { code: 'amount_too_large', param: 'amount_to_capture' });
    const captured = await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1500, expand: ['latest_charge'] });
    assert.deepEqual([captured.status, captured.amount_received, captured.latest_charge.amount_captured], ['succeeded', 1500, 1500]);
    await invalid(stripe.paymentIntents.capture(intent.id), { code: 'payment_intent_unexpected_state' });
    assert.equal((await stripe.refunds.create({ payment_intent: intent.id })).amount, 1500);
  });

  test('lets go of the money on cancel, and by itself after seven days', async () => {
    const [canceled, forgotten] = [await authorize(), await authorize()];
    assert.equal((await stripe.paymentIntents.cancel(canceled.id)).status, 'canceled');
    await invalid(stripe.refunds.create({ payment_intent: canceled.id }));
    await simulator.advance(7 * 24 * 3600 + 1);
    const expired = await stripe.paymentIntents.retrieve(forgotten.id, { expand: ['latest_charge'] });
    assert.deepEqual([expired.status, expired.cancellation_reason, expired.latest_charge.captured], ['canceled', 'automatic', false]);
  });

  test('is for cards only', async () => {
    const manual = { payment_intent_data: { capture_method: 'manual' } };
    assert.deepEqual((await open(manual)).payment_method_types, ['card']);
    await invalid(open({ ...manual, allowed_payment_method_types: ['sepa_debit'] }), { param: 'allowed_payment_method_types' });
    await invalid(card({ capture_method: 'manual', payment_method: 'pm_success_de' }),
                  { param: 'payment_method' });
  });

  test('leaves a session unpaid until then', async () => {
    const { session } = await simulator.pay((await open({ payment_intent_data: { capture_method: 'manual' } })).id);
    assert.deepEqual([session.status, session.payment_status], ['complete', 'unpaid']);
    await stripe.paymentIntents.capture(session.payment_intent);
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).payment_status, 'paid');
  });
});

describe('lists, expansion and metadata', () => {
  test('charges, balance transactions and payment methods are listed with what they refer to', async () => {
    const intent = await card({ metadata: { order: '7' } });
    const { data: [charge] } = await stripe.charges.list({ payment_intent: intent.id, expand: ['data.payment_intent', 'data.balance_transaction'] });
    assert.deepEqual([charge.payment_intent.id, charge.balance_transaction.amount, charge.metadata.order], [intent.id, 2000, '7']);
    const { data: [booked] } = await stripe.balanceTransactions.list({ source: charge.id, expand: ['data.source'] });
    assert.deepEqual([booked.type, booked.net, booked.source.id], ['charge', 2000, charge.id]);
    const { data: unsaved } = await stripe.paymentMethods.list({ type: 'card' });
    assert.ok(unsaved.every(({ id }) => id !== intent.payment_method), 'only what is saved for a customer is listed');
    const { id: customer } = await stripe.customers.create();
    const { id: saved } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    assert.ok((await stripe.paymentMethods.list({ type: 'card' })).data.some(({ id }) => id === saved));
    const pages = await stripe.charges.list({ limit: 1 }).autoPagingToArray({ limit: 100 });
    assert.equal(new Set(pages.map(({ id }) => id)).size, pages.length);
  });

  test('what cannot be expanded is refused, with a hint in lists', async () => {
    for (const property of ['currency', 'amount', 'payment_method_options', 'colour']) {
      await invalid(card({ expand: [property] }), { param: 'expand' });
    }
    await invalid(card({ expand: ['latest_charge.colour'] }), { param: 'expand' });
    await invalid(card({ expand: ['latest_charge.payment_intent.latest_charge.payment_intent.latest_charge'] }), { param: 'expand' });
    const error = await invalid(stripe.charges.list({ expand: ['payment_intent'] }), { param: 'expand' });
    assert.match(error.message, /'data\.payment_intent'/);
  });

  test('metadata is changed key by key, within its limits', async () => {
    const { id } = await stripe.paymentIntents.create({ amount: 2000, currency: 'eur', metadata: { a: '1', b: '2' } });
    const update = (metadata) => stripe.paymentIntents.update(id, { metadata });
    assert.deepEqual((await update({ b: '', c: '3' })).metadata, { a: '1', c: '3' });
    assert.deepEqual((await update('')).metadata, {});
    await invalid(update({ ['k'.repeat(41)]: 'v' }));
    await invalid(update({ k: 'v'.repeat(501) }));
    await invalid(update(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`k${i}`, 'v']))));
  });

  test('an intent can be changed until it is paid', async () => {
    const { id } = await stripe.paymentIntents.create({ amount: 2000, currency: 'eur' });
    assert.equal((await stripe.paymentIntents.update(id, { amount: 2500, description: 'Mugs' })).amount, 2500);
    await invalid(stripe.paymentIntents.update(id, { amount: 1 }), { code: 'amount_too_small' });
    const paid = await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa', return_url: 'https://shop.example/' });
    assert.equal(paid.amount_received, 2500);
    await invalid(stripe.paymentIntents.update(id, { amount: 3000 }), { code: 'payment_intent_unexpected_state' });
    assert.equal((await stripe.paymentIntents.update(id, { description: 'Two mugs' })).description, 'Two mugs');
  });

  test('only the version that the simulator speaks is spoken', async () => {
    const old = simulator.stripe({ apiVersion: '2011-01-01' });
    const error = await invalid(old.balance.retrieve(), { statusCode: 400 });
    assert.match(error.message, /Invalid Stripe API version: 2011-01-01/);
  });

  test('a publishable key may not do any of this', async () => {
    await refusal(simulator.stripe({ apiKey: 'pk_test_123456789' }).balance.retrieve(), 'StripePermissionError', { code: 'secret_key_required' });
  });
});
