// Desktop clients start the same stdio server several times. All of its processes serve on one store, and whichever of
// them ends, in whatever way, the clients of the others notice nothing.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';

import { connectInHome, connectTo, libraries } from './support/clients.mjs';
import { eventually } from './support/eventually.mjs';
import { binary, newHome, payOnPage, Said, startHttp } from './support/server.mjs';
import { goodCard, newId, openPaymentPage, shop, untilStatus } from './support/shopping.mjs';

const product = 'guide-pour-over';

/** A home for several processes. The clients that `connect` made may only lose their connection when a test ends them. */
async function inHome(body) {
  const home = newHome();
  const agents = [];
  const trouble = [];
  const connect = async (library, options) => {
    const agent = await connectInHome(library, home, options);
    agents.push(agent);
    agent.client.onerror = (error) => trouble.push(`${agent.pid}: ${error}`);
    agent.client.onclose = () => { if (!agent.isEnded) trouble.push(`${agent.pid} was closed:\n${agent.said.text}`); };
    return agent;
  };
  try {
    await body({ home, connect });
    assert.deepEqual(trouble, []);
  } finally {
    for (const agent of agents) agent.isEnded = true;
    await Promise.all(agents.map((agent) => agent.close()));
    home.dispose();
  }
}

/** The ways in which a process that has the store open can go. */
const endings = {
  'with its client': (agent) => agent.close(),
  'by SIGTERM': (agent) => process.kill(agent.pid, 'SIGTERM'),
  'by kill -9': (agent) => process.kill(agent.pid, 'SIGKILL'),
};
async function end(agent, how) {
  agent.isEnded = true;
  await endings[how](agent);
}

const hasTakenOver = (agent) => agent.said.text.includes('took over the store');
const relaysTo = (agent) => Number([...agent.said.text.matchAll(/relaying to process (\d+)/g)].at(-1)?.[1]);
const addTo = (cartId) => ['cart_add_item', { tenant_id: shop, cartId, productId: product, quantity: 1 }];
const quantityIn = async (agent, cartId) => {
  const { items } = await agent.call('cart_view', { tenant_id: shop, cartId });
  return items.reduce((sum, item) => sum + item.quantity, 0);
};

/** Puts goods into new carts, one after the other, until stop(). `made` and `lost` are the carts, as the client was told. */
function keepAdding(agent) {
  const told = { made: [], lost: [] };
  let isStopped = false;
  const running = (async () => {
    while (!isStopped) {
      const cartId = newId('cart');
      const result = await agent.result(...addTo(cartId));
      if (result.isError) assertHonest(result);
      told[result.isError ? 'lost' : 'made'].push(cartId);
    }
  })();
  return { told, stop: async () => { isStopped = true; await running; } };
}

function assertHonest(result) {
  const { code, retryable, message } = result.structuredContent.error;
  assert.equal(code, 'SERVICE_UNAVAILABLE', message);
  assert.equal(retryable, false);
  assert.match(message, /may have taken effect.*cart_view.*checkout_list/);
}

for (const [era, library] of Object.entries(libraries)) {
  const other = era === 'modern' ? libraries.handshake : libraries.modern;

  describe(`several processes on one store, ${era}`, () => {
    test('see one another\'s carts', () => inHome(async ({ home, connect }) => {
      const first = await connect(library), second = await connect(library), third = await connect(other);
      for (const agent of [second, third]) assert.equal(relaysTo(agent), first.pid, agent.said.text);
      const cartId = newId('cart');
      for (const agent of [first, second, third]) await agent.call(...addTo(cartId));
      for (const agent of [first, second, third]) assert.equal(await quantityIn(agent, cartId), 3);
      assert.equal(statSync(join(home.path, 'checkout.db.mcp.sock')).mode & 0o777, 0o600);
      assert.deepEqual(second.tools, first.tools);
    }));

    for (const how of Object.keys(endings)) {
      test(`go on when the one that has it open ends ${how}`, () => inHome(async ({ connect }) => {
        const first = await connect(other);
        const rest = await Promise.all([connect(library), connect(library), connect(other)]);
        const adding = rest.map(keepAdding);
        const goOn = async () => {
          const before = adding.map(({ told }) => told.made.length);
          await eventually('calls go on', () => adding.every(({ told }, index) => told.made.length > before[index] + 2));
        };
        await goOn();
        await end(first, how);
        const holder = await eventually('a successor', () => rest.find(hasTakenOver));
        await eventually('the others relay to it', () => rest.every((agent) => agent === holder || relaysTo(agent) === holder.pid));
        await goOn();
        await Promise.all(adding.map(({ stop }) => stop()));

        for (const { told: { made, lost } } of adding) {
          for (const cartId of made) assert.equal(await quantityIn(rest[0], cartId), 1);
          assert.ok(lost.length <= (how === 'by kill -9' ? 1 : 0), `${lost.length} lost`);
          for (const cartId of lost) {
            const { structuredContent } = await rest[0].result('cart_view', { tenant_id: shop, cartId });
            assert.ok(structuredContent.error?.code === 'CART_NOT_FOUND' || structuredContent.items[0].quantity === 1);
          }
        }
        assert.equal(rest.filter(hasTakenOver).length, 1);
      }));
    }

    test('survive five take-overs in a row', () => inHome(async ({ connect }) => {
      const agents = [];
      for (let index = 0; index < 6; ++index) agents.push(await connect(index % 2 ? other : library));
      const cartId = newId('cart');
      await agents[0].call(...addTo(cartId));
      let holder = agents[0];
      for (let round = 1; round <= 5; ++round) {
        await end(holder, Object.keys(endings)[round % 3]);
        const left = agents.filter((agent) => !agent.isEnded);
        for (const agent of left) assert.equal(await quantityIn(agent, cartId), round);
        holder = await eventually('a successor', () => left.find(hasTakenOver));
        await eventually('the others relay to it', () => left.every((agent) => agent === holder || relaysTo(agent) === holder.pid));
        await left.at(-1).call(...addTo(cartId));
      }
      assert.equal(await quantityIn(holder, cartId), 6);
      assert.deepEqual((await holder.client.listTools()).tools, holder.tools);
    }));
  });
}

