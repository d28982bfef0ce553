// A Stripe that takes 12 s for every answer: what does not need it is answered meanwhile, and so are the other shops.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { connectInHome, connectTo, libraries } from './support/clients.mjs';
import { eventually } from './support/eventually.mjs';
import { newHome, startHttp } from './support/server.mjs';
import { startSimulator } from './support/simulator.mjs';

const slowly = { kind: 'latency', latency_ms: 12_000, times: 100_000 };
const products = [{ id: 'course', name: 'Course', price: 4900, kind: 'digital' }];

/** A shop with a Stripe of its own; its key is a file in `home`. */
function shop(id, home, simulator) {
  writeFileSync(join(home.path, id), simulator.key);
  return {
    id, name: id, currency: 'eur', catalog: { products },
    stripe: { api_base: simulator.url, secret_key: { file: id } }, policies: { payment_poll_interval_ms: 100 },
  };
}

function configured(home, ...tenants) {
  const config = join(home.path, 'config.json');
  writeFileSync(config, JSON.stringify({ tenants }));
  return config;
}

let carts = 0;
async function started(agent, tenant_id) {
  const cart = { tenant_id, cartId: `cart-${++carts}` };
  await agent.call('cart_add_item', { ...cart, productId: 'course' });
  const { sagaId } = await agent.call('checkout_start', { ...cart, userId: `user-${carts}`, email: 'eve@example.com' });
  return { tenant_id, sagaId };
}

async function startedMany(agent, tenant_id, count) {
  const checkouts = [];
  while (checkouts.length < count) {
    const batch = Math.min(20, count - checkouts.length);
    checkouts.push(...await Promise.all(Array.from({ length: batch }, () => started(agent, tenant_id))));
  }
  return checkouts;
}

/** Asks for the payment page of each. {answers, answered}: a promise of all, and those that are there by now */
function askForPages(agent, checkouts) {
  const answered = [];
  const answers = Promise.all(checkouts.map(async (checkout) => {
    const result = await agent.result('checkout_create_payment_session', checkout);
    answered.push(result);
    return result;
  }));
  return { answers, answered };
}

function assertPages(results) {
  for (const { isError, structuredContent } of results) {
    assert.ok(!isError, JSON.stringify(structuredContent));
    assert.match(structuredContent.url, /\/pay\/cs_/);
  }
}

function assertToldToWait(results) {
  for (const { isError, structuredContent: { error } } of results) {
    assert.equal(isError, true);
    assert.equal(error.code, 'RATE_LIMITED', JSON.stringify(error));
    assert.equal(error.retryable, true);
    assert.ok(error.details.retryAfterMs > 0);
    assert.equal(error.nextAction.type, 'wait');
  }
}

/** What needs only the store, of the shop whose Stripe is slow. */
async function useTheStore(agent, tenant_id, { sagaId }) {
  const cart = { tenant_id, cartId: 'meanwhile' };
  await agent.call('cart_add_item', { ...cart, productId: 'course' });
  assert.equal((await agent.call('cart_view', cart)).items.length, 1);
  assert.equal((await agent.call('catalog_search', { tenant_id, query: 'course' })).products.length, 1);
  assert.equal((await agent.call('checkout_status', { tenant_id, sagaId })).sagaId, sagaId);
  await agent.call('checkout_list', { tenant_id, userId: 'user-1' });
}

describe('while the Stripe of one shop is slow, over HTTP', () => {
  let home, agent, server, slow, quick;
  before(async () => {
    [slow, quick] = await Promise.all([startSimulator(), startSimulator()]);
    home = newHome();
    server = await startHttp({
      home, hasSandbox: false, config: configured(home, shop('slow', home, slow), shop('quick', home, quick)),
    });
    agent = await connectTo(libraries.modern, server);
  });
  after(async () => {
    await slow?.clearFaults();
    await agent?.close();
    home?.dispose();
    await Promise.all([slow?.stop(), quick?.stop()]);
  });

  const get = async (path) => {
    const response = await fetch(server.origin + path);
    return { status: response.status, text: await response.text() };
  };
  const inLane = async (lane) => {
    const { text } = await get('/metrics');
    return Number(new RegExp(`^checkout_mcp_lane_in_flight\\{lane="${lane}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  const untilInLane = (count) => eventually(`${count} calls waiting`, async () => await inLane('provider') >= count);

  async function buyAtTheQuickShop() {
    const checkout = await started(agent, 'quick');
    const { sessionId } = await agent.call('checkout_create_payment_session', checkout);
    await quick.pay(sessionId);
    const paid = await eventually('the order', async () => {
      const saga = await agent.call('checkout_status', checkout);
      return saga.status === 'completed' && saga;
    });
    await agent.call('orders_get', { tenant_id: 'quick', orderId: paid.order.orderId });
  }

  test('120 payment sessions that wait keep nothing else waiting', async () => {
    const checkouts = await startedMany(agent, 'slow', 120);
    await slow.fault(slowly);
    const { answers, answered } = askForPages(agent, checkouts);
    await untilInLane(120);
    assert.equal((await get('/healthz')).status, 200);
    assert.equal((await get('/readyz')).status, 200);
    await useTheStore(agent, 'slow', checkouts[0]);
    await buyAtTheQuickShop();
    assert.equal(answered.length, 0, 'all of it while every one of the slow calls was waiting');
    await slow.clearFaults();
    assertPages(await answers);
    assert.equal(await inLane('provider'), 0);
  });

  test('66 calls on one checkout: one works, one waits, the others are told at once', async () => {
    const checkout = await started(agent, 'slow');
    await slow.fault(slowly);
    const { answers, answered } = askForPages(agent, Array(66).fill(checkout));
    await eventually('64 refusals', () => answered.length >= 64);
    assertToldToWait(answered);
    assert.equal(answered.length, 64);
    await slow.clearFaults();
    const pages = (await answers).filter(({ isError }) => !isError);
    assertPages(pages);
    assert.equal(pages.length, 2);
    assert.equal(new Set(pages.map(({ structuredContent }) => structuredContent.sessionId)).size, 1);
  });

  test('500 sessions in flight are carried, and what exceeds the share of one shop is told to wait', async () => {
    const checkouts = await startedMany(agent, 'slow', 560);
    await slow.fault(slowly);
    const carried = askForPages(agent, checkouts.slice(0, 500));
    await untilInLane(500);
    const more = askForPages(agent, checkouts.slice(500));
    await eventually('refusals', () => more.answered.length > 0);
    await useTheStore(agent, 'slow', checkouts[0]);
    await buyAtTheQuickShop();
    assert.equal(carried.answered.length, 0);
    assertToldToWait(more.answered);
    await slow.clearFaults();
    assertPages(await carried.answers);
    await more.answers;
    assertPages(await askForPages(agent, checkouts.slice(500)).answers);  // nothing was done, so it may be asked again
  });
});

test('while Stripe is slow, over stdio: what needs only the store is answered', async (t) => {
  const slow = await startSimulator();
  const home = newHome();
  const agent = await connectInHome(libraries.modern, home, { config: configured(home, shop('slow', home, slow)) });
  t.after(async () => {
    await slow.clearFaults();
    await agent.close();
    home.dispose();
    await slow.stop();
  });
  const checkouts = await startedMany(agent, 'slow', 100);
  await slow.fault(slowly);
  const { answers, answered } = askForPages(agent, checkouts);
  await useTheStore(agent, 'slow', checkouts[0]);
  assert.equal(answered.length, 0);
  await slow.clearFaults();
  assertPages(await answers);
});
