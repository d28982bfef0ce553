// scripts/live-test keeps its word: test keys only, every flow through the real binary, a recording without secrets, and a
// recording that the client is held against. Here the simulator is the account; the fixture was recorded with it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { flows } from '../live/flows.mjs';
import { redactAnswer, redactText } from '../live/redaction.mjs';
import { replay } from '../live/replay.mjs';
import { binary, payOnPage, root } from './support/server.mjs';
import { startSimulator } from './support/simulator.mjs';

const fixture = join(root, 'tests/interop/fixtures/live-test');
const folder = mkdtempSync(join(tmpdir(), 'checkout-mcp-live-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs scripts/live-test. {code, out, error}; `seen(out)` is called with what it has printed so far. */
async function liveTest(words, environment, seen = () => {}) {
  const child = spawn(join(root, 'scripts/live-test'), words, {
    env: { PATH: process.env.PATH, HOME: folder, CHECKOUT_MCP_BIN: binary, ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', error: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk) => { said.out += chunk; seen(said.out); });
  child.stderr.setEncoding('utf8').on('data', (chunk) => { said.error += chunk; });
  const [code] = await once(child, 'close');
  return { code, ...said };
}

const readFlows = (where) => readdirSync(join(where, 'flows')).sort().map((file) => JSON.parse(readFileSync(join(where, 'flows', file), 'utf8')));

describe('scripts/live-test', () => {
  let simulator, recorded;
  before(async () => {
    simulator = await startSimulator();
    recorded = await liveTest(['--output', join(folder, 'recording')], { STRIPE_API_BASE: simulator.url, STRIPE_SECRET_KEY: simulator.key });
  });
  after(() => simulator?.stop());

  for (const [what, environment, sentence] of [
    ['no key', {}, /^live-test: STRIPE_SECRET_KEY is not set: put a test key/],
    ['a live key', { STRIPE_SECRET_KEY: 'sk_live_1234567890' }, /is a live key, which would move real money: only test keys are taken/],
    ['a restricted live key', { STRIPE_SECRET_KEY: 'rk_live_1234567890' }, /is a live key, which would move real money/],
    ['a publishable key', { STRIPE_SECRET_KEY: 'pk_test_1234567890' }, /is no secret test key/],
    ['another host', { STRIPE_SECRET_KEY: 'sk_test_1234567890', STRIPE_API_BASE: 'https://stripe.example' },
      /STRIPE_API_BASE is neither https:\/\/api\.stripe\.com nor on this machine/],
  ]) {
    test(`refuses ${what} before anything starts`, async () => {
      const { code, out, error } = await liveTest(['--output', join(folder, 'refused')], environment);
      assert.equal(code, 2, error);
      assert.match(error, sentence);
      assert.doesNotMatch(error, /1234567890/, 'the key is not repeated');
      assert.equal(out, '');
      assert.ok(!readdirSync(folder).includes('refused'));
    });
  }

  test('plays every flow that needs no browser', () => {
    assert.equal(recorded.code, 0, recorded.out + recorded.error);
    const { flows: results } = JSON.parse(readFileSync(join(folder, 'recording/summary.json'), 'utf8'));
    assert.deepEqual(results.map(({ flow }) => flow), flows.map(({ name }) => name));
    for (const { flow, outcome } of results) {
      assert.equal(outcome, flows.find(({ name }) => name === flow).interactive ? 'skipped' : 'passed', recorded.out);
    }
  });

  test('moves no money but what it gives back', async () => {
    const { totals } = await simulator.ledger();
    assert.ok(totals.usd.captured > 0);
    assert.equal(totals.usd.captured, totals.usd.refunded);
  });

  test('records each request and answer without secrets', () => {
    const texts = readdirSync(join(folder, 'recording'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    for (const text of texts) {
      assert.ok(!text.includes(simulator.key.slice('sk_test_'.length)), 'the key');
      assert.doesNotMatch(text, /[\w.]+@[\w-]+\.\w/, 'an e-mail address');
      assert.doesNotMatch(text, /_secret_[0-9a-z]{8}/i, 'a client_secret');
      assert.doesNotMatch(text, /"authorization"|Bearer /i);
      assert.doesNotMatch(text, /\/pay\/cs_/, 'a page that could be paid');
    }
    const exchanges = readFlows(join(folder, 'recording')).flatMap((flow) => flow.exchanges);
    assert.ok(exchanges.length > 40);
    for (const { at, request, answer } of exchanges) {
      assert.match(at, /^\d{4}-\d\d-\d\dT/);
      assert.deepEqual(Object.keys(request), ['method', 'path', 'query', 'form', 'headers']);
      assert.match(answer.headers['request-id'], /^req_/);
      assert.ok(answer.body, request.path);
    }
  });

  test('leaves out what does not belong to the run', () => {
    const stranger = { object: 'payment_intent', id: 'pi_1', description: 'Order of somebody' };
    const mine = { object: 'payment_intent', id: 'pi_2', description: 'live-test' };
    const list = redactAnswer({ object: 'list', data: [stranger, mine] }, (text) => text.includes('live-test'));
    assert.deepEqual([list.data, list.left_out_by_live_test], [[mine], 1]);
    const account = redactAnswer({ object: 'account', id: 'acct_1', country: 'DE', email: 'a@b.example', company: { name: 'Tea' } }, () => true);
    assert.deepEqual(account, { object: 'account', id: 'acct_1', country: 'DE' });
    const typed = redactAnswer({ customer_details: { name: 'Ada', tax_ids: null, address: { country: 'DE', city: 'Bonn' } } }, () => true);
    assert.deepEqual(typed.customer_details, { name: '[removed]', tax_ids: null, address: { country: 'DE', city: '[removed]' } });
    assert.equal(redactText('key sk_test_abc, whsec_abc=, pi_1_secret_x of ada@tea.example'),
                 'key [key], [webhook secret], pi_1_secret_[removed] of [e-mail]');
  });

  test('shows a person the page and waits for the payment', async () => {
    let session;
    const seen = (out) => {
      if (session) return;
      session = /\/pay\/(cs_test_\w+)/.exec(out)?.[1];
      if (session) payOnPage(simulator.url, session, '4242424242424242');
    };
    const { code, out, error } = await liveTest(['--interactive', '--only', 'paid-on-the-page', '--output', join(folder, 'person')],
                                                { STRIPE_API_BASE: simulator.url, STRIPE_SECRET_KEY: simulator.key }, seen);
    assert.equal(code, 0, out + error);
    assert.match(out, /Pay with 4242 4242 4242 4242[^\n]*\n +http:\/\/127\.0\.0\.1:\d+\/pay\/cs_test_\w+\n +\(waiting up to 10 minutes\)/);
    assert.match(out, /passed: The payment was found by poll, and given back\./);
  });

  test('gives the person up at the deadline', async () => {
    const { code, out } = await liveTest(['--interactive', '--only', 'paid-on-the-page', '--deadline', '0.01', '--output', join(folder, 'nobody')],
                                         { STRIPE_API_BASE: simulator.url, STRIPE_SECRET_KEY: simulator.key });
    assert.equal(code, 1);
    assert.match(out, /failed: not within \d+ ms: the checkout is completed/);
  });

  test('a Stripe that cannot be reached is said, in the recording too', async () => {
    const { code, out } = await liveTest(['--only', 'search-permission', '--output', join(folder, 'away')],
                                         { STRIPE_API_BASE: 'http://127.0.0.1:1', STRIPE_SECRET_KEY: simulator.key });
    assert.equal(code, 1, out);
    const [{ exchanges: [{ failure }] }] = readFlows(join(folder, 'away'));
    assert.ok(failure.length > 3);
  });

  test('a fresh recording is what the client asks', async () => {
    for (const { flow, problems } of await replay({ folder: join(folder, 'recording'), binary })) assert.deepEqual(problems, [], flow);
  });
});

describe('the recording in the fixtures', () => {
  test('is what the client asks', async () => {
    const results = await replay({ folder: fixture, binary });
    assert.ok(results.length >= 10);
    for (const { flow, problems } of results) assert.deepEqual(problems, [], flow);
  });

  test('is replayed by scripts/live-test --replay as well', async () => {
    const { code, out, error } = await liveTest(['--replay', fixture, '--only', 'declined-card'], {});
    assert.equal(code, 0, out + error);
    assert.match(out, /^declined-card: as recorded \(passed\)$/m);
  });

  /** The fixture with one flow changed. */
  async function problemsOf(name, change) {
    const changed = join(folder, `changed-${name}`);
    cpSync(fixture, changed, { recursive: true });
    const file = join(changed, 'flows', readdirSync(join(changed, 'flows')).find((one) => one.endsWith(`-${name}.json`)));
    const flow = JSON.parse(readFileSync(file, 'utf8'));
    change(flow.exchanges);
    writeFileSync(file, JSON.stringify(flow));
    const [{ problems }] = await replay({ folder: changed, binary, only: [name] });
    return problems.join('\n');
  }
  const firstPost = (exchanges) => exchanges.find(({ request }) => request.method === 'POST');

  test('tells a parameter that is sent now and was not then', async () => {
    const problems = await problemsOf('declined-card', (exchanges) => { firstPost(exchanges).request.form.pop(); });
    assert.match(problems, /declined-card: not in the recording: POST \/v1\/payment_intents .*; next is POST \/v1\/payment_intents/);
  });

  test('tells a request that is not made any more', async () => {
    const problems = await problemsOf('search-permission', (exchanges) => {
      exchanges.push({ ...exchanges[0], request: { ...exchanges[0].request, method: 'POST' } });
    });
    assert.match(problems, /^not asked any more: POST \/v1\/payment_intents\/search$/m);
  });

  test('tells an answer that the client takes for something else', async () => {
    const problems = await problemsOf('stored-method-paid-and-refunded', (exchanges) => {
      const refund = exchanges.find(({ request }) => request.method === 'POST' && request.path === '/v1/refunds');
      refund.answer = { ...refund.answer, status: 400, body: { error: { type: 'invalid_request_error', message: 'No.' } } };
    });
    assert.match(problems, /recorded as passed, now failed/);
  });
});
