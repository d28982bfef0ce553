// An operator at a terminal: looks into checkouts, gives money back, frees what is stuck; while the server runs, after
// it was killed, and without it.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';

import { connectStdio, connectTo, libraries } from './support/clients.mjs';
import { eventually } from './support/eventually.mjs';
import { binary, newHome, Said, startHttp } from './support/server.mjs';
import { customerWith, newId, openPaymentPage, pay, productOf, shop, untilStatus } from './support/shopping.mjs';

const storeOf = (home) => `sqlite:${join(home.path, 'checkout.db')}`;

/** Runs `checkout-mcp saga …` on the home's store. {code, out, error} */
function saga(home, ...words) {
  const given = words.includes('--store') ? words : [...words, '--store', storeOf(home)];
  return new Promise((done) => {
    execFile(binary, ['saga', ...given], { env: { ...home.environment, USER: 'grace' }, timeout: 60_000 },
             (failure, out, error) => done({ code: failure ? failure.code : 0, out, error }));
  });
}

async function done(home, ...words) {
  const { code, out, error } = await saga(home, ...words);
  assert.equal(code, 0, out + error);
  assert.equal(error, '');
  return out;
}

async function refused(home, code, pattern, ...words) {
  const { code: actual, out, error } = await saga(home, ...words);
  assert.equal(actual, code, out + error);
  assert.match(error, pattern);
  assert.match(error, /^checkout-mcp: .*\n$/, 'one line');
  return out;
}

const shown = async (home, id) => JSON.parse(await done(home, 'show', id, '--format', 'json'));

async function faults(sandbox, rule) {
  const response = await fetch(`${sandbox}/_sandbox/faults`, {
    method: rule ? 'POST' : 'DELETE', headers: { 'Content-Type': 'application/json' },
    ...(rule ? { body: JSON.stringify(rule) } : {}),
  });
  assert.equal(response.status, 200, await response.text());
}

async function paidCheckout(agent, tenant = shop, productId) {
  const product = productId ?? (await productOf(agent, 'digital')).productId;
  const page = await openPaymentPage(agent, { ...await customerWith(agent, product), tenant_id: tenant });
  await pay(agent, page);
  return untilStatus(agent, page.sagaId, 'completed', tenant);
}

/** A cancelled checkout whose payment page Stripe refuses to close. */
async function stuckCheckout(agent) {
  const customer = await customerWith(agent, (await productOf(agent, 'digital')).productId);
  const { sagaId } = await openPaymentPage(agent, customer);
  await faults(agent.sandbox, { kind: 'status_before', status: 401, match: { method: 'POST', path_prefix: '/v1/checkout/sessions/' } });
  await agent.result('checkout_cancel', { tenant_id: shop, sagaId, reason: 'changed my mind' });
  await untilStatus(agent, sagaId, 'compensating');
  return sagaId;
}

