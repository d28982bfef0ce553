// Clients that leave at the wrong moment, by force: real processes, every kind of request, every way to leave, at random.
// Afterwards nothing of them is left in the process that served them, and a client beside them has not noticed.
// LEAVERS_SECONDS: how long the random parts take, each.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { connectInHome, joinTo, libraries } from './support/clients.mjs';
import { eventually } from './support/eventually.mjs';
import {
  aMoment, bytesOfModern, dial, gaugesOf, handshakes, heldBy, kindsOf, lasting, leave, oneOf, requestOf,
} from './support/leaving.mjs';
import { bytesOf, openSession } from './support/raw_http.mjs';
import { binary, newHome, root, startHttp } from './support/server.mjs';
import { customerWith, newId, shop } from './support/shopping.mjs';

const seconds = Number(process.env.LEAVERS_SECONDS ?? 25);
const config = join(root, 'tests/interop/fixtures/approval.json');
const poolGrowth = 64;  // threads of a pool start when they are needed, and stay
const patience = { deadlineMs: 60_000 };  // sanitizers and a busy machine are slow

/** Repeats `body` for a while, as so many at a time. How often it ran. */
async function repeat(atATime, forSeconds, body) {
  const end = Date.now() + forSeconds * 1000;
  let count = 0;
  await Promise.all(Array.from({ length: atATime }, async () => {
    while (Date.now() < end) {
      await body();
      ++count;
    }
  }));
  return count;
}

const uriOf = ({ sagaId }) => `checkout://${shop}/sagas/${sagaId}`;
const newSaga = async (agent) => agent.call('checkout_start', await customerWith(agent, 'guide'));

// --- over HTTP ---

const form = { elicitation: { form: {} } };

/** The cart of a purchase that the customer has to approve. */
async function fillCart(server, [method, params]) {
  if (params.name !== 'checkout_start') return;
  const add = ['tools/call', { name: 'cart_add_item', arguments: { tenant_id: shop, cartId: params.arguments.cartId, productId: 'course' } }];
  const socket = await dial(server.url);
  socket.resume();
  const answered = once(socket, 'data').catch(() => {});
  socket.write(bytesOfModern(server.url, 1, add));
  await answered;
  socket.destroy();
  assert.equal(method, 'tools/call');
}

function modernWeb(server, watched) {
  const kinds = { ...kindsOf(watched), listens: () => lasting.modern(watched) };
  return async () => {
    const [method, params] = oneOf(Object.values(kinds))();
    await fillCart(server, [method, params]);
    const _meta = { ...params._meta, 'io.modelcontextprotocol/clientCapabilities': form };
    const bytes = bytesOfModern(server.url, randomInt(1000), [method, { ...params, _meta }]);
    const socket = await dial(server.url);
    socket.write(randomInt(10) ? bytes : bytes.slice(0, randomInt(bytes.length)));
    await aMoment();
    await leave(socket);
  };
}

