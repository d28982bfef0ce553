// A proxy on this machine between the server and Stripe: passes each request on with its key, and writes down what was
// asked and answered, without secrets. The product knows nothing of it: api_base names it.
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { redactAnswer, redactFields, redactText } from './redaction.mjs';

const keptRequestHeaders = ['stripe-version', 'stripe-account', 'idempotency-key', 'content-type', 'user-agent'];
const keptAnswerHeaders = [
  'request-id', 'stripe-version', 'idempotency-key', 'idempotent-replayed', 'original-request', 'stripe-should-retry', 'retry-after',
  'date', 'content-type', 'stripe-rate-limited-reason',
];
const answerDeadlineMs = 60_000;

/** `stripe`: https://api.stripe.com. `folder`: where the recording goes. */
export async function startRecorder({ stripe, folder }) {
  mkdirSync(join(folder, 'flows'), { recursive: true });
  const known = new Set();  // saga ids of this run: whatever names one of them is ours
  const flows = [];
  const isOurs = (text) => text.includes('live-test') || [...known].some((id) => text.includes(id));

  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const asked = describeRequest(request, body);
    for (const [id] of body.matchAll(/saga_[0-9a-f]+/g)) known.add(id);
    const flow = flows.at(-1);
    try {
      const answer = await forward(stripe, request, body);
      const text = await answer.text();
      flow?.exchanges.push({ at: new Date().toISOString(), request: asked, answer: describeAnswer(answer, text, isOurs) });
      response.writeHead(answer.status, Object.fromEntries(keptOf(answer.headers, keptAnswerHeaders)));
      response.end(text);
    } catch (error) {
      const failure = redactText(String(error.cause?.message ?? error.message));
      flow?.exchanges.push({ at: new Date().toISOString(), request: asked, failure });
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** The exchanges that follow belong to this flow. */
    begin(name) { flows.push({ name, exchanges: [] }); },
    /** The exchanges of the flow that is being recorded. */
    exchanges: () => flows.at(-1).exchanges,
    save() {
      flows.forEach((flow, index) => {
        const file = join(folder, 'flows', `${String(index + 1).padStart(2, '0')}-${flow.name}.json`);
        writeFileSync(file, `${JSON.stringify(flow, null, 2)}\n`);
      });
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function forward(stripe, request, body) {
  const headers = Object.fromEntries(Object.entries(request.headers)
    .filter(([name]) => !['host', 'connection', 'content-length', 'accept-encoding'].includes(name)));
  return fetch(stripe + request.url, {
    method: request.method, headers: { ...headers, 'accept-encoding': 'identity' }, body: request.method === 'GET' ? undefined : body,
    redirect: 'manual', signal: AbortSignal.timeout(answerDeadlineMs),
  });
}

export function describeRequest(request, body) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  return {
    method: request.method,
    path: pathname,
    query: redactFields([...searchParams]),
    form: redactFields([...new URLSearchParams(body)]),
    headers: Object.fromEntries(keptOf(new Headers(request.headers), keptRequestHeaders)),
  };
}

function describeAnswer(answer, text, isOurs) {
  const headers = Object.fromEntries(keptOf(answer.headers, keptAnswerHeaders));
  try {
    return { status: answer.status, headers, body: redactAnswer(JSON.parse(text), isOurs) };
  } catch {
    return { status: answer.status, headers, unreadable: text.length };  // no JSON: its length
  }
}

const keptOf = (headers, names) => names.filter((name) => headers.has(name)).map((name) => [name, headers.get(name)]);
