// What only the handshake revisions have: sessions over HTTP, streams that are resumed, and in one of them batches.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { StdioServer } from '../golden/servers.mjs';
import { joinTo, libraries } from './support/clients.mjs';
import { startFixtures } from './support/fixtures.mjs';
import { proves } from './support/proofs.mjs';
import { EventStream, openSession } from './support/raw_http.mjs';
import { startHttp } from './support/server.mjs';
import { customerWith, productOf, shop, untilStatus } from './support/shopping.mjs';
import { wireSchema } from './support/wire_schemas.mjs';

const batch = [
  { jsonrpc: '2.0', id: 1, method: 'ping' }, { jsonrpc: '2.0', method: 'notifications/made_up' },
  { jsonrpc: '2.0', id: 2, method: 'made_up' },
];
function checkAnswers(answers) {
  assert.deepEqual(wireSchema('2025-03-26').violations(answers), []);
  assert.deepEqual(answers.map(({ id, result, error }) => [id, result ?? error.code]), [[1, {}], [2, -32601]]);
}

const revisions = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

describe('over HTTP', () => {
  let server, fixtures, agent;
  before(async () => {
    [server, fixtures] = await Promise.all([startHttp(), startFixtures()]);
    agent = await joinTo(libraries.modern, server);
  });
  after(async () => {
    await agent?.close();
    await Promise.all([server?.stop(), fixtures?.stop()]);
  });

  for (const revision of revisions) {
    const prove = (feature, name, body) => proves(feature, { revision, transport: 'HTTP' }, `${name} (${revision})`, body);

    prove('sessions', 'one that is unknown or has ended is answered 404, whatever is asked of it', async () => {
      const session = await openSession(server.url, { revision });
      assert.deepEqual((await session.rpc('ping')).result, {});
      assert.equal((await session.end()).status, 204);
      for (const id of [session.id, '0'.repeat(32), 'x', '../../etc', '%00']) {
        const headers = { ...session.headers, 'Mcp-Session-Id': id };
        const ping = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
        assert.equal((await fetch(server.url, { method: 'POST', headers, body: ping })).status, 404, id);
        assert.equal((await fetch(server.url, { headers })).status, 404, id);
        assert.equal((await fetch(server.url, { method: 'DELETE', headers })).status, 404, id);
      }
    });

    prove('resumed streams', 'what was missed of a session\'s stream comes once, and nothing comes twice', async () => {
      const saga = await agent.call('checkout_start', await customerWith(agent, (await productOf(agent, 'digital')).productId));
      const session = await openSession(server.url, { revision });
      /** Events of a stream, from the next one to that which tells of `status`. */
      const readUpTo = async (status, stream) => {
        const events = [];
        for (;;) {
          const { id, message } = await stream.next();
          if (!message) continue;
          assert.deepEqual(wireSchema(revision).violations(message), []);
          events.push({ id, ...message.params._meta['checkout-mcp/saga'] });
          if (events.at(-1).status === status) return events;
        }
      };
      await session.rpc('resources/subscribe', { uri: `checkout://${shop}/sagas/${saga.sagaId}` });
      const first = await session.listen();
      await agent.call('checkout_create_payment_session', { tenant_id: shop, sagaId: saga.sagaId });
      const seen = await readUpTo('payment_pending', first);
      await first.drop();
      await agent.call('checkout_cancel', { tenant_id: shop, sagaId: saga.sagaId });
      await untilStatus(agent, saga.sagaId, 'compensated');

      const second = await session.listen(seen.at(-1).id);
      const missed = await readUpTo('compensated', second);
      const versions = [...seen, ...missed].map(({ version }) => version);
      assert.deepEqual(versions, versions.map((_, at) => versions[0] + at), 'nothing lost, nothing twice');
      await second.drop();
      const third = await session.listen(seen.at(-1).id);  // as if the second had been lost on the way
      assert.deepEqual(await readUpTo('compensated', third), missed);
      await third.drop();
      for (const wrong of ['listen', '99.1', 'nonsense', '1.'])
        assert.equal((await session.get({ 'Last-Event-ID': wrong })).status, 400, wrong);
      await session.end();
    });

    prove('resumed streams', 'a call whose stream was lost goes on, and its answer is fetched', async () => {
      const session = await openSession(fixtures.url, { revision });
      const call = { name: 'test_tool_with_progress', arguments: {}, _meta: { progressToken: 'p' } };
      const stream = new EventStream(await session.post('tools/call', call));
      const first = await stream.next();
      assert.equal(first.message === undefined, revision === '2025-11-25', 'there, a stream begins with an id to come back with');
      await stream.drop();
      const resumed = await session.listen(first.id);
      const messages = [first.message];
      for (let event = await resumed.next(); event; event = await resumed.next()) messages.push(event.message);
      const [answer, ...reports] = messages.filter(Boolean).reverse();
      assert.deepEqual(reports.map(({ params }) => params.progress), [100, 50, 0]);
      assert.match(answer.result.content[0].text, /successfully/);
      await session.end();
    });
  }

  proves('batches', { revision: '2025-03-26', transport: 'HTTP' }, 'a batch is answered by one, over HTTP', async () => {
    const session = await openSession(server.url, { revision: '2025-03-26' });
    const response = await fetch(server.url, { method: 'POST', headers: session.headers, body: JSON.stringify(batch) });
    checkAnswers(await response.json());
    await session.end();
  });

  test('other revisions have no batches', async () => {
    for (const revision of revisions.filter((one) => one !== '2025-03-26')) {
      const session = await openSession(server.url, { revision });
      const response = await fetch(server.url, {
        method: 'POST', headers: session.headers, body: JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'ping' }]),
      });
      assert.equal(response.status, 400);
      await session.end();
    }
  });
});

proves('batches', { revision: '2025-03-26', transport: 'stdio' }, 'a batch is answered by one, over stdio', async () => {
  const server = new StdioServer();
  try {
    const params = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    server.send(JSON.stringify({ jsonrpc: '2.0', id: 'open', method: 'initialize', params }));
    assert.equal((await server.next()).result.protocolVersion, '2025-03-26');
    server.send(JSON.stringify(batch));
    checkAnswers(await server.next());
    await server.end();
  } finally {
    server.remove();
  }
});
