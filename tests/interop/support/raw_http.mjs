// HTTP below the level of a client: bytes on a socket, and streams of events read one at a time.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';

import { eventually } from './eventually.mjs';

const accept = { Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' };

export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {},
};

/** Headers and body of a request of 2026-07-28. */
export function modernRequest(id, method, params = {}) {
  return {
    headers: {
      ...accept, 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': method,
      ...('name' in params && { 'Mcp-Name': params.name }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...modernMeta, ...params._meta } } }),
  };
}

/** The bytes of a POST. */
export function bytesOf(url, { headers, body }) {
  const { host, pathname } = new URL(url);
  const lines = Object.entries({ Host: host, ...headers, 'Content-Length': Buffer.byteLength(body) });
  return `POST ${pathname} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

/** A socket that collects what it receives. {socket, text, until(pattern), drop()} */
export async function openSocket(url) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const closed = once(socket, 'close');
  const connection = {
    socket, text: '',
    until: (pattern) => eventually(`${pattern} is received`, () => pattern.exec(connection.text), { deadlineMs: 30_000 }),
    drop: () => { socket.destroy(); return closed; },
  };
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => { connection.text += chunk; });
  socket.on('error', () => {});  // a reset is an end, too
  await once(socket, 'connect');
  return connection;
}

/** The bodies of the answers in it, which are all of known length. */
export function answersIn(text) {
  const bodies = [];
  for (let rest = Buffer.from(text); rest.length > 0;) {
    const end = rest.indexOf('\r\n\r\n') + 4;
    const length = Number(/content-length: (\d+)/i.exec(rest.subarray(0, end).toString())?.[1] ?? assert.fail(`no length: ${rest}`));
    bodies.push(JSON.parse(rest.subarray(end, end + length).toString()));
    rest = rest.subarray(end + length);
  }
  return bodies;
}

/** A session of a handshake revision. post() gives the Response, rpc() the answer, listen() a stream of events. */
export async function openSession(url, { revision = '2025-11-25', capabilities = {} } = {}) {
  let headers = { ...accept };
  let lastId = 0;
  const send = (message) => fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  const post = (method, params) => send({ id: ++lastId, method, params });
  const opened = await post('initialize', {
    protocolVersion: revision, capabilities, clientInfo: { name: 'raw', version: '1' },
  });
  assert.equal((await opened.json()).result.protocolVersion, revision);
  headers = { ...headers, 'Mcp-Session-Id': opened.headers.get('mcp-session-id'), 'MCP-Protocol-Version': revision };
  await send({ method: 'notifications/initialized' });
  const get = (extra) => fetch(url, { headers: { ...headers, Accept: 'text/event-stream', ...extra } });
  return {
    id: headers['Mcp-Session-Id'], headers, post, send, get,
    rpc: async (method, params) => (await post(method, params)).json(),
    listen: async (lastEventId) => new EventStream(await get(lastEventId && { 'Last-Event-ID': lastEventId })),
    end: () => fetch(url, { method: 'DELETE', headers }),
  };
}

/** Server-sent events of a Response, one at a time. */
export class EventStream {
  #reader; #text = '';
  constructor(response) {
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/event-stream/);
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }
  /** {id, message}; message is undefined in an event that only primes. undefined: the stream has ended */
  async next() {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) return undefined;
        this.#text += value;
        continue;
      }
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const fields = (name) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
      const data = fields('data').join('\n');
      if (lines.some((line) => !line.startsWith(':'))) return { id: fields('id')[0], message: data ? JSON.parse(data) : undefined };
    }
  }
  drop() { return this.#reader.cancel(); }
}