describe('several processes on one store', () => {
  test('ten that start at once have one that holds it', () => inHome(async ({ connect }) => {
    const agents = await Promise.all(Array.from({ length: 10 }, (_, index) => connect(Object.values(libraries)[index % 2])));
    const cartId = newId('cart');
    await Promise.all(agents.map((agent) => agent.call(...addTo(cartId))));
    for (const agent of agents) assert.equal(await quantityIn(agent, cartId), 10);
    // Client 2.x asks for the revision in a process of its own, which may have been the first to hold the store:
    // the one that took over from it has relayed, too.
    const told = agents.map(({ pid, said }) => `process ${pid} said:\n${said.text}`).join('\n');
    const [holder, ...none] = agents.filter((agent) => agent.said.text.includes('sandbox listening'));
    assert.deepEqual(none.map(({ pid }) => pid), [], told);
    for (const agent of agents.filter((each) => each !== holder)) assert.equal(relaysTo(agent), holder.pid, told);
  }));

  test('a call that dies with its process is never made twice, and its client is told so', async () => {
    const home = newHome();
    const first = await RawProcess.start(home), second = await RawProcess.start(home);
    try {
      assert.equal(await second.relaysTo(), first.child.pid);
      const cartId = newId('cart');
      await second.call(...addTo(cartId));

      first.child.kill('SIGSTOP');  // what arrives now is not answered any more
      const lost = second.call(...addTo(cartId)), looked = second.call('cart_view', { tenant_id: shop, cartId });
      const cleared = second.call('cart_update_quantity', { tenant_id: shop, cartId, productId: product, quantity: 5 });
      await second.refuseTooLongALine();  // the relay itself does that, after it has sent the calls off
      first.child.kill('SIGKILL');

      assertHonest((await lost).result);
      assert.equal((await lost).result.isError, true);
      assert.ok(!(await looked).result.isError, 'a call that only reads is repeated');
      assert.equal((await cleared).result.structuredContent.items[0].quantity, 5, 'as is one that may be repeated');
      assert.deepEqual(second.unexpected, [], 'no answer to the handshake that was made again');
      const listed = await second.request('tools/list', {});
      assert.ok(listed.result.tools.length > 10);
    } finally {
      await first.end();
      assert.equal(await second.end(), 0);
      home.dispose();
    }
  });

  test('a payment goes on in the process that takes over', async () => {
    const simulatorHome = newHome();
    const simulator = spawn(binary, ['sandbox', '--listen', '127.0.0.1:0'], { env: simulatorHome.environment, stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      const stripe = await new Said(simulator.stderr).sandboxUrl();
      await inHome(async ({ home, connect }) => {
        const config = teaHouse(home, stripe);
        const first = await connect(libraries.modern, { config }), second = await connect(libraries.handshake, { config });
        const cart = { tenant_id: 'tea_house', cartId: newId('cart') };
        await first.call('cart_add_item', { ...cart, productId: 'course', quantity: 1 });
        const page = await openPaymentPage(second, { ...cart, userId: newId('user') });
        await end(first, 'by kill -9');
        assert.ok((await payOnPage(stripe, page.sessionId, goodCard)).ok);
        const { order } = await untilStatus(second, page.sagaId, 'completed', 'tea_house');
        assert.ok(order.orderId);
        assert.ok(hasTakenOver(second));
      });
    } finally {
      simulator.kill();
      simulatorHome.dispose();
    }
  });

  test('relay to an http server, and take over from it', () => inHome(async ({ home, connect }) => {
    const server = await startHttp({ home });
    const web = await connectTo(libraries.modern, server), agent = await connect(libraries.handshake);
    assert.equal(relaysTo(agent), server.pid);
    const cartId = newId('cart');
    await web.call(...addTo(cartId));
    await agent.call(...addTo(cartId));
    assert.equal(await quantityIn(web, cartId), 2);

    const { code, error } = await run(home, home.arguments('http'));
    assert.equal(code, 1);
    assert.match(error, /Another process has this store open/);
    await web.client.close();
    await server.stop();
    assert.equal(await quantityIn(agent, cartId), 2);
    assert.ok(hasTakenOver(agent));
  }));

  test('are reached by operators through whichever of them holds it', () => inHome(async ({ home, connect }) => {
    const first = await connect(libraries.modern), second = await connect(libraries.modern);
    const cart = { tenant_id: shop, cartId: newId('cart') };
    await second.call('cart_add_item', { ...cart, productId: 'guide-pour-over', quantity: 1 });
    const { sagaId } = await openPaymentPage(second, { ...cart, userId: newId('user') });
    const store = ['--store', `sqlite:${join(home.path, 'checkout.db')}`];
    for (const isTakenOver of [false, true]) {
      if (isTakenOver) await end(first, 'by kill -9');
      await eventually('a holder', () => !isTakenOver || hasTakenOver(second));
      assert.match((await run(home, ['saga', 'show', sagaId, ...store])).out, /payment_pending/);
      const refused = await run(home, ['saga', 'refund', sagaId, '--reason', 'x', ...store]);
      assert.equal(refused.code, 1);
      assert.match(refused.error, /only a completed checkout/i);
    }
  }));

  test('have one configuration', () => inHome(async ({ home, connect }) => {
    const first = await connect(libraries.modern);
    const { code, error } = await run(home, home.arguments('stdio', ['--config', teaHouse(home, 'sandbox:')]));
    assert.equal(code, 2);
    assert.match(error, new RegExp(`Process ${first.pid} has this store open with another configuration`));
  }));

  test('say so at once where they can not share', async () => {
    const home = newHome();
    const deep = join(home.path, 'x'.repeat(100));
    mkdirSync(deep);
    const store = `sqlite:${join(deep, 'checkout.db')}`;
    const first = await RawProcess.start(home, store);
    try {
      const { code, error } = await run(home, ['stdio', '--store', store]);
      assert.equal(code, 2);
      assert.match(error, /too long for a socket/);
    } finally {
      await first.end();
      home.dispose();
    }
  });

  test('leave no socket behind', async () => {
    const home = newHome();
    try {
      const first = await RawProcess.start(home), second = await RawProcess.start(home);
      first.child.kill('SIGKILL');
      await second.call('federation_list_tenants', {});
      assert.equal(await second.end(), 0);
      await first.end();
      assert.deepEqual(readdirSync(home.path).filter((name) => name.endsWith('.sock')), []);
      assert.ok(existsSync(join(home.path, 'checkout.db')));
    } finally {
      home.dispose();
    }
  });
});

/** A tenant whose Stripe is at `stripe`. Returns the file. */
function teaHouse(home, stripe) {
  home.environment.KEY = 'sk_test_side_by_side';
  const file = join(home.path, 'shop.json');
  writeFileSync(file, JSON.stringify({ tenants: [{
    id: 'tea_house', name: 'Tea House', currency: 'eur',
    stripe: { api_base: stripe, ...(stripe === 'sandbox:' ? {} : { secret_key: { env: 'KEY' } }) },
    catalog: { products: [{ id: 'course', name: 'Tea course', price: 4900, kind: 'digital' }] },
  }] }));
  return file;
}

function run(home, words) {
  return new Promise((done) => {
    const child = execFile(binary, words, { env: home.environment, timeout: 60_000 },
                           (failure, out, error) => done({ code: failure ? failure.code : 0, out, error }));
    child.stdin.end();
  });
}

/** A stdio process that a test speaks to line by line, as of revision 2025-11-25. */
class RawProcess {
  static async start(home, store) {
    const started = new RawProcess(home, store);
    const clientInfo = { name: 'raw', version: '1' };
    await started.request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
    started.send(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
    return started;
  }
  constructor(home, store) {
    this.child = spawn(binary, store ? ['stdio', '--store', store] : home.arguments('stdio'), { env: home.environment, stdio: 'pipe' });
    this.ended = once(this.child, 'close');
    this.said = new Said(this.child.stderr);
    this.pending = new Map();
    this.unexpected = [];
    this.ids = 0;
    this.child.stdin.on('error', () => {});  // it may be killed
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const message = JSON.parse(line);
      const resolve = this.pending.get(message.id ?? null);
      if (!resolve) return this.unexpected.push(message);
      this.pending.delete(message.id ?? null);
      resolve(message);
    });
  }
  send(line) { this.child.stdin.write(`${line}\n`); }
  answerTo(id) { return new Promise((resolve) => this.pending.set(id, resolve)); }
  request(method, params) {
    const id = ++this.ids;
    const answer = this.answerTo(id);
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return answer;
  }
  call(name, args) { return this.request('tools/call', { name, arguments: args }); }
  async refuseTooLongALine() {
    const answer = this.answerTo(null);
    this.send('x'.repeat(300 * 1024));
    assert.equal((await answer).error.code, -32700);
  }
  async relaysTo() { return Number(await this.said.group(/relaying to process (\d+)/)); }
  async end() {
    this.child.stdin.end();
    const [code] = await this.ended;
    return code;
  }
}
