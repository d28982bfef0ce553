// scripts/live-test: plays the flows on a merchant's test account, and records what went over the wire.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { flows } from './flows.mjs';
import { startRecorder } from './recorder.mjs';
import { redactText } from './redaction.mjs';
import { replay } from './replay.mjs';
import { makeStage, playFlow } from './stage.mjs';
import { openShop } from './shop.mjs';

const usage = `usage: STRIPE_SECRET_KEY=sk_test_… scripts/live-test [OPTION…]
Plays checkouts on your Stripe account in test mode, through the real server, and records what was asked and answered,
without secrets, into a folder that can be sent to the authors. No real money can move: live keys are refused.
  --interactive        also the flows in which a person opens a payment page: prints its URL and waits
  --deadline MINUTES   how long to wait for the person (10)
  --currency CODE      what to sell in (usd); eur for SEPA debits
  --output FOLDER      where to record (live-test-DATE)
  --only NAME          one flow; may be repeated. --list names them
  --list               name the flows
  --replay FOLDER      serve that recording in Stripe's place, and compare what the server asks: needs no key
Environment: STRIPE_SECRET_KEY, a test key (sk_test_…, or rk_test_… with the permissions of docs/stripe.md);
STRIPE_API_BASE, where Stripe is (https://api.stripe.com; a simulator on this machine for a rehearsal);
CHECKOUT_MCP_BIN, the server (build/release/checkout-mcp).
Exit codes: 0 all flows went well or the account is not set up for them, 1 a flow failed, 2 bad usage.`;

class UsageError extends Error {}

/** What is wrong with the key; nothing if it is fit for use. */
export function problemWithKey(key) {
  if (!key) return 'STRIPE_SECRET_KEY is not set: put a test key (sk_test_… or rk_test_…) of your account there';
  if (/^(sk|rk)_live_/.test(key)) return 'STRIPE_SECRET_KEY is a live key, which would move real money: only test keys are taken';
  if (!/^(sk|rk)_test_\w+$/.test(key)) return 'STRIPE_SECRET_KEY is no secret test key: it begins with sk_test_ or rk_test_';
  return undefined;
}

/** Only Stripe itself gets the key, or something on this machine. */
function checkedBase(text) {
  const { protocol, hostname, origin } = new URL(text);
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (!isLocal && origin !== 'https://api.stripe.com') throw new UsageError('STRIPE_API_BASE is neither https://api.stripe.com nor on this machine');
  if (!isLocal && protocol !== 'https:') throw new UsageError('STRIPE_API_BASE has to be https');
  return origin;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      interactive: { type: 'boolean' }, deadline: { type: 'string', default: '10' }, currency: { type: 'string', default: 'usd' },
      output: { type: 'string' }, only: { type: 'string', multiple: true, default: [] }, list: { type: 'boolean' }, replay: { type: 'string' }, help: { type: 'boolean', short: 'h' },
    },
  });
  const minutes = Number(values.deadline);
  if (!(minutes > 0 && minutes <= 120)) throw new UsageError('--deadline is a number of minutes up to 120');
  for (const name of values.only) if (!flows.some((flow) => flow.name === name)) throw new UsageError(`there is no flow ${name}; --list names them`);
  return { ...values, personDeadlineMs: minutes * 60_000 };
}

function showReplay(results) {
  for (const { flow, outcome, recorded, problems } of results) {
    console.log(`${flow}: ${problems.length === 0 ? `as recorded (${recorded})` : `recorded ${recorded}, now ${outcome}`}`);
    for (const problem of problems) console.log(`  ${problem}`);
  }
  const failed = results.filter(({ problems }) => problems.length > 0).length;
  console.log(`\n${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(usage);
  if (options.list) return flows.forEach(({ name, about, interactive }) => console.log(`${name}${interactive ? ' (interactive)' : ''}: ${about}`));
  const binary = resolve(process.env.CHECKOUT_MCP_BIN ?? join(import.meta.dirname, '../../build/release/checkout-mcp'));
  if (options.replay) return showReplay(await replay({ folder: resolve(options.replay), binary, only: options.only }));
  const key = process.env.STRIPE_SECRET_KEY;
  const problem = problemWithKey(key);
  if (problem) throw new UsageError(problem);
  const stripe = checkedBase(process.env.STRIPE_API_BASE ?? 'https://api.stripe.com');
  const folder = resolve(options.output ?? `live-test-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}`);
  mkdirSync(folder, { recursive: true });

  const recorder = await startRecorder({ stripe, folder });
  const shop = await openShop({ binary, key, stripeUrl: recorder.url, currency: options.currency });
  const run = randomBytes(4).toString('hex');
  const stage = makeStage({
    shop, stripeUrl: recorder.url, key, currency: options.currency, run, personDeadlineMs: options.personDeadlineMs,
    person: (what, url) => console.log(`\n  ${what}\n  ${url}\n  (waiting up to ${options.deadline} minutes)`),
  });
  const results = [];
  try {
    for (const flow of flows) {
      if (options.only.length > 0 && !options.only.includes(flow.name)) continue;
      if (flow.interactive && !options.interactive) {
        results.push({ flow: flow.name, outcome: 'skipped', learnt: 'A person has to open a page: run with --interactive.' });
        continue;
      }
      process.stdout.write(`${flow.name} … `);
      recorder.begin(flow.name);
      const result = await playFlow(flow, stage);
      results.push({ ...result, learnt: redactText(result.learnt), ...(flow.question ? { question: flow.question } : {}) });
      console.log(`${result.outcome}: ${redactText(result.learnt)}`);
    }
  } finally {
    await shop.close();
    await recorder.close();
    recorder.save();
    const summary = { format: 1, recordedAt: new Date().toISOString(), stripe, currency: options.currency, run, flows: results };
    writeFileSync(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
    writeFileSync(join(folder, 'server.log'), redactText(shop.said()));
  }
  const failed = results.filter(({ outcome }) => outcome === 'failed').length;
  console.log(`\n${results.filter(({ outcome }) => outcome === 'passed').length} passed, ${failed} failed`);
  console.log(`Recorded in ${folder}: look through it, then send it as a whole.`);
  process.exitCode = failed > 0 ? 1 : 0;
}

if (process.argv[1] === import.meta.filename) {
  await main().catch((error) => {
    console.error(`live-test: ${error.message}`);
    if (error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS')) console.error('See scripts/live-test --help');
    process.exitCode = error instanceof UsageError || error.code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1;
  });
}