function handshakeWeb(server, watched, left) {
  const kinds = {
    ...kindsOf(watched), subscribes: () => lasting.handshake(watched), pings: () => ['ping', {}],
    'wants log messages': () => ['logging/setLevel', { level: 'debug' }],
  };
  return async () => {
    const revision = oneOf(handshakes);
    const session = await openSession(server.url, { revision, capabilities: { elicitation: {} } });
    left.add(session);
    const [method, params] = oneOf(Object.values(kinds))();
    await fillCart(server, [method, params]);
    const request = requestOf(7, [method, params]);
    const body = JSON.stringify(revision === '2025-03-26' && randomInt(2) ? [request, requestOf(8, ['ping', {}])] : request);
    const { host, pathname } = new URL(server.url);
    const get = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n${Object.entries({ ...session.headers, Accept: 'text/event-stream' })
      .map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
    const socket = await dial(server.url), stream = randomInt(2) ? await dial(server.url) : undefined;
    stream?.write(get);
    socket.write(bytesOf(server.url, { headers: session.headers, body }));
    await aMoment();
    const end = async () => { left.delete(session); await (await session.end()).arrayBuffer(); };
    const cancel = async () => (await session.send({ method: 'notifications/cancelled', params: { requestId: 7 } })).arrayBuffer();
    const first = oneOf([end, cancel, undefined]);
    await Promise.all([first?.(), randomInt(2) && leave(socket)]);
    await Promise.all([leave(socket), stream && leave(stream)]);
    if (left.has(session) && randomInt(4)) await end();
  };
}

/** Once every client is gone: the process holds nothing of them, as far as its gauges and the system tell. */
async function untilNobodyIsLeft(server) {
  await eventually('nobody is left', async () => {
    const gauges = await gaugesOf(server);
    // Whoever asks has a connection and a request itself.
    const own = { checkout_http_connections: 1, checkout_http_in_flight: 1 };
    const held = Object.entries(gauges).filter(([name, value]) => value > (own[name] ?? 0));
    assert.deepEqual(held, []);
    return true;
  }, patience);
}

async function isFlat(server, before, { threads = 0, memory }) {
  const { pid } = server;
  await eventually('its descriptors are closed', () => heldBy(pid).files <= before.files + 1, patience);
  await eventually('its threads have ended', () => heldBy(pid).threads <= before.threads + threads, patience);
  const growth = heldBy(pid).memory - before.memory;
  assert.ok(!(growth > memory), `it has grown by ${growth} KiB`);
}

/** A client that is served all the while, as if nobody else were there. */
async function undisturbed(agent, body) {
  let isOver = false;
  let calls = 0;
  const running = (async () => {
    for (; !isOver; ++calls) {
      const cart = { tenant_id: shop, cartId: newId('cart') };
      await agent.call('cart_add_item', { ...cart, productId: 'guide', quantity: 2 });
      assert.equal((await agent.call('cart_view', cart)).items[0].quantity, 2);
    }
  })();
  running.catch(() => {});  // it is awaited below
  try {
    await body();
  } finally {
    isOver = true;
  }
  await running;
  assert.ok(calls > 0);
}

// --- over stdio ---

/** A stdio process whose client leaves it at some moment. */
async function stdioLeaver(home, watched) {
  const child = spawn(binary, home.arguments('stdio', ['--config', config]), { env: home.environment, stdio: 'pipe' });
  const said = { text: '' };
  child.stderr.on('data', (chunk) => { said.text += chunk; });
  for (const stream of [child.stdin, child.stdout]) stream.on('error', () => {});
  const reads = randomInt(5) > 0;
  let isAnswered = !reads;
  if (reads) child.stdout.on('data', () => { isAnswered = true; });
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

  const revision = oneOf([...handshakes, '2026-07-28']);
  const isModern = revision === '2026-07-28';
  const meta = { 'io.modelcontextprotocol/protocolVersion': revision, 'io.modelcontextprotocol/clientCapabilities': form };
  if (!isModern) {
    send(requestOf('i', ['initialize', { protocolVersion: revision, capabilities: { elicitation: {} }, clientInfo: { name: 'leaver', version: '1' } }]));
    send({ method: 'notifications/initialized' });
  }
  const kinds = [...Object.values(kindsOf(watched)), () => (isModern ? lasting.modern : lasting.handshake)(watched)];
  for (let id = 0, count = 1 + randomInt(30); id < count; ++id) {
    const [method, params] = oneOf(kinds)();
    const request = requestOf(id, [method, { ...params, _meta: { ...params._meta, ...(isModern && meta) } }]);
    const isBatch = revision === '2025-03-26' && randomInt(3) === 0;
    if (isBatch) child.stdin.write(`${JSON.stringify([request])}\n`); else send(request);
    if (randomInt(4) === 0) send({ method: 'notifications/cancelled', params: { requestId: id } });
    if (randomInt(20) === 0) child.stdin.write('no message\n');
  }
  // Mostly it is: what has been cancelled never is.
  if (randomInt(2)) await eventually('it is answered', () => isAnswered, { deadlineMs: 3_000 }).catch(() => {});
  await aMoment();
  oneOf([
    () => child.stdin.end(),
    () => child.kill('SIGTERM'),
    () => child.kill('SIGKILL'),
    () => { child.stdin.end('{"half a li'); child.kill('SIGTERM'); },
    () => { child.stdout.destroy(); child.stdin.end(); },
  ])();
  try {
    await eventually('it has ended', () => child.exitCode !== null || child.signalCode !== null, patience);
  } catch (trouble) {
    child.kill('SIGKILL');
    throw new Error(`a process did not end:\n${said.text}`, { cause: trouble });
  }
}

/** Calls that go on behind a relay. When the process that served one was killed, the client may be told so. */
async function servedOverAll(agent, body) {
  let isOver = false;
  const told = { made: 0, lost: 0 };
  const running = (async () => {
    while (!isOver) {
      const result = await agent.result('cart_add_item', { tenant_id: shop, cartId: newId('cart'), productId: 'guide', quantity: 1 });
      if (result.isError) assert.match(result.structuredContent.error.message, /may have taken effect/);
      ++told[result.isError ? 'lost' : 'made'];
    }
  })();
  running.catch(() => {});
  try {
    await body();
  } finally {
    isOver = true;
  }
  await running;
  assert.ok(told.made > told.lost, JSON.stringify(told));
  return told;
}

// --- the tests ---

describe('clients that leave', () => {
  test('an http server, in every way and at every moment', async (t) => {
    const server = await startHttp({ config });
    try {
      const [agent, starter] = [await joinTo(libraries.handshake, server), await joinTo(libraries.modern, server)];
      const watched = uriOf(await newSaga(starter));
      const left = new Set();
      const web = [modernWeb(server, watched), handshakeWeb(server, watched, left)];
      const all = async (forSeconds) => {
        const [clients, processes] = await Promise.all([
          repeat(6, forSeconds, () => oneOf(web)()), repeat(2, forSeconds, () => stdioLeaver(server.home, watched)),
        ]);
        for (const session of left) await (await session.end()).arrayBuffer();
        left.clear();
        return `${clients} clients and ${processes} processes`;
      };
      const gone = async () => eventually('the processes are gone', async () => {
        await starter.call('cart_view', { tenant_id: shop, cartId: 'x' }).catch(() => {});
        return heldBy(server.pid).threads < 100;
      }, patience);
      await all(Math.min(5, seconds));  // threads start, and buffers grow to their size
      await gone();
      const subscription = await starter.watch(watched);
      const before = heldBy(server.pid);
      await undisturbed(agent, async () => t.diagnostic(await all(seconds)));
      await subscription.close();
      await agent.transport.terminateSession();  // its session would wait for it
      await agent.close();
      await starter.client.close();
      await untilNobodyIsLeft(server);
      await isFlat(server, before, { threads: poolGrowth, memory: 48 * 1024 });
    } finally {
      await server.stop();
    }
  });

  test('stdio processes on one store, the one that has it open among them', async (t) => {
    const home = newHome();
    const first = await connectInHome(libraries.handshake, home, { config });
    const agent = await connectInHome(libraries.modern, home, { config });
    try {
      const watched = uriOf(await newSaga(agent));
      const leavers = (forSeconds) => repeat(3, forSeconds, () => stdioLeaver(home, watched));
      const told = await servedOverAll(agent, async () => {
        await leavers(seconds / 4);
        process.kill(first.pid, 'SIGKILL');
        t.diagnostic(`${await leavers(seconds / 4)} left while others took over`);
      });
      t.diagnostic(`${told.made} calls made, ${told.lost} lost with a process`);
      await eventually('it has the store', async () => {
        await agent.result('cart_view', { tenant_id: shop, cartId: 'x' });
        return agent.said.text.includes('took over the store');
      }, patience);

      await leavers(Math.min(3, seconds));
      const before = heldBy(agent.pid);
      await undisturbed(agent, async () => t.diagnostic(`${await leavers(seconds / 2)} left while it held the store`));
      await isFlat(agent, before, { threads: 4, memory: 48 * 1024 });
    } finally {
      await agent.close();
      await first.close().catch(() => {});
      home.dispose();
    }
  });

  test('100,000 of them, as soon as they have come', async (t) => {
    const server = await startHttp({ config });
    try {
      const starter = await joinTo(libraries.modern, server);
      const watched = uriOf(await newSaga(starter));
      await starter.client.close();
      const listening = bytesOfModern(server.url, 1, lasting.modern(watched));
      const listing = bytesOfModern(server.url, 1, ['tools/list', {}]);
      const wave = (count) => {
        let begun = 0;
        return Promise.all(Array.from({ length: 100 }, async () => {
          while (begun < count) {
            const number = begun++;
            const socket = await dial(server.url, { localAddress: `127.0.0.${2 + (number % 8)}` });
            if (number % 4 === 0) socket.write(listening);
            if (number % 4 === 1) socket.write(listing);
            socket.resetAndDestroy();
          }
        }));
      };
      await wave(20_000);
      await untilNobodyIsLeft(server);
      const before = heldBy(server.pid), start = Date.now();
      await wave(80_000);  // a KiB kept of each would be 80,000 KiB
      t.diagnostic(`80,000 in ${Date.now() - start} ms`);
      await untilNobodyIsLeft(server);
      await isFlat(server, before, { threads: poolGrowth, memory: 60 * 1024 });
      const listener = await joinTo(libraries.modern, server);
      const subscription = await listener.watch(watched);  // there is room for one more
      await subscription.close();
      await listener.client.close();
    } finally {
      await server.stop();
    }
  });

  test('SIGTERM ends every process, whatever its peers do', async () => {
    const started = [];
    // A stdio process whose client asks for more than fits into its pipe, and reads no more than the first answer.
    const deaf = async (home) => {
      const child = spawn(binary, home.arguments('stdio', ['--config', config]), { env: home.environment, stdio: 'pipe' });
      started.push(child);
      child.stdin.on('error', () => {});
      const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
      const list = `${JSON.stringify(requestOf(1, ['tools/list', { _meta }]))}\n`;
      const answered = once(child.stdout, 'data');
      child.stdin.write(list);
      await answered;
      child.stdout.pause();
      child.stdin.write(list.repeat(500));
      return child;
    };
    const isGone = (child) => child.exitCode !== null || child.signalCode !== null;
    const endsBySigterm = async (child) => {
      // docs/decisions/0007; under a sanitizer everything takes longer.
      const deadlineMs = heldBy(child.pid).memory === undefined ? 30_000 : 5_000;
      child.kill('SIGTERM');
      await eventually('it has ended', () => isGone(child), { deadlineMs });
      assert.equal(child.exitCode, 0);
    };
    const home = newHome();
    const server = await startHttp({ config });
    try {
      const relayToServer = await deaf(server.home);
      relayToServer.kill('SIGSTOP');
      const unread = await dial(server.url);
      unread.pause();
      unread.write(bytesOfModern(server.url, 1, ['tools/list', {}]).repeat(500));
      await server.stop();
      unread.destroy();

      const holder = await deaf(home), relay = await deaf(home), stopped = await deaf(home);
      stopped.kill('SIGSTOP');
      await endsBySigterm(relay);
      await endsBySigterm(holder);

      stopped.kill('SIGKILL');
      const next = await deaf(home), behind = await deaf(home);
      next.kill('SIGSTOP');
      await endsBySigterm(behind);
    } finally {
      for (const child of started) child.kill('SIGKILL');
      home.dispose();
      server.home.dispose();
    }
  });
});
