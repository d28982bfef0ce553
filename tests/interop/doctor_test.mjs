// `checkout-mcp doctor`, with a set-up that is right and with many that are wrong: each message says what is wrong and what
// to do. The simulator is the account; something between changes what a simulator can't be.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { eventually } from './support/eventually.mjs';
import { binary, newHome, root, Said } from './support/server.mjs';
import { newKey, startListener, startSimulator } from './support/simulator.mjs';

const version = '2026-10-28.endive';
const publicUrl = 'https://pay.tea-house.example', hookUrl = `${publicUrl}/webhooks/stripe/tea_house`;
const documentation = readFileSync(join(root, 'docs/stripe.md'), 'utf8');
const events = documentation.split('\n').map((line) => line.trim())
  .filter((line) => /^(checkout\.session|payment_intent|charge|refund)\.[a-z_.]+$/.test(line));
const allPermissions = ['checkout_session_write', 'payment_intent_write', 'charge_write', 'dispute_read', 'event_read'];

let simulator, home, files = 0;
before(async () => {
  simulator = await startSimulator();
  home = newHome();
});
after(async () => {
  home?.dispose();
  await simulator?.stop();
});

async function control(path, key, body, account) {
  const response = await fetch(`${simulator.url}/_sandbox/${path}`, {
    method: 'POST', body: JSON.stringify(body), headers: { Authorization: `Bearer ${key}`, ...(account ? { 'Stripe-Account': account } : {}) },
  });
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  return answer;
}

/** An account in Germany that counts in eur, with a proper endpoint unless told otherwise. */
async function newAccount({ endpoint = {}, settings = {} } = {}) {
  const key = newKey();
  await control('settings', key, { account: { country: 'DE', default_currency: 'eur' }, ...settings });
  const stripe = simulator.stripe({ apiKey: key });
  const made = endpoint && await stripe.webhookEndpoints.create({ url: hookUrl, enabled_events: events, api_version: version, ...endpoint });
  return { key, stripe, endpoint: made };
}

const restrictedKey = async (key, permissions, connect = []) =>
  (await control('restricted_keys', key, { permissions, connect_permissions: connect })).key;

function configuration(key, { base = simulator.url, tenant = {}, stripe = {}, more = { http: { public_url: publicUrl } } } = {}) {
  const name = join(home.path, `shop-${++files}.json`);
  writeFileSync(`${name}.key`, key);
  writeFileSync(`${name}.secret`, 'whsec_1234567890');
  writeFileSync(name, JSON.stringify({
    ...more,
    tenants: [{
      id: 'tea_house', name: 'Tea House', currency: 'eur', catalog: { products: [{ id: 'tea', name: 'Tea', price: 900, kind: 'digital' }] },
      stripe: { api_base: base, secret_key: { file: `${name}.key` }, webhook_secrets: [{ file: `${name}.secret` }], ...stripe }, ...tenant,
    }],
  }));
  return name;
}

/** Runs doctor. {code, out, error, lines: [{result, check, found, advice}]} */
function doctor(config, ...words) {
  return new Promise((done) => {
    execFile(binary, ['doctor', '--config', config, ...words], { env: home.environment, timeout: 60_000 }, (failure, out, error) => done({
      code: failure ? failure.code : 0, out, error,
      lines: [...out.matchAll(/^ {2}(ok|warn|fail) +(\w+) +(.*?)(?: → (.*))?$/gm)]
        .map(([, result, check, found, advice]) => ({ result, check, found, advice })),
    }));
  });
}

/** The one finding of that result and check that matches; doctor's exit code has to fit. */
function told(report, result, check, found, advice) {
  const matching = report.lines.filter((line) => line.result === result && line.check === check && found.test(line.found));
  assert.equal(matching.length, 1, `one ${result} of ${check} with ${found} in:\n${report.out}${report.error}`);
  assert.match(matching[0].advice ?? '', advice);
  assert.equal(report.code, report.lines.some((line) => line.result === 'fail') ? 1 : 0);
  assert.equal(report.error, '');
}

