// Saved cards, through the real binary and Stripe's own SDK: a card that a customer saves on the payment page pays their next
// purchase without one, and nobody else's.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { connectTo, libraries } from './support/clients.mjs';
import { newHome, startHttp } from './support/server.mjs';
import { goodCard, newId, untilStatus } from './support/shopping.mjs';
import { newKey, refusal, startSimulator } from './support/simulator.mjs';

describe('saved cards', () => {
  let simulator, agent, home, stripe;
  const key = newKey();

  before(async () => {
    simulator = await startSimulator();
    stripe = simulator.stripe({ apiKey: key });
    home = newHome();
    writeFileSync(join(home.path, 'key'), key);
    const tenant = (id, settings) => ({
      id, name: id, currency: 'eur', stripe: { api_base: simulator.url, secret_key: { file: 'key' }, ...settings },
      policies: { payment_poll_interval_ms: 100 },
      catalog: { products: [{ id: 'book', name: 'Book', price: 900, kind: 'digital' }] },
    });
    const config = join(home.path, 'config.json');
    writeFileSync(config, JSON.stringify({ tenants: [tenant('keeps', { saved_payment_methods: true }), tenant('plain', {})] }));
    agent = await connectTo(libraries.modern, await startHttp({ config, home, hasSandbox: false }));
  });
  after(async () => {
    await agent?.close();
    home?.dispose();
    await simulator?.stop();
  });

  async function purchase(tenant, userId, more = {}) {
    const ids = { tenant_id: tenant, cartId: newId('cart') };
    await agent.call('cart_add_item', { ...ids, productId: 'book' });
    return { ...ids, userId, email: 'eve@example.com', ...more };
  }
  async function buyOnPage(tenant, userId, how) {
    const { sagaId } = await agent.call('checkout_start', await purchase(tenant, userId));
    const { sessionId } = await agent.call('checkout_create_payment_session', { tenant_id: tenant, sagaId });
    await simulator.pay(sessionId, { card: goodCard, ...how });
    await untilStatus(agent, sagaId, 'completed', tenant);
    return stripe.checkout.sessions.retrieve(sessionId);
  }
  async function saveCard(userId) {
    const { customer } = await buyOnPage('keeps', userId, { save: true });
    const { data: [card] } = await stripe.customers.listPaymentMethods(customer);
    return { customer, card: card.id };
  }
  const charges = async () => (await stripe.charges.list({ limit: 100 })).data.length;
  async function refused(tenant, userId, paymentMethodId, words) {
    const before = await charges();
    const result = await agent.result('checkout_start', await purchase(tenant, userId, { paymentMethodId }));
    assert.equal(result.isError, true);
    const { error } = result.structuredContent;
    assert.equal(error.code, 'VALIDATION_FAILED');
    assert.match(error.message, words);
    assert.match(error.message, /paymentMethodId/);
    assert.doesNotMatch(JSON.stringify(result), /cus_/);
    assert.equal(await charges(), before, 'nothing was charged');
    return error.details.sagaId;
  }

  test('one that was saved on the page pays the next purchase, as often as it is wanted', async () => {
    const user = newId('user');
    const { customer, card } = await saveCard(user);
    const { metadata } = await stripe.customers.retrieve(customer);
    assert.equal(metadata.tenant_id, 'keeps');
    assert.ok(!JSON.stringify(metadata).includes(user), 'the dashboard does not show what we call the user');
    for (let i = 0; i < 2; ++i) {
      const { sagaId } = await agent.call('checkout_start', await purchase('keeps', user, { paymentMethodId: card }));
      const { payment } = await untilStatus(agent, sagaId, 'completed', 'keeps');
      assert.equal((await stripe.paymentIntents.retrieve(payment.paymentIntentId)).customer, customer);
    }
    assert.equal((await buyOnPage('keeps', user, {})).customer, customer, 'each user has one customer');
  });

  test("nobody else's is charged, nor one that software of the merchant's has saved", async () => {
    const { card } = await saveCard(newId('user'));
    await refused('keeps', newId('user'), card, /not of the user of this checkout/);
    const { id: customer } = await stripe.customers.create({});
    const { id: fresh } = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    await stripe.paymentMethods.attach(fresh, { customer });
    await refused('keeps', newId('user'), fresh, /not of the user of this checkout/);
  });

  test('a shop that keeps none says so, and makes no customers', async () => {
    const user = newId('user');
    const { card } = await saveCard(user);
    await refused('plain', user, card, /keeps no saved cards/);
    assert.equal((await buyOnPage('plain', user, { save: true })).customer, null);
  });

  test('one that was used or removed is refused, and another one or a page pays', async () => {
    const user = newId('user');
    const { id: used } = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } });
    const { sagaId } = await agent.call('checkout_start', await purchase('plain', user, { paymentMethodId: used }));
    await untilStatus(agent, sagaId, 'completed', 'plain');
    await refusal(stripe.paymentIntents.create({ amount: 900, currency: 'eur', confirm: true, payment_method: used,
                                                 allowed_payment_method_types: ['card'], return_url: 'https://shop.example/' }),
                  'StripeInvalidRequestError', { statusCode: 400 });
    const again = await refused('plain', user, used, /can't be used again/);
    const status = await agent.call('checkout_status', { tenant_id: 'plain', sagaId: again });
    assert.deepEqual([status.status, status.nextAction.type], ['payment_pending', 'retry']);
    await agent.call('checkout_pay', { tenant_id: 'plain', sagaId: again, paymentMethodId: 'pm_card_visa', expectedTotal: status.totals.total });
    await untilStatus(agent, again, 'completed', 'plain');

    const { card } = await saveCard(user);
    await stripe.paymentMethods.detach(card);
    const page = await refused('keeps', user, card, /can't be used again/);
    const { sessionId } = await agent.call('checkout_create_payment_session', { tenant_id: 'keeps', sagaId: page });
    await simulator.pay(sessionId);
    await untilStatus(agent, page, 'completed', 'keeps');
  });

  test('a creation of a customer that fails after it took effect makes no second one', async () => {
    const user = newId('user');
    const before = (await stripe.customers.list({ limit: 100 })).data.length;
    await simulator.fault({ kind: 'reset_after', match: { method: 'POST', path_prefix: '/v1/customers' } });
    await buyOnPage('keeps', user, {});
    assert.equal((await stripe.customers.list({ limit: 100 })).data.length, before + 1);
  });
});
