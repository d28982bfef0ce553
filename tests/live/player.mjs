// Serves a recording in Stripe's place, and compares what the client asks now with what it asked then.
//
// What differs from run to run is mapped: the ids that the server makes up (in the order in which they appear) and
// times (moved to now). A POST has to be the next one of the recording, in path, parameters and idempotency key. A GET
// gets the answer that was recorded for it between the same POSTs, or the last one before: how often somebody looks is
// no matter. Events and the account are asked for whenever the server starts, and answered without a recording.
// Whatever else is asked is a problem.
import { once } from 'node:events';
import { createServer } from 'node:http';

import { describeRequest } from './recorder.mjs';

// Checkouts, orders, and the idempotency keys of the server's calls.
const ownId = /\b(?:saga|order|checkout)_[0-9a-f]{16,}/g;
const timeMembers = new Set([
  'created', 'expires_at', 'canceled_at', 'available_on', 'effective_at', 'active_from', 'paid_at', 'updated', 'due_by', 'evidence_due_by',
]);
const timeFields = /^(expires_at|created\[(gte|lte|gt|lt)\])$/;
// Told apart by nothing that matters: the client's version and its boundary between requests.
const comparedHeaders = ['stripe-version', 'stripe-account', 'idempotency-key', 'content-type'];

/** Ids as they appear: each gets the next number. */
class Names {
  numbers = new Map();
  of(text) {
    return text.replace(ownId, (id) => {
      if (!this.numbers.has(id)) this.numbers.set(id, this.numbers.size + 1);
      return `<id ${this.numbers.get(id)}>`;
    });
  }
  /** The id of that number. */
  id(number) { return [...this.numbers].find(([, value]) => value === number)?.[0]; }
}

/** `recordings`: parsed flows/*.json in their order. {url, begin(name), problems, left(), close()} */
export async function startPlayer(recordings) {
  const problems = [];
  let flow;  // {exchanges, cursor, then: Names, now: Names}

  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = describeRequest(request, Buffer.concat(chunks).toString());
    const exchange = flow && find(flow, asked);
    if (!exchange) {
      const { method, path } = asked;
      if (method === 'GET' && path === '/v1/events') return send(response, 200, {}, emptyList(path));
      if (method === 'GET' && path === '/v1/account') return send(response, 200, {}, { id: 'acct_replay', object: 'account' });
      problems.push(`${flow?.name}: not in the recording: ${asked.method} ${asked.path} ${JSON.stringify(asked.form)}${nextPost(flow)}`);
      return send(response, 400, {}, { error: { type: 'invalid_request_error', message: 'This is not in the recording.' } });
    }
    if (exchange.failure) return response.destroy();
    const { status, headers, body } = exchange.answer;
    const { date, ...rest } = headers;
    send(response, status, renamed(rest, flow), renamed(shifted(body, exchange.at), flow));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${server.address().port}`, problems,
    begin(name) {
      const recording = recordings.find((one) => one.name === name);
      if (!recording) throw new Error(`no flow ${name} in the recording`);
      const then = new Names();
      const exchanges = recording.exchanges.map((exchange) => ({ ...exchange, signature: signatureOf(exchange.request, then) }));
      flow = { name, exchanges, cursor: 0, then, now: new Names() };
    },
    /** POSTs of the recorded flow that have not been made. */
    left: () => flow.exchanges.slice(flow.cursor).filter(({ request }) => request.method === 'POST')
      .map(({ request }) => `${request.method} ${request.path}`),
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function signatureOf({ method, path, query, form, headers }, names) {
  const fields = (list) => list.map(([name, value]) => [name, timeFields.test(name) ? '<time>' : names.of(value)]);
  const kept = comparedHeaders.filter((name) => name in headers).map((name) => [name, names.of(headers[name])]);
  return JSON.stringify([method, names.of(path), fields(query), fields(form), kept]);
}

function find(flow, asked) {
  const signature = signatureOf(asked, flow.now);
  const { exchanges, cursor } = flow;
  const fits = (exchange) => exchange.signature === signature;
  const isPost = ({ request }) => request.method === 'POST';
  const next = exchanges.findIndex((exchange, index) => index >= cursor && isPost(exchange));
  const end = next === -1 ? exchanges.length : next;
  if (asked.method === 'POST') {
    if (next === -1 || !fits(exchanges[next])) return undefined;
    flow.cursor = next + 1;
    return exchanges[next];
  }
  const ahead = exchanges.findIndex((exchange, index) => index >= cursor && index < end && fits(exchange));
  if (ahead !== -1) {
    flow.cursor = ahead + 1;
    return exchanges[ahead];
  }
  return exchanges.slice(0, cursor).findLast(fits) ?? exchanges.find(fits);
}

const nextPost = (flow) => {
  const next = flow?.exchanges.slice(flow.cursor).find(({ request }) => request.method === 'POST');
  return next ? `; next is ${next.request.method} ${next.request.path} ${JSON.stringify(next.request.form)}` : '; nothing more was sent';
};

/** The answer with the ids that are used now. */
function renamed(value, { then, now }) {
  const text = JSON.stringify(value).replace(ownId, (id) => now.id(then.numbers.get(id)) ?? id);
  return JSON.parse(text);
}

function shifted(value, at) {
  const by = Math.floor((Date.now() - Date.parse(at)) / 1000);
  const shift = (inner, member) => {
    if (Array.isArray(inner)) return inner.map((item) => shift(item));
    if (inner !== null && typeof inner === 'object') {
      return Object.fromEntries(Object.entries(inner).map(([name, item]) => [name, shift(item, name)]));
    }
    return timeMembers.has(member) && Number.isInteger(inner) ? inner + by : inner;
  };
  return shift(value);
}

const emptyList = (url) => ({ object: 'list', url, has_more: false, data: [] });

function send(response, status, headers, body) {
  response.writeHead(status, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body));
}
