// A trace that a client names goes through logs and the history of the checkout.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { eventually } from './support/eventually.mjs';
import { binary, startHttp } from './support/server.mjs';
import { wireSchema } from './support/wire_schemas.mjs';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

describe('traceparent in _meta', () => {
  let server;
  before(async () => { server = await startHttp({ extra: ['--log-format', 'json'] }); });
  after(() => server?.stop());

  const call = async (name, args, meta = {}) => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json', Accept: 'application/json, text/event-stream',
        'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': 'tools/call', 'Mcp-Name': name,
      },
      body: JSON.stringify({
        jsonrpc: '2.0', id: 1, method: 'tools/call',
        params: {
          name, arguments: { tenant_id: 'demo_store', ...args },
          _meta: {
            'io.modelcontextprotocol/protocolVersion': '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities': {}, ...meta,
          },
        },
      }),
    });
    const answer = await response.json();
    assert.deepEqual(wireSchema('2026-07-28').violations(answer, 'tools/call'), []);
    return answer.result.structuredContent;
  };
  const historyOf = async (sagaId) => {
    const { stdout } = await promisify(execFile)(
      binary, ['saga', 'show', sagaId, '--format', 'json', '--store', `sqlite:${server.home.path}/checkout.db`],
      { env: server.home.environment });
    return JSON.parse(stdout).events;
  };

  test('is in the history of what that call did, and in its log lines', async () => {
    await call('cart_add_item', { cartId: 'c', productId: 'gift-card-50' });
    const { sagaId } = await call('checkout_start', { cartId: 'c', userId: 'ann', email: 'a@example.com' }, { traceparent });
    await call('checkout_create_payment_session', { sagaId });
    const events = await historyOf(sagaId);
    assert.equal(events[0].data.traceparent, traceparent);
    assert.ok(events.length > 1);
    for (const event of events.slice(1)) assert.equal(event.data?.traceparent, undefined, 'another call, without a trace');

    await call('checkout_cancel', { sagaId }, { traceparent });
    const cancelled = (await historyOf(sagaId)).slice(events.length);
    assert.ok(cancelled.some((event) => event.data?.traceparent === traceparent), JSON.stringify(cancelled));
    const line = await eventually('a log line of the trace', () => server.said.text.split('\n')
      .find((one) => one.includes(traceId) && one.includes(sagaId)));
    assert.equal(JSON.parse(line).trace_id, traceId);
  });

  test('that is malformed is left out', async () => {
    await call('cart_add_item', { cartId: 'd', productId: 'gift-card-50' });
    const { sagaId } = await call('checkout_start', { cartId: 'd', userId: 'ann', email: 'a@example.com' }, { traceparent: 'nonsense' });
    assert.equal((await historyOf(sagaId))[0].data.traceparent, undefined);
  });
});
