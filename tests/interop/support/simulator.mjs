// `checkout-mcp sandbox`, alone: its API as plain HTTP, through Stripe's SDK, its control routes, and a listener for webhooks.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

import Stripe from 'stripe';

import { eventually } from './eventually.mjs';
import { binary, Said } from './server.mjs';

export const newKey = () => `sk_test_${randomBytes(12).toString('hex')}`;

export async function startSimulator() {
  const child = spawn(binary, ['sandbox', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = new Said(child.stderr);
  const ended = once(child, 'close');
  const url = await said.sandboxUrl();
  const { hostname, port } = new URL(url);
  const key = newKey();

  /** Plain HTTP, form-encoded; the answer's JSON, whatever its status. */
  async function api(method, path, parameters = {}, headers = {}) {
    const form = encode(parameters);
    const response = await fetch(url + path + (method === 'GET' && form ? `?${form}` : ''), {
      method, body: method === 'GET' ? undefined : form,
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    });
    const body = await response.json();
    return Object.defineProperties(body, { status_: { value: response.status }, headers_: { value: response.headers } });
  }

  async function control(path, body, method = 'POST') {
    const response = await fetch(`${url}/_sandbox/${path}`, {
      method, body: body === undefined ? undefined : JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
    });
    return response.json();
  }

  /** Stripe's SDK; it retries only if told to. */
  const stripe = ({ apiKey = key, ...options } = {}) =>
    new Stripe(apiKey, { host: hostname, port, protocol: 'http', maxNetworkRetries: 0, telemetry: false, ...options });

  async function ledger(apiKey = key) {
    const response = await fetch(`${url}/_sandbox/ledger`, { headers: { Authorization: `Bearer ${apiKey}` } });
    return (await response.json()).accounts[0];
  }

  return {
    url, key, api, control, stripe, ledger,
    /** An account of its own, so that its lists and its ledger hold one test's money only. */
    freshAccount(options = {}) {
      const apiKey = newKey();
      return { stripe: stripe({ apiKey, ...options }), ledger: () => ledger(apiKey) };
    },
    /** The customer pays on the page, which must work. */
    async pay(session, how = { card: '4242424242424242' }) {
      const answer = await control(`checkout/sessions/${session}/pay`, how);
      assert.equal(answer.error, undefined, JSON.stringify(answer.error));
      return answer;
    },
    advance: (seconds) => control('clock', { advance_ms: seconds * 1000 }),
    fault: (rule) => control('faults', { times: 1, ...rule }),
    clearFaults: () => control('faults', undefined, 'DELETE'),
    async stop() {
      child.kill('SIGTERM');
      const [code, signal] = await ended;
      assert.equal(code, 0, `the simulator ended with ${code ?? signal}:\n${said.text}`);
    },
  };
}

/** The error that `promise` ends with, which must be of that class of the SDK. */
export async function refusal(promise, type, expected = {}) {
  const error = await promise.then((value) => assert.fail(`expected ${type}, got ${JSON.stringify(value)}`), (e) => e);
  assert.equal(error.type, type, error.stack);
  for (const [member, value] of Object.entries(expected)) assert.deepEqual(error[member], value, `${member} of ${error.message}`);
  return error;
}

/** An object as Stripe's form encoding: nested[member][0]=… */
export function encode(parameters) {
  const pairs = [];
  const add = (name, value) => {
    if (value !== null && typeof value === 'object') {
      for (const [member, inner] of Object.entries(value)) add(name ? `${name}[${member}]` : member, inner);
    } else if (value !== undefined) {
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    }
  };
  add('', parameters);
  return pairs.join('&');
}

/** Listens for webhooks. {url, received: [{headers, body}], answer, until(type), close()} */
export async function startListener() {
  const received = [];
  const listener = { received, answer: () => 200 };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const webhook = { headers: request.headers, body: Buffer.concat(chunks).toString() };
    received.push(webhook);
    response.writeHead(listener.answer(webhook)).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(listener, {
    url: `http://127.0.0.1:${server.address().port}/webhooks`,
    until: (type) => eventually(`a webhook of ${type}`, () => received.find(({ body }) => JSON.parse(body).type === type)),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  });
}
