// What a client watches and is asked goes through a relay too, and survives the end of the process behind it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';

import { eventually } from './support/eventually.mjs';
import { binary, newHome, Said } from './support/server.mjs';
import { newId, shop } from './support/shopping.mjs';
import { Wire } from './support/wire_schemas.mjs';

/** A client that reads and writes lines, of either era. */
class LineClient {
  #id = 0;
  constructor(home, capabilities, era) {
    this.era = era;
    this.wire = new Wire(era === 'modern' ? '2026-07-28' : '2025-11-25');
    this.capabilities = capabilities;
    this.child = spawn(binary, home.arguments('stdio'), { cwd: home.path, env: home.environment });
    this.said = new Said(this.child.stderr);
    createInterface({ input: this.child.stdout }).on('line', (line) => this.wire.receive(JSON.parse(line)));
  }
  get heard() { return this.wire.received; }
  send(message) {
    this.wire.sent({ jsonrpc: '2.0', ...message });
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }
  request(method, params = {}) {
    const id = ++this.#id;
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': this.capabilities,
    };
    this.send({ id, method, params: this.era === 'modern' ? { ...params, _meta } : params });
    return id;
  }
  answerTo(id) { return eventually(`an answer to ${id}`, () => this.heard.find((one) => one.id === id && !one.method)); }
  async result(method, params) {
    const { result, error } = await this.answerTo(this.request(method, params));
    assert.ok(result, JSON.stringify(error));
    return result;
  }
  async call(name, args) {
    const { structuredContent, isError } = await this.result('tools/call', { name, arguments: { tenant_id: shop, ...args } });
    assert.ok(!isError, JSON.stringify(structuredContent));
    return structuredContent;
  }
  async open() {
    if (this.era === 'modern') return void await this.result('server/discover');
    const clientInfo = { name: 'lines', version: '1' };
    await this.result('initialize', { protocolVersion: '2025-11-25', capabilities: this.capabilities, clientInfo });
    this.send({ method: 'notifications/initialized' });
  }
  statusesOf(uri) {
    return this.heard.filter((one) => one.method === 'notifications/resources/updated' && one.params.uri === uri)
      .map((one) => one.params._meta?.['checkout-mcp/saga']?.status ?? 'look');
  }
  async end() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.stdin.end();
    await once(this.child, 'close');
  }
}

async function withClients(capabilities, era, body) {
  const home = newHome();
  const clients = [];
  try {
    for (let i = 0; i < 2; ++i) {
      clients.push(new LineClient(home, capabilities, era));
      await clients[i].open();
    }
    assert.match(clients[1].said.text, /relaying to process/);
    await body(...clients);
    for (const client of clients) client.wire.check();
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    home.dispose();
  }
}

async function startedCheckout(client) {
  const cartId = newId('cart');
  await client.call('cart_add_item', { cartId, productId: 'guide-pour-over' });
  const { sagaId } = await client.call('checkout_start', { cartId, userId: newId('user'), email: 'ann@example.com' });
  return { sagaId, uri: `checkout://${shop}/sagas/${sagaId}` };
}

const watching = {
  handshake: (client, uri) => client.result('resources/subscribe', { uri }),
  modern: async (client, uri) => {
    client.request('subscriptions/listen', { notifications: { resourceSubscriptions: [uri] } });
    await eventually('the acknowledgement', () => client.heard.find((one) => one.method === 'notifications/subscriptions/acknowledged'));
  },
};

for (const [era, watch] of Object.entries(watching)) {
  for (const signal of ['SIGTERM', 'SIGKILL'])
    test(`a ${era} client goes on hearing of its checkout when the process behind it gets ${signal}`, () =>
      withClients({}, era, async (holder, relayed) => {
        const { sagaId, uri } = await startedCheckout(relayed);
        await watch(relayed, uri);
        holder.child.kill(signal);
        await eventually('the take-over', () => relayed.said.text.includes('took over the store'));
        await eventually('a hint to look', () => relayed.statusesOf(uri).includes('look'));
        await relayed.call('checkout_cancel', { sagaId });
        const { status } = await relayed.call('checkout_status', { sagaId });
        await eventually('the news', () => relayed.statusesOf(uri).at(-1) === status);
        assert.equal(relayed.heard.filter((one) => one.method === 'notifications/subscriptions/acknowledged').length,
          era === 'modern' ? 1 : 0);
      }));
}

describe('questions', () => {
  test('reach a relayed client, and its answers the process that asked', () =>
    withClients({ elicitation: { url: {} } }, 'handshake', async (holder, relayed) => {
      const { sagaId } = await startedCheckout(relayed);
      const call = relayed.request('tools/call', { name: 'checkout_create_payment_session', arguments: { tenant_id: shop, sagaId } });
      const question = await eventually('the question', () => relayed.heard.find((one) => one.method === 'elicitation/create'));
      assert.equal(question.params.mode, 'url');
      relayed.send({ id: question.id, result: { action: 'decline' } });
      const { result } = await relayed.answerTo(call);
      assert.equal(result.structuredContent.status, 'payment_pending');
      assert.match(result.structuredContent.nextAction.message, /did not open the payment page/);
      assert.ok(!holder.heard.some((one) => one.method));
    }));

  test('of a process that is gone are withdrawn and asked anew', () =>
    withClients({ elicitation: { url: {} } }, 'handshake', async (holder, relayed) => {
      const { sagaId } = await startedCheckout(relayed);
      relayed.request('tools/call', { name: 'checkout_create_payment_session', arguments: { tenant_id: shop, sagaId } });
      const questions = () => relayed.heard.filter((one) => one.method === 'elicitation/create');
      await eventually('the question', () => questions().length === 1);
      holder.child.kill('SIGKILL');
      await eventually('its withdrawal', () => relayed.heard.find((one) => one.method === 'notifications/cancelled'
        && one.params.requestId === questions()[0].id));
      await eventually('the second question', () => questions().length === 2);  // the call is safe to repeat
      assert.notEqual(questions()[1].id, questions()[0].id);
    }));
});