describe('an operator, while the server runs', () => {
  let server, agent, home;
  before(async () => {
    server = await startHttp();
    home = server.home;
    agent = await connectTo(libraries.modern, server);
  });
  after(() => agent?.close());

  test('sees what happened to a checkout', async () => {
    const { sagaId, payment, totals, order } = await paidCheckout(agent);
    const text = await done(home, 'show', sagaId);
    for (const line of [
      new RegExp(`^${sagaId}  completed$`, 'm'), /^ {2}tenant +demo_store$/m, /^ {2}state +paid, confirmed by (webhook|poll)$/m,
      new RegExp(`^ {2}session +${payment.sessionId}$`, 'm'), new RegExp(`^ {2}intent +${payment.paymentIntentId}$`, 'm'),
      /^ +1 +\S+Z {2}agent +started +pending$/m, /create_session +succeeded +cs_test_/, new RegExp(`^ {2}id +${order.orderId}$`, 'm'),
      /^history intact: \d+ events$/m,
    ]) assert.match(text, line);
    assert.ok(text.includes(totals.total.display));
    const json = await shown(home, sagaId);
    assert.equal(json.saga.status, 'completed');
    assert.deepEqual(json.events.map(({ number }) => number), json.events.map((_, index) => index + 1));
    assert.deepEqual(json.history, { intact: true, events: json.events.length, problems: [] });
    assert.equal(json.calls[0].state, 'succeeded');
    assert.equal(json.order.orderId, order.orderId);
  });

  test('gives money back in parts, and no more than there is', async () => {
    const { sagaId, order, totals: { total } } = await paidCheckout(agent);
    const part = await done(home, 'refund', sagaId, '--amount', '100', '--reason', 'a scratch');
    assert.match(part, /Refunded \$1\.00: re_\w+, succeeded\./);
    const tooMuch = await refused(home, 1, /what is left of the payment/, 'refund', sagaId, '--amount', `${total.amount}`, '--reason', 'x');
    assert.doesNotMatch(tooMuch, /Refunded/);
    const rest = await done(home, 'refund', sagaId, '--reason', 'never arrived');
    assert.match(rest, /is completed, its payment refunded\./);
    assert.match(rest, /Left of the payment: \$0\.00 of/);
    await refused(home, 1, /Nothing is left to give back/, 'refund', sagaId, '--reason', 'once more');

    const { refunds, events, history } = await shown(home, sagaId);
    const amounts = refunds.map(({ amount }) => amount.amount).sort((a, b) => a - b);  // both may be of one second
    assert.deepEqual(amounts, [100, total.amount - 100]);
    assert.equal(history.intact, true);
    const asked = events.filter(({ type }) => type === 'refund_requested');
    assert.deepEqual(asked.map(({ actor, data }) => [actor, data.reason]),
                     [['operator:grace', 'a scratch'], ['operator:grace', 'never arrived']]);
    const { status } = await agent.call('orders_get', { tenant_id: shop, orderId: order.orderId });
    assert.equal(status, 'refunded');
  });

  test('lists what is under way, and hears what is not there', async () => {
    const customer = await customerWith(agent, (await productOf(agent, 'digital')).productId);
    const { sagaId, totals } = await openPaymentPage(agent, customer);
    assert.match(await done(home, 'list'), new RegExp(`^${sagaId} +demo_store +payment_pending +process_payment .* ago +\\S+ +-$`, 'm'));
    const { sagas } = JSON.parse(await done(home, 'list', '--tenant', shop, '--format', 'json'));
    assert.deepEqual(sagas.find((one) => one.sagaId === sagaId).total, totals.total);
    assert.equal(await done(home, 'list', '--stuck'), 'No checkout is stuck.\n');
    await refused(home, 1, /no checkouts of tenant tea_house; it has some of demo_store/, 'list', '--tenant', 'tea_house');
    await refused(home, 1, /only a completed checkout/i, 'refund', sagaId, '--reason', 'x');
    const unknown = `saga_${'0'.repeat(32)}`;
    for (const words of [['show', unknown], ['retry', unknown], ['refund', unknown, '--reason', 'x'], ['resolve', unknown, '--reason', 'x']])
      await refused(home, 1, /There is no checkout, order, page or payment saga_0+ in this store/, ...words);
    await agent.call('checkout_cancel', { tenant_id: shop, sagaId });
  });

  test('frees an undo that failed', async () => {
    const sagaId = await stuckCheckout(agent);
    assert.match(await done(home, 'list', '--stuck'), new RegExp(`^${sagaId} .*an undo fails \\(process_payment\\)`, 'm'));
    const text = await done(home, 'show', sagaId);
    assert.match(text, /^ {2}STUCK +an undo fails/m);
    assert.match(text, new RegExp(`what to do .*checkout-mcp saga retry ${sagaId}`));

    const again = await saga(home, 'retry', sagaId);
    assert.equal(again.code, 1, 'the cause is still there');
    assert.match(again.out, /Stuck: an undo fails/);
    await faults(agent.sandbox);
    assert.match(await done(home, 'retry', sagaId), /is compensated, its payment expired\./);
    assert.equal(await done(home, 'list', '--stuck'), 'No checkout is stuck.\n');
    const { events } = await shown(home, sagaId);
    assert.equal(events.filter(({ type, actor }) => type === 'retried_by_operator' && actor === 'operator:grace').length, 2);
  });

  test('resolves one that was settled by hand', async () => {
    const sagaId = await stuckCheckout(agent);
    const text = await done(home, 'resolve', sagaId, '--reason', 'closed in the dashboard', '--operator', 'Ada L.');
    assert.match(text, /is compensated/);
    await faults(agent.sandbox);
    const { events, history } = await shown(home, sagaId);
    assert.equal(history.intact, true);
    const { actor, data } = events.find(({ type }) => type === 'undo_resolved');
    assert.equal(actor, 'operator:Ada L.');
    assert.equal(data.reason, 'closed in the dashboard');
    await refused(home, 1, /nothing to resolve/, 'resolve', sagaId, '--reason', 'again');
  });

  test('is told what is wrong with a command', async () => {
    const id = `saga_${'0'.repeat(32)}`;
    await refused(home, 2, /--reason/, 'refund', id);
    await refused(home, 2, /whole number/, 'refund', id, '--reason', 'x', '--amount', '12.50');
    await refused(home, 2, /no checkout's id/, 'show', '../etc/passwd');
    await refused(home, 2, /card number/, 'refund', id, '--reason', 'card 4242 4242 4242 4242');
    await refused(home, 1, /There is no store at/, 'show', id, '--store', `sqlite:${home.path}/none/checkout.db`);
    assert.equal(existsSync(join(home.path, 'none')), false);
  });
});

describe('an operator, after the server was killed', () => {
  let home, server, agent, sagaId;
  const socket = () => join(home.path, 'checkout.db.sock');
  before(async () => {
    home = newHome();
    server = await startHttp({ home });
    agent = await connectTo(libraries.modern, server);
    ({ sagaId } = await paidCheckout(agent));
    await agent.client.close();
    await server.kill();
  });
  after(() => home.dispose());

  test('still sees everything, and leaves no files behind', async () => {
    const before = readdirSync(home.path).sort();
    assert.match(await done(home, 'show', sagaId), /^history intact/m);
    assert.equal(await done(home, 'list'), 'No checkout is under way.\n');
    assert.deepEqual(readdirSync(home.path).sort(), before);
  });

  test('is told that the simulator has gone with the server', async () => {
    await refused(home, 1, /Start the server/, 'refund', sagaId, '--reason', 'x');
    assert.match(await refused(home, 1, /Start the server and repeat this\.$/m, 'show', sagaId, '--page'), /^history intact/m);
  });

  test('finds the next server behind the same socket', async () => {
    assert.ok(existsSync(socket()), 'left by the killed one');
    server = await startHttp({ home });
    assert.equal(statSync(socket()).mode & 0o777, 0o600);
    // The new simulator knows no such payment, which only the server can have asked it.
    await refused(home, 1, /names nothing that the payment service knows/, 'refund', sagaId, '--reason', 'x');
    await server.stop();
    assert.equal(existsSync(socket()), false);
  });

  test('sees that somebody has changed the history', async () => {
    const database = new DatabaseSync(join(home.path, 'checkout.db'));
    database.exec(`UPDATE saga_events SET data = replace(data, 'create_order', 'send_nothing') WHERE sequence = 4`);
    database.close();
    const { code, out } = await saga(home, 'show', sagaId);
    assert.equal(code, 1);
    assert.match(out, /^HISTORY BROKEN at event 4: it was changed/m);
    const json = await saga(home, 'show', sagaId, '--format', 'json');
    assert.equal(json.code, 1);
    assert.equal(JSON.parse(json.out).history.problems[0].event, 4);
  });
});

describe('an operator, where Stripe is elsewhere', () => {
  let home, simulator, config;
  before(async () => {
    home = newHome();
    simulator = spawn(binary, ['sandbox', '--listen', '127.0.0.1:0'], { env: home.environment, stdio: ['ignore', 'ignore', 'pipe'] });
    const url = await new Said(simulator.stderr).sandboxUrl();
    config = join(home.path, 'shop.json');
    home.environment.KEY = 'sk_test_operators';
    writeFileSync(config, JSON.stringify({ tenants: [{
      id: 'tea_house', name: 'Tea House', currency: 'eur', stripe: { api_base: url, secret_key: { env: 'KEY' }, allow_promotion_codes: true },
      policies: { payment_poll_interval_ms: 100 },
      catalog: { products: [{ id: 'course', name: 'Tea course', price: 4900, kind: 'digital' }] },
    }] }));
    home.simulator = url;
  });
  after(() => {
    simulator?.kill();
    home.dispose();
  });

  /** A customer's payment page, with a server behind it. */
  async function openCourse() {
    const agent = await connectTo(libraries.modern, await startHttp({ home, config, hasSandbox: false }));
    agent.sandbox = home.simulator;
    const cart = { tenant_id: 'tea_house', cartId: newId('cart') };
    await agent.call('cart_add_item', { ...cart, productId: 'course', quantity: 1 });
    return { agent, page: await openPaymentPage(agent, { ...cart, userId: newId('user') }) };
  }

  async function stripe(path, parameters) {
    const response = await fetch(`${home.simulator}/v1/${path}`, {
      method: 'POST', body: new URLSearchParams(parameters), headers: { Authorization: `Bearer ${home.environment.KEY}` },
    });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  }

  test('sees the lines of the payment page beside what was frozen', async () => {
    const { agent, page } = await openCourse();
    const coupon = await stripe('coupons', { amount_off: 900, currency: 'eur' });
    await stripe('promotion_codes', { 'promotion[type]': 'coupon', 'promotion[coupon]': coupon.id, code: 'NINE' });
    const paid = await fetch(`${home.simulator}/_sandbox/checkout/sessions/${page.sessionId}/pay`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ card: '4242424242424242', promotion_code: 'NINE' }),
    });
    assert.equal(paid.status, 200);
    await untilStatus(agent, page.sagaId, 'completed', 'tea_house');
    const sections = [
      /^Totals as frozen, before the customer's choices\n {2}subtotal +€49\.00\n(.*\n){3} {2}total +€49\.00$/m,
      /^Totals of the payment page, as recorded\n(.*\n){3} {2}discount +€9\.00\n {2}total +€40\.00$/m,
    ];
    const lines = /^Lines of the payment page, as Stripe has them\n.*\n {2}1 × Tea course +€49\.00 +€49\.00 +€9\.00 +€0\.00 +€40\.00$/m;
    const withServer = await done(home, 'show', page.sagaId, '--page');
    for (const section of [...sections, lines]) assert.match(withServer, section);
    const without = await done(home, 'show', page.sagaId);
    for (const section of sections) assert.match(without, section);
    assert.doesNotMatch(without, lines, 'Stripe is not asked unless that is wanted');

    const { saga: { payment }, pageLines } = JSON.parse(await done(home, 'show', page.sagaId, '--page', '--format', 'json'));
    assert.deepEqual([payment.frozenTotals.total.amount, payment.pageTotals.total.amount], [4900, 4000]);
    assert.deepEqual(pageLines.map(({ description, quantity, discount }) => [description, quantity, discount.amount]), [['Tea course', 1, 900]]);

    await faults(home.simulator, { kind: 'status_before', status: 401, match: { method: 'GET', path_prefix: '/v1/checkout/sessions/' } });
    const rest = await refused(home, 1, /key/i, 'show', page.sagaId, '--page');
    await faults(home.simulator);
    for (const section of [...sections, /^history intact/m]) assert.match(rest, section, 'what is stored is shown all the same');
    assert.doesNotMatch(rest, lines);

    await agent.close();
    assert.match(await refused(home, 2, /not in demo_store.*--config/, 'show', page.sagaId, '--page'), /^history intact/m);
    assert.match(await done(home, 'show', page.sagaId, '--page', '--config', config), lines);
  });

  test('hears that there is no page to ask about', async () => {
    const agent = await connectTo(libraries.modern, await startHttp({ home, config, hasSandbox: false }));
    const cart = { tenant_id: 'tea_house', cartId: newId('cart') };
    await agent.call('cart_add_item', { ...cart, productId: 'course' });
    const { sagaId } = await agent.call('checkout_start', { ...cart, userId: newId('user'), email: 'eve@example.com' });
    assert.match(await refused(home, 1, /No payment page was ever opened/, 'show', sagaId, '--page'), /^history intact/m);
    await agent.close();
  });

  test('refunds without a server, with its configuration', async () => {
    const { agent, page } = await openCourse();
    await pay(agent, page);
    await untilStatus(agent, page.sagaId, 'completed', 'tea_house');
    await agent.close();

    await refused(home, 2, /tenant tea_house, which is not in demo_store.*--config/, 'refund', page.sagaId, '--reason', 'x');
    const text = await done(home, 'refund', page.sagaId, '--reason', 'cancelled course', '--config', config);
    assert.match(text, /Refunded €49\.00: re_/);
    const { saga: { payment }, history } = await shown(home, page.sagaId);
    assert.equal(payment.state, 'refunded');
    assert.equal(history.intact, true);
  });
});

describe('an operator, beside a desktop client', () => {
  test('reaches the stdio process', async () => {
    const agent = await connectStdio(libraries.modern);
    try {
      const { sagaId } = await paidCheckout(agent);
      assert.match(await done(agent.home, 'refund', sagaId, '--reason', 'x'), /its payment refunded/);
    } finally {
      await agent.close();
    }
  });

  test('is told of a process that can not be reached', async () => {
    const home = newHome();
    const deep = join(home.path, 'x'.repeat(100));
    mkdirSync(deep);
    const store = `sqlite:${join(deep, 'checkout.db')}`;
    home.arguments = (mode) => [mode, '--store', store, '--listen', '127.0.0.1:0'];
    const server = await startHttp({ home });
    try {
      await eventually('a warning', () => /no socket for operators.*too long/.test(server.said.text));
      const agent = await connectTo(libraries.modern, server);
      const { sagaId } = await paidCheckout(agent);
      await agent.client.close();
      assert.match(await done(home, 'show', sagaId, '--store', store), /history intact/);
      await refused(home, 1, /does not answer at/, 'resolve', sagaId, '--reason', 'x', '--store', store);
    } finally {
      await server.stop();
      home.dispose();
    }
  });
});
