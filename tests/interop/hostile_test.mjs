// Clients that break off, crowd in or get things wrong, while a well-behaved one is served as ever: nothing may leak.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { joinTo, libraries } from './support/clients.mjs';
import { eventually } from './support/eventually.mjs';
import { startFixtures } from './support/fixtures.mjs';
import { answersIn, bytesOf, EventStream, modernRequest, openSession, openSocket } from './support/raw_http.mjs';
import { startHttp } from './support/server.mjs';
import { customerWith, productOf, shop } from './support/shopping.mjs';
import { wireSchema } from './support/wire_schemas.mjs';

const openFiles = ({ pid }) => readdirSync(`/proc/${pid}/fd`).length;
const residentKib = ({ pid }) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const post = (url, request) => fetch(url, { method: 'POST', ...request });

describe('the product', () => {
  let server, agent;
  before(async () => {
    server = await startHttp();
    agent = await joinTo(libraries.modern, server);
  });
  after(async () => {
    await agent?.close();
    await server?.stop();
  });

  const search = (id, query = 'mug') =>
    modernRequest(id, 'tools/call', { name: 'catalog_search', arguments: { tenant_id: shop, query } });
  const isServed = () => agent.call('catalog_search', { tenant_id: shop });
  const newSaga = async () => agent.call('checkout_start', await customerWith(agent, (await productOf(agent, 'digital')).productId));
  const uriOf = ({ sagaId }) => `checkout://${shop}/sagas/${sagaId}`;

  /** Open files are back to what they were once `body` has ended and every connection that it made is gone. */
  async function leavesNothingOpen(body) {
    await isServed();
    const before = openFiles(server);
    await body();
    await eventually('every connection is closed', () => openFiles(server) <= before + 1);
    await isServed();
  }

  test('pipelined requests are answered in their order', async () => {
    const connection = await openSocket(server.url);
    const ids = Array.from({ length: 40 }, (_, at) => at);
    connection.socket.write(ids.map((id) => bytesOf(server.url, search(id))).join(''));
    await connection.until(/"id":39,/);
    await eventually('the last answer is complete', () => answersIn(connection.text).length === ids.length);
    assert.deepEqual(answersIn(connection.text).map(({ id }) => id), ids);
    await connection.drop();
  });

  test('half a header holds nobody up', () => leavesNothingOpen(async () => {
    const whole = bytesOf(server.url, search(1));
    const halves = await Promise.all(Array.from({ length: 100 }, () => openSocket(server.url)));
    halves.forEach(({ socket }, at) => socket.write(whole.slice(0, at + 1)));
    await isServed();
    halves[60].socket.write(whole.slice(61));
    await halves[60].until(/"id":1,/);
    await Promise.all(halves.map((half) => half.drop()));
  }));

  test('a body may come in chunks of one byte', async () => {
    const { headers, body } = search('slow');
    const connection = await openSocket(server.url);
    const lines = Object.entries({ Host: new URL(server.url).host, ...headers, 'Transfer-Encoding': 'chunked' });
    connection.socket.write(`POST /mcp HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
    connection.socket.setNoDelay(true);
    for (const byte of Buffer.from(body)) connection.socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.of(byte), Buffer.from('\r\n')]));
    connection.socket.write('0\r\n\r\n');
    await connection.until(/"id":"slow"/);
    await connection.drop();
  });

  test('an id comes back as it was sent, if it is a string or an integer', async () => {
    for (const id of [0, -1, 1, 9007199254740991, -9007199254740991, '', '0', 'ß€😀', '\u0000"\\', 'x'.repeat(1000)]) {
      const answer = await (await post(server.url, search(id))).json();
      assert.ok(answer.result, JSON.stringify(answer));
      assert.deepEqual(answer.id, id);
    }
    for (const id of [null, true, 1.5, [], {}, [1]]) {
      const response = await post(server.url, search(id));
      const answer = await response.json();
      assert.equal(response.status, 400);
      assert.equal(answer.error.code, -32600);
      assert.ok(!('id' in answer));
      assert.deepEqual(wireSchema('2026-07-28').violations(answer), []);
    }
  });

  test('two requests with the same id are both answered', async () => {
    const session = await openSession(server.url);
    const request = (query) => session.send({ id: 7, method: 'tools/call', params: { name: 'catalog_search', arguments: { tenant_id: shop, query } } });
    const answers = await Promise.all(['mug', 'kettle', 'mug', 'xylophone'].map(async (query) => (await request(query)).json()));
    const found = answers.map(({ id, result }) => [id, result.structuredContent.products.length > 0]);
    assert.deepEqual(found, [[7, true], [7, true], [7, true], [7, false]]);
    await session.end();
  });

  test('hundreds of sessions, ended or just left, leave no connection behind', () => leavesNothingOpen(async () => {
    for (let round = 0; round < 5; ++round) {
      const sessions = await Promise.all(Array.from({ length: 60 }, () => openSession(server.url)));
      const streams = await Promise.all(sessions.map((session) => session.listen()));
      await Promise.all(sessions.slice(0, 30).map((session) => session.end()));
      for (const stream of streams.slice(0, 30)) while (await stream.next());
      await Promise.all(streams.map((stream) => stream.drop()));
    }
  }));

  test('1,000 subscriptions at a time, opened and dropped, cost nothing in the end', (t) => leavesNothingOpen(async () => {
    const saga = await newSaga();
    const listen = modernRequest('listen', 'subscriptions/listen', { notifications: { resourceSubscriptions: [uriOf(saga)] } });
    const round = async () => {
      const connections = await Promise.all(Array.from({ length: 1000 }, () => openSocket(server.url)));
      for (const { socket } of connections) socket.write(bytesOf(server.url, listen));
      await Promise.all(connections.map((connection) => connection.until(/subscriptions\/acknowledged/)));
      await isServed();
      await Promise.all(connections.map((connection) => connection.drop()));
    };
    const before = openFiles(server);
    const memory = [];
    for (let count = 0; count < 6; ++count) {
      await round();
      await eventually('the connections are gone', () => openFiles(server) <= before + 1);
      memory.push(residentKib(server));
    }
    const keepsWhatIsFreed = readFileSync(`/proc/${server.pid}/maps`, 'utf8').includes('libasan');
    t.diagnostic(`resident after each round: ${memory.join(' ')} KiB`);
    const growth = memory.at(-1) - memory[1];  // a KiB kept by each subscription would be 4,000
    assert.ok(growth < 3500 || keepsWhatIsFreed, `memory keeps growing: ${memory.join(' ')} KiB`);
    // None of them is still told, or held up by those who left.
    const subscription = await agent.watch(uriOf(saga));
    await agent.call('checkout_cancel', { tenant_id: shop, sagaId: saga.sagaId });
    await eventually('the update', () => agent.updates.some(({ uri }) => uri === uriOf(saga)));
    await subscription.close();
  }));
});

describe('the fixtures', () => {
  let fixtures;
  before(async () => { fixtures = await startFixtures(); });
  after(() => fixtures?.stop());

  const tool = (name, _meta) => ({ name, arguments: {}, ...(_meta && { _meta }) });
  const modernCall = async (name) =>
    (await (await post(fixtures.url, modernRequest(1, 'tools/call', tool(name)))).json()).result.content[0].text;
  const cancelled = async () => Number(await modernCall('test_cancelled_calls'));

  test('in 2026-07-28, to close the stream of a call is to cancel it', async () => {
    const before = await cancelled();
    const connection = await openSocket(fixtures.url);
    connection.socket.write(bytesOf(fixtures.url, modernRequest(1, 'tools/call', tool('test_until_cancelled', { progressToken: 1 }))));
    await connection.until(/"begun"/);
    await connection.drop();
    await eventually('the tool noticed', async () => await cancelled() === before + 1);
  });

  test('a session may be ended in the middle of a call', async () => {
    const session = await openSession(fixtures.url, { capabilities: { elicitation: {} } });
    const call = { name: 'test_elicitation', arguments: { message: 'Who are you?' } };
    const stream = new EventStream(await session.post('tools/call', call));
    await stream.next();
    assert.equal((await stream.next()).message.method, 'elicitation/create');
    assert.equal((await session.end()).status, 204);
    assert.equal(await stream.next(), undefined, 'the stream ends with it');
    assert.equal((await session.post('ping')).status, 404);
    assert.equal(await modernCall('test_simple_text'), 'This is a simple text response for testing.');
  });
});