function otherwiseFine(report, ...checks) {
  const others = report.lines.filter(({ result, check }) => result !== 'ok' && !checks.includes(check));
  assert.deepEqual(others, []);
}

/** Between doctor and the simulator: `alter(answer, request)` changes {status, headers, body} on the way back. */
async function between(alter) {
  const server = createServer(async (request, response) => {
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !['host', 'connection'].includes(name)));
    const answer = await fetch(simulator.url + request.url, { method: request.method, headers });
    const changed = await alter({ status: answer.status, headers: { date: answer.headers.get('date') }, body: await answer.json() }, request);
    response.writeHead(changed.status, changed.headers).end(typeof changed.body === 'string' ? changed.body : JSON.stringify(changed.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, async close() { server.close(); server.closeAllConnections(); await once(server, 'close'); } };
}

async function throughChanged(alter, key, ...words) {
  const middle = await between(alter);
  try {
    return await doctor(configuration(key, { base: middle.url }), ...words);
  } finally {
    await middle.close();
  }
}

describe('a set-up that is right', () => {
  test('has nothing but ok, a line a check', async () => {
    const { key } = await newAccount();
    const report = await doctor(configuration(key));
    assert.equal(report.code, 0, report.out);
    assert.equal(report.error, '');
    const [head, ...lines] = report.out.trimEnd().split('\n');
    assert.equal(head, `tea_house  "Tea House"  ${simulator.url}  test mode`);
    assert.equal(lines.pop(), `${lines.length} ok, 0 warnings, 0 failures`);
    for (const line of lines) assert.match(line, /^ {2}ok {4}\w+ +[A-Z"\w].*\.$/);
    for (const check of ['connection', 'clock', 'key', 'permission', 'search', 'account', 'currency', 'country', 'capability', 'webhooks', 'deliveries']) {
      assert.ok(report.lines.some((line) => line.check === check), check);
    }
  });

  test('is one object with --format json', async () => {
    const { key } = await newAccount();
    const { code, out } = await doctor(configuration(key), '--format', 'json');
    const { tenants: [tenant], ...sums } = JSON.parse(out);
    assert.equal(code, 0);
    assert.deepEqual(sums, { failures: 0, passed: tenant.checks.length, warnings: 0 });
    assert.deepEqual([tenant.tenant, tenant.apiBase, tenant.mode], ['tea_house', simulator.url, 'test']);
    for (const check of tenant.checks) assert.deepEqual(Object.keys(check).sort(), ['check', 'found', 'result']);
  });

  test('needs no more than the permissions of docs/stripe.md, and is told what those do not show', async () => {
    const { key } = await newAccount();
    const report = await doctor(configuration(await restrictedKey(key, allPermissions)), '--probe');
    assert.equal(report.code, 0, report.out);
    told(report, 'ok', 'key', /^Stripe accepts it: a restricted key, test mode\.$/, /^$/);
    told(report, 'warn', 'account', /may not read the account/, /Compare them in the dashboard/);
    told(report, 'warn', 'webhooks', /may not read the webhook endpoints/, /"Webhook Endpoints": read/);
    otherwiseFine(report, 'account', 'webhooks');
  });

  test('needs two more permissions where the shop keeps saved cards', async () => {
    const { key } = await newAccount();
    const settings = { stripe: { saved_payment_methods: true } };
    const lacking = await doctor(configuration(await restrictedKey(key, allPermissions), settings), '--probe');
    told(lacking, 'fail', 'permission', /may not read "Customers"/, /Give the key "Customers": write/);
    told(lacking, 'fail', 'permission', /may not read "PaymentMethods"/, /Give the key "PaymentMethods": read/);
    const having = [...allPermissions, 'customer_write', 'payment_method_read'];
    const report = await doctor(configuration(await restrictedKey(key, having), settings), '--probe');
    told(report, 'ok', 'permission', /^"Customers" can be read and written\.$/, /^$/);
    otherwiseFine(report, 'account', 'webhooks');
  });

  test('with --probe leaves nothing open behind and moves no money', async () => {
    const { key, stripe } = await newAccount();
    const report = await doctor(configuration(key, { stripe: { automatic_tax: true, statement_descriptor_suffix: 'TEA' } }), '--probe');
    assert.equal(report.code, 0, report.out);
    told(report, 'ok', 'trial', /^A payment page with this configuration's settings was made and ended\.$/, /^$/);
    told(report, 'ok', 'trial', /^A payment with this configuration's settings was made and ended\.$/, /^$/);
    assert.deepEqual((await stripe.checkout.sessions.list()).data.map(({ status }) => status), ['expired']);
    assert.deepEqual((await stripe.paymentIntents.list()).data.map(({ status }) => status), ['canceled']);
    assert.deepEqual((await stripe.charges.list()).data, []);
  });

  test('without --probe nothing is written', async () => {
    const { key } = await newAccount();
    const methods = new Set();
    const report = await throughChanged((answer, { method }) => { methods.add(method); return answer; }, key);
    assert.equal(report.code, 0, report.out);
    assert.deepEqual([...methods], ['GET']);
  });

  test('of the built-in simulator has nothing to check', async () => {
    const name = join(home.path, 'sandbox.json');
    writeFileSync(name, JSON.stringify({ tenants: [{ id: 'toy', name: 'Toy', currency: 'usd', stripe: { api_base: 'sandbox:' },
      catalog: { products: [{ id: 'tea', name: 'Tea', price: 900, kind: 'digital' }] } }] }));
    const report = await doctor(name);
    told(report, 'ok', 'simulator', /built into the server/, /^$/);
  });
});

describe('the connection', () => {
  test('a host that cannot be reached', async () => {
    const report = await doctor(configuration(newKey(), { base: 'http://127.0.0.1:1' }));
    told(report, 'fail', 'connection', /^Stripe could not be asked at http:\/\/127\.0\.0\.1:1: no connection could be made\.$/,
         /^Check api_base, DNS, the firewall and the outgoing proxy/);
    assert.equal(report.lines.length, 1, 'what needs an answer is not asked');
  });

  test('a host that has no TLS', async () => {
    const report = await doctor(configuration(newKey(), { base: simulator.url.replace('http:', 'https:') }));
    told(report, 'fail', 'connection', /the TLS handshake failed/, /name its authority in tls\.ca_file/);
  });

  test('a certificate that nobody trusts, until its authority is named', async () => {
    const [key, certificate] = [join(home.path, 'tls.key'), join(home.path, 'tls.pem')];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext',
      'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) =>
      response.writeHead(401).end(JSON.stringify({ error: { type: 'invalid_request_error', message: 'Invalid API Key provided: sk_test_abc' } })));
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const base = `https://localhost:${server.address().port}`;
    try {
      told(await doctor(configuration(newKey(), { base })), 'fail', 'connection', /certificate is not trusted/, /tls\.ca_file/);
      const report = await doctor(configuration(newKey(), { base, more: { tls: { ca_file: certificate } } }));
      told(report, 'ok', 'connection', /^Stripe answers, and its certificate is trusted\.$/, /^$/);
      told(report, 'fail', 'key', /"Invalid API Key provided: sk_…"/, /Create a key in the dashboard/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test('something that is not Stripe', async () => {
    const report = await throughChanged(() => ({ status: 200, headers: {}, body: '<html>Welcome to nginx</html>' }), newKey());
    told(report, 'fail', 'connection', /is not Stripe \(status 200\)/, /Set api_base to https:\/\/api\.stripe\.com/);
  });

  test('a Stripe that has a problem', async () => {
    const { key } = await newAccount();
    const report = await throughChanged((answer, { url }) => (url.startsWith('/v1/disputes')
      ? { status: 503, headers: {}, body: { error: { type: 'api_error', message: 'Later.' } } } : answer), key);
    told(report, 'fail', 'permission', /Stripe has a problem \(status 503\)/, /status\.stripe\.com/);
    otherwiseFine(report, 'permission');
  });

  test('a clock that is an hour off, either way', async () => {
    const { key } = await newAccount();
    const off = (hours) => (answer) => ({ ...answer, headers: { date: new Date(Date.now() + hours * 3_600_000).toUTCString() } });
    for (const [hours, sentence] of [[1.02, /clock is 1 h behind Stripe's/], [-1.02, /clock is 1 h ahead of Stripe's/]]) {
      const report = await throughChanged(off(hours), key);
      told(report, 'fail', 'clock', sentence, /Set it by NTP .*more than 5 minutes off/);
      otherwiseFine(report, 'clock');
    }
  });

  test('an answer that takes long is waited for with a word', async () => {
    const { key } = await newAccount();
    let release;
    const released = new Promise((done) => { release = done; });
    const middle = await between(async (answer, { url }) => {
      if (url.startsWith('/v1/account')) await released;
      return answer;
    });
    const child = spawn(binary, ['doctor', '--config', configuration(key, { base: middle.url })], { env: home.environment });
    const said = new Said(child.stderr);
    const ended = once(child, 'close');
    child.stdout.resume();
    await eventually('a word', () => said.text.includes(`doctor: waiting for the answer to GET ${middle.url}/v1/account (1 s)\n`));
    release();
    assert.equal((await ended)[0], 0, said.text);
    await middle.close();
  });
});

describe('the key', () => {
  test('that Stripe does not know', async () => {
    const report = await doctor(configuration('sk_test_not-a-key-of-stripe'));
    told(report, 'fail', 'key', /^Stripe does not accept the key\. Stripe: "Invalid API Key provided: sk_…/,
         /^Create a key in the dashboard \(Developers → API keys\) .* put it where stripe\.secret_key points, and restart/);
    assert.ok(!report.out.includes('not-a-key-of-stripe'), 'the key is not repeated');
    assert.ok(!report.lines.some(({ check }) => check === 'permission'), 'nothing else can be asked');
  });

  test('of the other mode', async () => {
    const refused = await doctor(configuration(`sk_live_${'a'.repeat(24)}`));
    assert.match(refused.out, / {2}LIVE MODE$/m);
    told(refused, 'fail', 'key', /does not accept the key\. Stripe: ".*it refuses live keys/, /of the account and mode that this shop uses/);
    const mixed = await throughChanged((answer, { url }) =>
      (url.startsWith('/v1/balance') ? { ...answer, body: { ...answer.body, livemode: true } } : answer), newKey());
    told(mixed, 'fail', 'key', /^The key's prefix says test mode, but the account answers in live mode\.$/, /pasted whole/);
  });

  test('that may not read what the server reads', async () => {
    const { key } = await newAccount();
    const report = await doctor(configuration(await restrictedKey(key, allPermissions.filter((one) => one !== 'dispute_read'))));
    told(report, 'fail', 'permission', /^The key may not read "Disputes"\. Stripe: ".*Having the 'rak_dispute_read' permission/,
         /^Give the key "Disputes": read \(Developers → API keys/);
  });

  test('that may not write what the server writes: only --probe tells', async () => {
    const { key } = await newAccount();
    const readOnly = await restrictedKey(key, ['checkout_session_write', 'payment_intent_write', 'charge_read', 'dispute_read', 'event_read']);
    const asked = await doctor(configuration(readOnly));
    assert.equal(asked.code, 0, asked.out);
    told(asked, 'ok', 'permission', /^"Charges and Refunds" can be read; whether it can be written is tried with --probe\.$/, /^$/);
    const probed = await doctor(configuration(readOnly), '--probe');
    told(probed, 'fail', 'permission', /^The key may not write "Charges and Refunds"\. Stripe: ".*'rak_charge_write'/,
         /^Give the key "Charges and Refunds": write/);
  });
});

describe('the account', () => {
  test('settled in another currency', async () => {
    const { key } = await newAccount({ settings: { account: { country: 'US', default_currency: 'usd' } } });
    const report = await doctor(configuration(key));
    told(report, 'warn', 'currency', /^The shop sells in eur, but the account is settled in usd\.$/,
         /change the tenant's currency \(and prices\) to usd, or add a bank account in eur/);
    otherwiseFine(report, 'currency');
  });

  test('that may not take payments, or is not paid out', async () => {
    const { key } = await newAccount({ settings: { account: {
      default_currency: 'eur', charges_enabled: false, payouts_enabled: false, requirements: { currently_due: ['external_account', 'tos_acceptance.date'] },
    } } });
    const report = await doctor(configuration(key));
    told(report, 'warn', 'account', /may not take payments \(charges_enabled is false\)/,
         /Finish its activation .*missing: external_account, tos_acceptance\.date\. Test payments may work all the same/);
    told(report, 'warn', 'payouts', /is not paid out/, /Add a bank account/);
  });

  test('without the capability for a payment method', async () => {
    const { key } = await newAccount({ settings: { account: { default_currency: 'eur', capabilities: { sepa_debit_payments: 'inactive', card_payments: 'pending' } } } });
    const report = await doctor(configuration(key, { stripe: { payment_method_types: ['card', 'sepa_debit', 'ideal'] } }));
    told(report, 'warn', 'capability', /^The capability card_payments is pending: card can't pay\.$/, /Settings → Payment methods/);
    told(report, 'warn', 'capability', /sepa_debit_payments is inactive/, /Switch it on/);
    told(report, 'warn', 'capability', /ideal_payments is not requested/, /Switch it on/);
  });

  test('in India, where there is no search', async () => {
    const { key } = await newAccount({ settings: { account: { country: 'IN', default_currency: 'eur' } } });
    const report = await doctor(configuration(key));
    told(report, 'ok', 'country', /in India, where Stripe has no search: .* found in the list/, /^$/);
    told(report, 'warn', 'search', /not available/, /Nothing where the account is in India/);
  });

  test('that is connected to another platform, or to none any more', async () => {
    const { key } = await newAccount({ endpoint: { connect: true } });
    await control('settings', key, { connected: false }, 'acct_stranger');
    const report = await doctor(configuration(key, { stripe: { account: 'acct_stranger' } }));
    told(report, 'fail', 'connect', /^The key has no access to the connected account acct_stranger\. Stripe: ".*may have been revoked/,
         /that the account is still connected to the platform/);
  });

  test('that is connected, with a key that may do less in its name', async () => {
    const { key } = await newAccount({ endpoint: { connect: true } });
    await control('settings', key, { account: { country: 'DE', default_currency: 'eur', capabilities: { transfers: 'inactive' } } }, 'acct_1');
    const full = await doctor(configuration(key, { stripe: { account: 'acct_1' } }));
    told(full, 'warn', 'capability', /transfers of the connected account is inactive/, /Nothing where all its payments are its own/);
    otherwiseFine(full, 'capability');
    const platformOnly = await restrictedKey(key, [...allPermissions, 'webhook_read']);
    const report = await doctor(configuration(platformOnly, { stripe: { account: 'acct_1' } }));
    told(report, 'fail', 'permission', /may not read "Events"/, /in the column for connected accounts/);
  });

  test('with automatic_tax, and Stripe Tax not set up', async () => {
    const { key } = await newAccount({ settings: { account: { default_currency: 'eur' }, tax_head_office: null } });
    const report = await doctor(configuration(key, { stripe: { automatic_tax: true } }), '--probe');
    told(report, 'fail', 'tax', /^automatic_tax is on, but Stripe Tax is not active in the account \(missing: head_office\)\.$/,
         /^Enter the origin address \(head office\) in the dashboard \(Settings → Tax\), or set automatic_tax to false/);
    told(report, 'fail', 'trial', /refuses a payment page .*\(parameter automatic_tax\[enabled\]\)\. Stripe: "You must have a valid head office/,
         /Correct what Stripe names/);
    assert.ok(!(await doctor(configuration(key))).lines.some(({ check }) => check === 'tax'), 'is not asked where automatic_tax is off');
  });

  test('with automatic_tax, and registered nowhere', async () => {
    const { key } = await newAccount({ settings: { account: { default_currency: 'eur' }, tax_registrations: [] } });
    told(await doctor(configuration(key, { stripe: { automatic_tax: true } })), 'warn', 'tax', /no tax registration is/, /Tax → Registrations/);
  });
});

describe('the webhooks', () => {
  const webhook = async (endpoint, result, found, advice, options) => {
    const { key } = await newAccount({ endpoint });
    const report = await doctor(configuration(key, options));
    told(report, result, 'webhooks', found, advice);
    otherwiseFine(report, 'webhooks');
  };

  test('no endpoint', () => webhook(null, 'fail', /^No endpoint sends events to https:\/\/pay\.tea-house\.example\/webhooks\/stripe\/tea_house\.$/,
    /^Create one in the dashboard \(Developers → Webhooks\) at https:\/\/pay\.tea-house\.example\S+, with the API version 2026-10-28\.endive/));

  test('no endpoint, and no wish for one', () => webhook(null, 'warn', /the tenant has no webhook_secrets: payments are found by asking/,
    /^Nothing, if nobody can reach this server from outside/, { stripe: { webhook_secrets: [] } }));

  test('an endpoint at another host', () => webhook({ url: 'https://old.example/webhooks/stripe/tea_house' }, 'fail',
    /, but one to https:\/\/old\.example\/webhooks\/stripe\/tea_house\.$/, /^Correct http\.public_url, or the endpoint's URL/));

  test('an endpoint, and no secret to verify with', () => webhook({}, 'fail', /sends events here, but the tenant has no webhook_secrets/,
    /^Put the endpoint's signing secret \(whsec_…\) into webhook_secrets/, { stripe: { webhook_secrets: [] } }));

  test('an endpoint that is disabled', async () => {
    const { key, stripe, endpoint } = await newAccount();
    await stripe.webhookEndpoints.update(endpoint.id, { disabled: true });
    told(await doctor(configuration(key)), 'fail', 'webhooks', /^The endpoint we_\w+ is disabled\.$/, /^Enable it in the dashboard/);
  });

  test('an endpoint that lacks events', () => webhook(
    { enabled_events: events.filter((type) => type !== 'refund.failed' && type !== 'charge.dispute.created') }, 'fail',
    /^The endpoint we_\w+ does not send refund\.failed, charge\.dispute\.created\.$/, /^Add these events to the endpoint/));

  test('an endpoint that sends more than is read', () => webhook({ enabled_events: [...events, 'payout.paid', 'customer.created'] }, 'warn',
    /also sends 2 kinds of events that this server ignores/, /Take them off the endpoint/));

  test('an endpoint of another API version', () => webhook({ api_version: '2024-06-20' }, 'fail',
    /^The endpoint we_\w+ sends events of the API version 2024-06-20, this server reads 2026-10-28\.endive\.$/,
    /^An endpoint's version can't be changed: create another endpoint with the version 2026-10-28\.endive .* then delete we_/));

  test('an endpoint with the version of the account', () => webhook({ api_version: undefined }, 'warn', /has no API version of its own/, /create another endpoint/));

  test('an endpoint that hears of other accounts', async () => {
    await webhook({ connect: true }, 'fail', /hears of connected accounts only, and the tenant is the account itself/, /kind can't be changed/);
    const { key } = await newAccount();
    await control('settings', key, { account: { country: 'DE', default_currency: 'eur' } }, 'acct_2');
    const report = await doctor(configuration(key, { stripe: { account: 'acct_2' } }));
    told(report, 'fail', 'webhooks', /hears of the platform's own events only, and the tenant is a connected account/,
         /Create one .*for events on connected accounts/);
  });

  test('two endpoints for the same', async () => {
    const { key, stripe } = await newAccount();
    await stripe.webhookEndpoints.create({ url: hookUrl, enabled_events: events, api_version: version });
    told(await doctor(configuration(key)), 'warn', 'webhooks', /^2 endpoints send the same events/, /delete the old one/);
  });

  test('a server that does not say where it is', async () => {
    const { key } = await newAccount();
    told(await doctor(configuration(key, { more: {} })), 'warn', 'webhooks', /http\.public_url is not set/, /Set it to where customers/);
  });

  test('events that no endpoint has taken', async () => {
    const key = newKey();
    await control('settings', key, { account: { country: 'DE', default_currency: 'eur' } });
    const stripe = simulator.stripe({ apiKey: key });
    const listener = await startListener();
    listener.answer = () => 401;
    const { port } = new URL(listener.url);
    const local = `http://127.0.0.1:${port}`;
    await stripe.webhookEndpoints.create({ url: `${local}/webhooks/stripe/tea_house`, enabled_events: events, api_version: version });
    await stripe.paymentIntents.create({ amount: 900, currency: 'eur', payment_method: 'pm_card_visa', confirm: true, return_url: 'https://shop.example/' });
    await listener.until('payment_intent.succeeded');
    const config = configuration(key, { more: { http: { public_url: local } } });
    const fresh = await doctor(config);
    assert.equal(fresh.code, 0, fresh.out);
    told(fresh, 'ok', 'deliveries', /^All events have been delivered\.$/, /^$/);
    const report = await throughOlder(key, local);
    told(report, 'warn', 'deliveries', /^1 event has not been delivered\.$/, /401 says that webhook_secrets lacks this endpoint's secret/);
    await listener.close();
  });

  /** The same, asked as if a quarter of an hour had gone by. */
  async function throughOlder(key, local) {
    const later = createServer(async (request, response) => {
      const url = request.url.replace(/(created%5Blte%5D|created\[lte\])=(\d+)/, (_, name, time) => `${name}=${Number(time) + 900}`);
      const answer = await fetch(simulator.url + url, { headers: { authorization: request.headers.authorization, 'stripe-version': version } });
      response.writeHead(answer.status, { date: answer.headers.get('date') }).end(await answer.text());
    });
    later.listen(0, '127.0.0.1');
    await once(later, 'listening');
    try {
      return await doctor(configuration(key, { base: `http://127.0.0.1:${later.address().port}`, more: { http: { public_url: local } } }));
    } finally {
      later.close();
      later.closeAllConnections();
    }
  }
});

describe('what it asks for', () => {
  const table = readFileSync(join(root, 'src/app/doctor/permissions.hpp'), 'utf8');
  const permissions = [...table.matchAll(/\{"([^"]+)", (true|false), "(\/v1\/[^"?]+)/g)]
    .map(([, resource, writes, path]) => ({ resource, writes: writes === 'true', path }));

  test('is what docs/stripe.md tells merchants to grant', () => {
    const documented = [...documentation.matchAll(/^ *\| ([A-Z][A-Za-z ]+) \| (read|write) \|/gm)]
      .map(([, resource, access]) => ({ resource, writes: access === 'write' }));
    assert.ok(documented.length >= 5);
    assert.deepEqual(permissions.map(({ resource, writes }) => ({ resource, writes })), documented);
  });

  test('is what the client asks of Stripe, in every flow of the live test', () => {
    const folder = join(root, 'tests/interop/fixtures/live-test/flows');
    const requests = ['02-page-opened-and-cancelled', '03-stored-method-paid-and-refunded', '04-declined-card', '05-three-d-secure-required']
      .flatMap((name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')).exchanges).map(({ request }) => request)
      .filter(({ headers }) => headers['user-agent']?.startsWith('checkout-mcp/'));
    assert.ok(requests.length > 10);
    for (const { method, path } of requests) {
      const permission = permissions.find((one) => path.startsWith(one.path));
      assert.ok(permission, `${method} ${path} is in no row of the table`);
      assert.ok(method === 'GET' || permission.writes, `${method} ${path} needs the permission to write`);
    }
  });

  test('is said by --help, and no configuration is bad usage', async () => {
    const help = execFileSync(binary, ['doctor', '--help'], { encoding: 'utf8', env: home.environment });
    for (const words of ['--probe', 'No money can move', 'in live mode nothing is made', 'Exit codes:']) assert.ok(help.includes(words), words);
    const { code, error } = await doctor(join(home.path, 'missing.json'));
    assert.equal(code, 2, error);
  });
});
