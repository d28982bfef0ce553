// What customers change on the payment page, from the shop's settings to the order: promotion codes, automatic tax, a
// shipping service; every sum of the order is the one that was charged.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { connectTo, libraries } from './support/clients.mjs';
import { newHome, startHttp } from './support/server.mjs';
import { address, goodCard, mailTo, newId, untilStatus } from './support/shopping.mjs';
import { newKey, startSimulator } from './support/simulator.mjs';

const rate = (service, price) => ({
  carrier_id: 'post', carrier_name: 'Post', service_id: service, service_name: service, countries: ['*'],
  base_price: price, min_days: 1, max_days: 3,
});
const products = [{ id: 'mug', name: 'Mug', price: 1500, kind: 'physical', weight_grams: 400, stock: 100 },
                  { id: 'book', name: 'Book', price: 900, kind: 'digital' }];

describe('choices on the payment page', () => {
  let simulator, agent, home;
  const sold = { codes: 0, tax: 0, all: 0 };
  const keys = { codes: newKey(), tax: newKey(), all: newKey() };

  before(async () => {
    simulator = await startSimulator();
    home = newHome();
    const tenant = (id, choices) => {
      writeFileSync(join(home.path, id), keys[id]);
      return {
        id, name: id, currency: 'eur', catalog: { products },
        stripe: { api_base: simulator.url, secret_key: { file: id }, ...choices },
        shipping: { countries: ['US'], rates: [rate('parcel', 500), rate('express', 1500)] },
        policies: { payment_poll_interval_ms: 100 },
      };
    };
    const config = join(home.path, 'config.json');
    writeFileSync(config, JSON.stringify({
      tenants: [
        tenant('codes', { allow_promotion_codes: true }), tenant('tax', { automatic_tax: true }),
        tenant('all', { allow_promotion_codes: true, automatic_tax: true, shipping_on_page: true }),
      ],
    }));
    agent = await connectTo(libraries.modern, await startHttp({ config, home, hasSandbox: false }));
  });
  after(async () => {
    await agent?.close();
    home?.dispose();
    await simulator?.stop();
  });

  const amounts = (totals) => Object.fromEntries(Object.entries(totals).map(([name, { amount }]) => [name, amount]));

  async function openPage(tenant, productId) {
    const ids = { tenant_id: tenant, cartId: newId('cart') };
    await agent.call('cart_add_item', { ...ids, productId, quantity: 2 });
    const email = `${newId('eve')}@example.com`;
    const { sagaId } = await agent.call('checkout_start', { ...ids, userId: newId('user'), email, shippingAddress: address });
    const { sessionId } = await agent.call('checkout_create_payment_session', { tenant_id: tenant, sagaId });
    return { sagaId, sessionId, email };
  }

  async function buy(tenant, productId, how) {
    const { sagaId, sessionId, email } = await openPage(tenant, productId);
    await simulator.pay(sessionId, { card: goodCard, ...how });
    const saga = await untilStatus(agent, sagaId, 'completed', tenant);
    const order = await agent.call('orders_get', { tenant_id: tenant, orderId: saga.order.orderId });
    assert.deepEqual(order.totals, saga.totals);
    sold[tenant] += order.totals.total.amount;
    return { saga, order, email };
  }
  async function promotionCode(tenant, code, coupon) {
    const stripe = simulator.stripe({ apiKey: keys[tenant] });
    const { id } = await stripe.coupons.create(coupon);
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: id }, code });
  }

  test('a promotion code is a discount of the order', async () => {
    await promotionCode('codes', 'SIX', { amount_off: 600, currency: 'eur' });
    const { order, email } = await buy('codes', 'mug', { promotion_code: 'SIX' });
    assert.deepEqual(amounts(order.totals), { subtotal: 3000, shipping: 500, tax: 0, discount: 600, total: 2900 });
    assert.match(await mailTo(agent, email), /Discount +-=E2=82=AC6\.00|Discount +-€6\.00/);
  });

  test('a code that takes it all completes the order without a payment', async () => {
    await promotionCode('codes', 'FREE', { percent_off: 100 });
    const { saga, order } = await buy('codes', 'book', { promotion_code: 'FREE' });
    assert.deepEqual(amounts(order.totals), { subtotal: 1800, shipping: 0, tax: 0, discount: 1800, total: 0 });
    assert.equal(saga.payment.paymentIntentId, undefined);
  });

  test('automatic tax is the tax of the order', async () => {
    const { order } = await buy('tax', 'book', { country: 'DE' });
    assert.deepEqual(amounts(order.totals), { subtotal: 1800, shipping: 0, tax: 342, discount: 0, total: 2142 });
  });

  test('a service picked on the page, tax and a code come together', async () => {
    await promotionCode('all', 'TEN', { percent_off: 10 });
    const { order } = await buy('all', 'mug', { promotion_code: 'TEN', country: 'US', shipping_option: 1 });
    const { subtotal, shipping, tax, discount, total } = amounts(order.totals);
    assert.deepEqual([subtotal, shipping, discount], [3000, 1500, 300]);
    assert.ok(tax > 0);
    assert.equal(total, subtotal + shipping + tax - discount);
    assert.equal(order.shipping.serviceId, 'express');
  });

  test('an account that taxes pages by default does not change the price of a shop that does not', async () => {
    assert.equal((await simulator.control('settings', { automatic_tax: true })).automatic_tax, true);
    const { order } = await buy('codes', 'book', { country: 'DE' });
    await simulator.control('settings', { automatic_tax: false });
    assert.deepEqual(amounts(order.totals), { subtotal: 1800, shipping: 0, tax: 0, discount: 0, total: 1800 });
    const { totals } = await simulator.ledger(keys.codes);
    assert.equal(totals.eur.refunded, 0);
  });

  test('what was charged is what was sold', async () => {
    for (const tenant of ['codes', 'tax', 'all']) {
      const { totals } = await simulator.ledger(keys[tenant]);
      assert.equal(totals.eur.captured, sold[tenant], tenant);
    }
  });
});
