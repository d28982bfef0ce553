// The real binary with a shop for the live test, and an agent that calls its tools over MCP (revision 2026-07-28).
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '../interop/support/eventually.mjs';

const revision = '2026-07-28';
const startDeadlineMs = 30_000, stepDeadlineMs = 60_000, everyMs = 250;

export const address = {
  name: 'Live Test', line1: '1 Market Street', city: 'San Francisco', state: 'CA', postalCode: '94105', country: 'US',
};

/** Prices are far above every smallest charge, in currencies without decimals too. */
function configuration(stripeUrl, currency) {
  const products = [
    { id: 'mug', name: 'Mug', price: 2000, kind: 'physical', weight_grams: 400 },
    { id: 'guide', name: 'Guide', price: 3000, kind: 'digital' },
  ];
  const rate = (service, price) => ({
    carrier_id: 'post', carrier_name: 'Post', service_id: service, service_name: service, countries: ['*'], base_price: price,
    min_days: 1, max_days: 3,
  });
  const tenant = (id, choices = {}) => ({
    id, name: 'Live Test', currency, catalog: { products },
    stripe: { api_base: stripeUrl, secret_key: { env: 'LIVE_TEST_KEY' }, requests_per_second: 20, ...choices },
    shipping: { countries: ['US'], rates: [rate('parcel', 500), rate('express', 1500)] },
    urls: { success: 'https://example.com/thanks', cancel: 'https://example.com/cart' },
    policies: { payment_poll_interval_ms: 1000 },
  });
  return {
    tenants: [
      tenant('plain'), tenant('choices', { allow_promotion_codes: true, shipping_on_page: true }),
      tenant('tax', { automatic_tax: true }), tenant('saving', { saved_payment_methods: true }),
    ],
  };
}

export async function openShop({ binary, key, stripeUrl, currency }) {
  const home = mkdtempSync(join(tmpdir(), 'checkout-mcp-live-'));
  const config = join(home, 'shop.json');
  const store = `sqlite:${join(home, 'checkout.db')}`;
  writeFileSync(config, JSON.stringify(configuration(stripeUrl, currency), null, 2));
  const env = { PATH: process.env.PATH, HOME: home, USER: 'live-test', LIVE_TEST_KEY: key };
  const server = spawn(binary, ['http', '--config', config, '--store', store, '--listen', '127.0.0.1:0', '--log-level', 'warn'],
                       { cwd: home, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(server, 'close');
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (chunk) => { said += chunk; });
  const url = await until('the server listens', () => {
    if (server.exitCode !== null) throw new Error(`the server ended: ${said}`);
    return /listening on (http:\/\/127\.0\.0\.1:\d+\/mcp)/.exec(said)?.[1];
  }, startDeadlineMs);

  const command = (...words) => new Promise((done) => {
    execFile(binary, words, { cwd: home, env, timeout: stepDeadlineMs * 2 }, (failure, out, error) =>
      done({ code: failure ? failure.code ?? 1 : 0, out, error }));
  });
  let calls = 0;
  /** structuredContent, whether the tool succeeded or not. */
  async function tool(name, args) {
    const response = await fetch(url, {
      method: 'POST', signal: AbortSignal.timeout(stepDeadlineMs),
      headers: {
        'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', 'MCP-Protocol-Version': revision,
        'Mcp-Method': 'tools/call', 'Mcp-Name': name,
      },
      body: JSON.stringify({
        jsonrpc: '2.0', id: ++calls, method: 'tools/call', params: {
          name, arguments: args, _meta: {
            'io.modelcontextprotocol/protocolVersion': revision, 'io.modelcontextprotocol/clientInfo': { name: 'live-test', version: '1' },
            'io.modelcontextprotocol/clientCapabilities': {},
          },
        },
      }),
    });
    const message = readMessage(await response.text());
    if (message.error) throw new Error(`${name}: ${message.error.message}`);
    return message.result.structuredContent;
  }
  return {
    tool, config, store, command, said: () => said,
    async close() {
      server.kill('SIGTERM');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

// An answer is JSON, or a stream of events whose last one is the result.
function readMessage(text) {
  if (text.startsWith('{')) return JSON.parse(text);
  const data = text.split('\n').filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim()).filter(Boolean);
  return JSON.parse(data.at(-1));
}

/** Asks again until `probe` gives something; its last error at the deadline. */
export const until = (what, probe, deadlineMs = stepDeadlineMs) => eventually(what, probe, { deadlineMs, everyMs });
