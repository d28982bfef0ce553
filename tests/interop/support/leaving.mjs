// Clients that leave at the wrong moment, and what a process must be like once they are gone.
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { randomInt } from 'node:crypto';

import { bytesOf, modernRequest } from './raw_http.mjs';
import { newId, shop } from './shopping.mjs';

export const handshakes = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
export const oneOf = (list) => list[randomInt(list.length)];
/** A few turns of the event loop, so that a client leaves in any phase of its request. */
export async function aMoment() {
  for (let turns = randomInt(6) ** 3; turns > 0; --turns) await new Promise(setImmediate);
}

const call = (name, args, more) => ['tools/call', { name, arguments: { tenant_id: shop, ...args }, ...more }];
/** Every kind of request, as [method, params], by what a server does with it. `watched` is the URI of a checkout. */
export const kindsOf = (watched) => ({
  'answered at once': () => ['tools/list', {}],
  'reads': () => call('catalog_search', { query: 'mug' }),
  'writes': () => call('cart_add_item', { cartId: newId('cart'), productId: 'guide', quantity: 1 }),
  'asks': () => call('checkout_start', { cartId: newId('cart'), userId: newId('user'), paymentMethodId: 'pm_card_visa' }),
  'reports progress': () => call('catalog_search', { query: 'mug' }, { _meta: { progressToken: 'p' } }),
  'reads a resource': () => ['resources/read', { uri: watched }],
  'is a prompt': () => ['prompts/list', {}],
  'fails': () => ['no/such/method', {}],
});
export const lasting = {
  modern: (watched) => ['subscriptions/listen', { notifications: { resourceSubscriptions: [watched] } }],
  handshake: (watched) => ['resources/subscribe', { uri: watched }],
};

export const requestOf = (id, [method, params]) => ({ jsonrpc: '2.0', id, method, params });

/** A socket whose errors are nobody's business. Resolves when it is connected, or could not be. */
export function dial(url, options = {}) {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, ...options });
  socket.on('error', () => {});
  return new Promise((done) => socket.once('connect', () => done(socket)).once('close', () => done(socket)));
}

/** How a client leaves its connection. */
export const departures = {
  'closes': (socket) => socket.destroy(),
  'resets': (socket) => socket.resetAndDestroy(),
  'closes its half, and reads on': async (socket) => {
    socket.resume();
    socket.end();
    for (let moments = 0; moments < 10 && !socket.closed; ++moments) await aMoment();
    socket.destroy();
  },
  'does not read': async (socket) => {
    socket.pause();
    await aMoment();
    socket.resetAndDestroy();
  },
};

export async function leave(socket) {
  const gone = new Promise((done) => (socket.closed ? done() : socket.once('close', done)));
  await departures[oneOf(Object.keys(departures))](socket);
  await gone;
}

export const bytesOfModern = (url, id, [method, params]) => bytesOf(url, modernRequest(id, method, params));

/** What a process holds: {files, threads, memory (KiB; undefined where a sanitizer keeps what is freed)}. */
export function heldBy(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const number = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]);
  const isSanitized = /lib[at]san/.test(readFileSync(`/proc/${pid}/maps`, 'utf8'));
  return {
    files: readdirSync(`/proc/${pid}/fd`).length, threads: number('Threads'),
    memory: isSanitized ? undefined : number('VmRSS'),
  };
}

/** The gauges of what clients hold at a server, by name: connections, sessions, streams, subscriptions, … */
export async function gaugesOf({ origin }) {
  const text = await (await fetch(`${origin}/metrics`, { headers: { Connection: 'close' } })).text();
  const gauges = [...text.matchAll(/^# TYPE (checkout_(?:http|mcp)_\w+) gauge$/gm)].map(([, name]) => name);
  return Object.fromEntries(gauges.map((name) => [name, Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1])]));
}
