// Signatures, both ways: Stripe's SDK checks what the simulator sends, and the server checks what the SDK signs.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import Stripe from 'stripe';

import { connectHttp, libraries } from './support/clients.mjs';
import { eventually } from './support/eventually.mjs';
import { newId, pay, statusOf, untilStatus } from './support/shopping.mjs';
import { newKey, startListener, startSimulator } from './support/simulator.mjs';

describe('what the simulator sends', () => {
  let simulator, account, listener;
  before(async () => { simulator = await startSimulator(); });
  after(() => simulator?.stop());
  beforeEach(async () => {
    account = simulator.freshAccount();
    listener = await startListener();
  });
  afterEach(() => listener.close());

  const register = (events = ['*']) => account.stripe.webhookEndpoints.create({ url: listener.url, enabled_events: events });
  const charge = () => account.stripe.paymentIntents.create({
    amount: 2000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true, return_url: 'https://shop.example/',
  });
  const typesOf = () => listener.received.map(({ body }) => JSON.parse(body).type);
  const undelivered = async () => (await account.stripe.events.list({ delivery_success: false })).data.map(({ type }) => type);

  test('passes the check of the SDK, with its own secret and unchanged', async () => {
    const { secret } = await register(['payment_intent.succeeded']);
    const intent = await charge();
    const { body, headers } = await listener.until('payment_intent.succeeded');
    const event = Stripe.webhooks.constructEvent(body, headers['stripe-signature'], secret);
    assert.deepEqual([event.data.object.id, event.livemode, event.request.id], [intent.id, false, intent.lastResponse.requestId]);
    const wrong = { type: 'StripeSignatureVerificationError' };
    assert.throws(() => Stripe.webhooks.constructEvent(body, headers['stripe-signature'], 'whsec_other'), wrong);
    assert.throws(() => Stripe.webhooks.constructEvent(`${body} `, headers['stripe-signature'], secret), wrong);
    assert.deepEqual(typesOf(), ['payment_intent.succeeded'], 'what the endpoint did not ask for is not sent');
  });

  test('is sent again with growing pauses until it is taken', async () => {
    await register(['payment_intent.succeeded']);
    listener.answer = () => (listener.received.length < 4 ? 500 : 200);
    await charge();
    await listener.until('payment_intent.succeeded');
    for (const [attempt, pause] of [[2, 10], [3, 60], [4, 600]]) {
      await eventually(`attempt ${attempt - 1} is counted`, async () => (await account.ledger()).webhook_deliveries[0].attempts === attempt - 1);
      assert.deepEqual(await undelivered(), ['payment_intent.succeeded']);
      await simulator.advance(pause - 1);
      assert.equal(listener.received.length, attempt - 1);
      await simulator.advance(1);
      await eventually(`attempt ${attempt}`, () => listener.received.length === attempt);
    }
    await eventually('it counts as delivered', async () => (await undelivered()).length === 0);
    assert.equal(new Set(listener.received.map(({ body }) => JSON.parse(body).id)).size, 1, 'it is one event');
  });

  test('follows the endpoint: its events, its address, and whether it is enabled', async () => {
    const endpoint = await register(['payment_intent.created']);
    const update = (change) => account.stripe.webhookEndpoints.update(endpoint.id, change);
    assert.equal((await update({ disabled: true })).status, 'disabled');
    await charge();
    assert.deepEqual(await undelivered(), []);
    assert.equal((await update({ disabled: false, enabled_events: ['charge.succeeded'] })).status, 'enabled');
    await charge();
    await listener.until('charge.succeeded');
    assert.deepEqual(typesOf(), ['charge.succeeded']);
    assert.equal((await account.stripe.webhookEndpoints.del(endpoint.id)).deleted, true);
    await charge();
    assert.deepEqual(await undelivered(), []);
  });
});

