// A subscriber hears of every transition of a checkout and asks for none: subscriptions/listen in 2026-07-28,
// resources/subscribe before, each over stdio and HTTP.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { joinTo, libraries } from './support/clients.mjs';
import { inEachDialect } from './support/dialects.mjs';
import { eventually } from './support/eventually.mjs';
import { proves } from './support/proofs.mjs';
import { startHttp } from './support/server.mjs';
import { customerWith, openPaymentPage, pay, productOf, shop, untilStatus } from './support/shopping.mjs';

const uriOf = ({ sagaId }) => `checkout://${shop}/sagas/${sagaId}`;
const about = (update) => update._meta['checkout-mcp/saga'];
const updatesOf = (agent, saga) => agent.updates.filter(({ uri }) => uri === uriOf(saga)).map(about);
const startedBy = async (agent) => agent.call('checkout_start', await customerWith(agent, (await productOf(agent, 'digital')).productId));

/**
 * Until the client has heard of it. Asks for nothing: what was not announced is never found. Over stdio no webhook tells
 * the server of a payment, so it takes until the server looks by itself.
 */
const untilHeard = (agent, saga, status) =>
  eventually(`${status} is announced`, () => updatesOf(agent, saga).some((one) => one.status === status), { deadlineMs: 60_000 });

/** Every transition once, in order: versions have no gap, and a status that is left was seen. */
function checkTheWholeStory(updates) {
  const versions = updates.map(({ version }) => version);
  assert.deepEqual(versions, versions.map((_, at) => versions[0] + at), 'each version once, in order');
  const statuses = updates.map(({ status }) => status).filter((status, at, all) => status !== all[at - 1]);
  assert.deepEqual(statuses, ['in_progress', 'payment_pending', 'in_progress', 'completed']);
}

inEachDialect({}, (agent, dialect) => {
  const prove = (name, body) => proves('subscriptions', dialect, name, () => body(agent()));

  prove('every transition of a checkout is announced, up to completed', async (client) => {
    const saga = await startedBy(client);
    const other = await startedBy(client);
    const subscription = await client.watch(uriOf(saga));
    await pay(client, await client.call('checkout_create_payment_session', { tenant_id: shop, sagaId: saga.sagaId }));
    await pay(client, await client.call('checkout_create_payment_session', { tenant_id: shop, sagaId: other.sagaId }));
    await untilHeard(client, saga, 'completed');
    checkTheWholeStory(updatesOf(client, saga));
    await untilStatus(client, other.sagaId, 'completed');
    assert.deepEqual(updatesOf(client, other), [], 'nobody asked for this one');
    await subscription.close();
  });

  prove('after an unsubscription nothing is heard', async (client) => {
    const [left, kept] = [await startedBy(client), await startedBy(client)];
    const subscription = await client.watch(uriOf(left));
    const other = await client.watch(uriOf(kept));
    await subscription.close();
    for (const { sagaId } of [left, kept]) await client.call('checkout_cancel', { tenant_id: shop, sagaId });
    await untilHeard(client, kept, 'compensated');
    assert.deepEqual(updatesOf(client, left), []);
    await other.close();
  });

  prove('what does not exist is not watched', async (client) => {
    const unknown = uriOf({ sagaId: 'saga_00000000000000000000000000000000' });
    for (const uri of [unknown, `catalog://${shop}/products/mug-travel-steel`, 'file:///etc/passwd']) {
      if (!dialect.isModern) {
        await assert.rejects(client.client.subscribeResource({ uri }), /Resource not found/);
        continue;
      }
      const subscription = await client.client.listen({ resourceSubscriptions: [uri], toolsListChanged: true });
      assert.deepEqual(subscription.honoredFilter, { resourceSubscriptions: [] });
      await subscription.close();
    }
  });
});

test('two clients of different revisions hear the same', async () => {
  const server = await startHttp();
  const agents = [];
  try {
    for (const library of [libraries.modern, libraries.handshake, libraries.modern]) agents.push(await joinTo(library, server));
    const saga = await openPaymentPage(agents[0], await customerWith(agents[0], (await productOf(agents[0], 'digital')).productId));
    for (const agent of agents) await agent.watch(uriOf(saga));
    await pay(agents[0], saga);
    for (const agent of agents) await untilHeard(agent, saga, 'completed');
    assert.deepEqual(updatesOf(agents[1], saga), updatesOf(agents[0], saga));
    assert.deepEqual(updatesOf(agents[2], saga), updatesOf(agents[0], saga));
  } finally {
    for (const agent of agents) await agent.close();
    await server.stop();
  }
});

test('a listening client is told that the server stops', async () => {
  const server = await startHttp();
  const agent = await joinTo(libraries.modern, server);
  const subscription = await agent.watch(uriOf(await startedBy(agent)));
  await server.stop();
  assert.equal(await subscription.closed, 'graceful');
  await agent.close();
});

test('500 checkouts are watched by 500 listeners, and each hears of its own', async () => {
  const server = await startHttp();
  const agent = await joinTo(libraries.modern, server);
  try {
    const { productId } = await productOf(agent, 'digital');
    const sagas = [];
    for (let begun = 0; begun < 500; begun += 50) {
      sagas.push(...await Promise.all(Array.from({ length: 50 }, async () =>
        agent.call('checkout_start', await customerWith(agent, productId)))));
    }
    const subscriptions = await Promise.all(sagas.map((saga) => agent.watch(uriOf(saga))));
    for (const { sagaId } of sagas) await agent.call('checkout_cancel', { tenant_id: shop, sagaId });
    await eventually('every end is announced', () => agent.updates.length >= sagas.length, { deadlineMs: 60_000 });
    for (const saga of sagas) assert.equal(updatesOf(agent, saga).at(-1).status, 'compensated');
    assert.equal(agent.updates.length, sagas.reduce((sum, saga) => sum + updatesOf(agent, saga).length, 0));
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
  } finally {
    await agent.close();
    await server.stop();
  }
});