describe('the server', () => {
  const secret = 'whsec_of_the_shop', key = newKey(), tenant = 'signed_shop';
  let folder, agent, stripe;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'checkout-mcp-signed-'));
    const file = (name, text) => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return { file: join(folder, name) };
    };
    const config = {
      tenants: [{
        id: tenant, name: 'Signed Shop', currency: 'eur',
        stripe: { api_base: 'sandbox:', secret_key: file('key', key), webhook_secrets: [file('old', 'whsec_older'), file('new', secret)] },
        catalog: { products: [{ id: 'course', name: 'Course', price: 4900, kind: 'digital' }] },
      }],
    };
    file('config.json', JSON.stringify(config));
    agent = await connectHttp(libraries.modern, { config: join(folder, 'config.json') });
    const { hostname, port } = new URL(agent.sandbox);
    stripe = new Stripe(key, { host: hostname, port, protocol: 'http', telemetry: false });
  });
  after(async () => {
    await agent?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A paid checkout of which the server has not heard, and the event that would tell it. */
  async function unheardOf() {
    await fetch(`${agent.sandbox}/_sandbox/faults`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ kind: 'drop' }),
    });
    const ids = { tenant_id: tenant, cartId: newId('cart') };
    await agent.call('cart_add_item', { ...ids, productId: 'course' });
    const userId = newId('user');
    const { sagaId } = await agent.call('checkout_start', { ...ids, userId, email: 'ada@example.com' });
    const session = await agent.call('checkout_create_payment_session', { tenant_id: tenant, sagaId });
    assert.equal((await pay(agent, session)).status, 200);
    const { data: [event] } = await stripe.events.list({ type: 'checkout.session.completed', limit: 1 });
    assert.equal(event.data.object.id, session.sessionId);
    return { sagaId, userId, payload: JSON.stringify(event) };
  }

  const send = (payload, header) => fetch(`${agent.server.origin}/webhooks/stripe/${tenant}`, {
    method: 'POST', body: payload, headers: { 'Content-Type': 'application/json', ...(header && { 'Stripe-Signature': header }) },
  });
  const sign = (payload, more = {}) => Stripe.webhooks.generateTestHeaderString({ payload, secret, ...more });
  const secondsAgo = (seconds) => Math.floor(Date.now() / 1000) - seconds;

  test('takes what the SDK signs, and nothing else', async () => {
    const { sagaId, userId, payload } = await unheardOf();
    const refused = {
      'no signature': [payload],
      'another secret': [payload, sign(payload, { secret: 'whsec_of_somebody' })],
      'a changed payload': [payload.replace('"livemode":false', '"livemode": false'), sign(payload)],
      'a signature that is too old': [payload, sign(payload, { timestamp: secondsAgo(301) })],
      'a signature from the future': [payload, sign(payload, { timestamp: secondsAgo(-360) })],
      'a scheme of the past': [payload, sign(payload, { scheme: 'v0' })],
      'nonsense': [payload, 't=1,v1=abc'],
    };
    for (const [what, request] of Object.entries(refused)) {
      const response = await send(...request);
      assert.equal(response.status, 401, what);
      assert.doesNotMatch(await response.text(), /whsec_|[0-9a-f]{64}/, 'no secret and no signature is told');
    }
    assert.equal((await statusOf(agent, sagaId, tenant)).status, 'payment_pending', 'none of them had an effect');

    assert.equal((await send(payload, sign(payload, { timestamp: secondsAgo(290) }))).status, 200);
    const done = await untilStatus(agent, sagaId, 'completed', tenant);
    assert.equal(done.payment.confirmedBy, 'webhook');
    assert.equal((await send(payload, sign(payload))).status, 200, 'a second time it changes nothing');
    const { orders } = await agent.call('orders_list', { tenant_id: tenant, userId });
    assert.equal(orders.length, 1);
  });

  test('takes what is signed but not meant for it, and does nothing', async () => {
    const { sagaId, payload } = await unheardOf();
    const event = JSON.parse(payload);
    const thin = { id: 'evt_thin', object: 'v2.core.event', type: 'v1.checkout.session.completed', livemode: false,
                   created: '2026-10-28T00:00:00.000Z', related_object: { id: event.data.object.id, type: 'checkout.session' } };
    for (const [what, foreign] of Object.entries({
      'the other mode': { ...event, id: 'evt_live', livemode: true },
      'another account of the platform': { ...event, id: 'evt_other', account: 'acct_other' },
      'a thin event': thin,
    })) {
      const body = JSON.stringify(foreign);
      assert.equal((await send(body, sign(body, { secret: 'whsec_of_somebody' }))).status, 401, what);
      assert.equal((await send(body, sign(body))).status, 200, `${what}: Stripe need not send it again`);
    }
    assert.equal((await statusOf(agent, sagaId, tenant)).status, 'payment_pending');
    assert.equal((await send(payload, sign(payload))).status, 200);
    await untilStatus(agent, sagaId, 'completed', tenant);
  });

  test('takes the older secret too, while secrets are rotated', async () => {
    const { sagaId, payload } = await unheardOf();
    assert.equal((await send(payload, sign(payload, { secret: 'whsec_older' }))).status, 200);
    await untilStatus(agent, sagaId, 'completed', tenant);
  });
});
