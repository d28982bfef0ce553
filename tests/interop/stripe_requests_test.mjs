// Every request that this program makes of Stripe is what Stripe's own SDK declares: parameters, their types, their
// enums, nothing besides. Recorded are the requests of the C++ tests of src/stripe, which go through every variant,
// and those of the real binary, by a proxy in front of the simulator.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { connectTo, libraries } from './support/clients.mjs';
import { binary, newHome, payOnPage, root, Said, startHttp } from './support/server.mjs';
import { address, goodCard, newId, untilStatus } from './support/shopping.mjs';
import { typeCheck } from './support/stripe_types.mjs';

const id = '[A-Za-z0-9_]+';
const types = [
  ['POST', '/v1/checkout/sessions', 'Checkout.SessionCreateParams'],
  ['GET', '/v1/checkout/sessions', 'Checkout.SessionListParams'],
  ['GET', `/v1/checkout/sessions/${id}`, 'Checkout.SessionRetrieveParams'],
  ['GET', `/v1/checkout/sessions/${id}/line_items`, 'Checkout.SessionListLineItemsParams'],
  ['POST', `/v1/checkout/sessions/${id}/expire`, 'Checkout.SessionExpireParams'],
  ['POST', '/v1/payment_intents', 'PaymentIntentCreateParams'],
  ['GET', '/v1/payment_intents', 'PaymentIntentListParams'],
  ['GET', '/v1/payment_intents/search', 'PaymentIntentSearchParams'],
  ['GET', `/v1/payment_intents/(?!search$)${id}`, 'PaymentIntentRetrieveParams'],
  ['POST', `/v1/payment_intents/${id}/confirm`, 'PaymentIntentConfirmParams'],
  ['POST', `/v1/payment_intents/${id}/cancel`, 'PaymentIntentCancelParams'],
  ['GET', `/v1/payment_methods/${id}`, 'PaymentMethodRetrieveParams'],
  ['GET', '/v1/customers/search', 'CustomerSearchParams'],
  ['POST', '/v1/customers', 'CustomerCreateParams'],
  ['POST', '/v1/refunds', 'RefundCreateParams'],
  ['GET', '/v1/refunds', 'RefundListParams'],
  ['GET', '/v1/disputes', 'DisputeListParams'],
  ['GET', '/v1/events', 'EventListParams'],
  ['GET', '/v1/account', 'AccountRetrieveCurrentParams'],
].map(([method, path, type]) => ({ method, path: new RegExp(`^${path}$`), type: `Stripe.${type}` }));

/** {method, target, body} as an item of typeCheck(). */
function toItem({ method, target, body }) {
  const [path, query = ''] = target.split('?');
  const fitting = types.filter((row) => row.method === method && row.path.test(path));
  assert.equal(fitting.length, 1, `${method} ${path} is one kind of request`);
  const form = method === 'POST' ? body : query;
  return { name: `${method} ${path} ${form}`, type: fitting[0].type, form };
}

const unlike = (items) => [...new Map(items.map((item) => [item.name, item])).values()];
const refusals = (items) => typeCheck(items).filter(({ error }) => error !== null);

function unitTestRequests() {
  const build = process.env.CHECKOUT_BUILD_DIR ?? join(root, 'build/release');
  const folder = mkdtempSync(join(tmpdir(), 'checkout-requests-'));
  try {
    const file = join(folder, 'requests.jsonl');
    execFileSync(join(build, 'tests/unit_stripe'), ['--gtest_brief=1'],
                 { env: { ...process.env, CHECKOUT_RECORD_REQUESTS: file }, stdio: ['ignore', 'ignore', 'ignore'] });
    return readFileSync(file, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The simulator behind a proxy that keeps what passes. */
async function recordingSimulator() {
  const home = newHome();
  const child = spawn(binary, ['sandbox', '--listen', '127.0.0.1:0'],
                      { cwd: home.path, env: home.environment, stdio: ['ignore', 'ignore', 'pipe'] });
  const simulator = await new Said(child.stderr).sandboxUrl();
  const requests = [];
  const proxy = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    if (request.url.startsWith('/v1/')) requests.push({ method: request.method, target: request.url, body, headers: request.headers });
    const { host, connection, 'content-length': length, ...headers } = request.headers;
    const answer = await fetch(simulator + request.url, {
      method: request.method, headers, ...(request.method === 'POST' && { body }), redirect: 'manual',
    });
    response.writeHead(answer.status, { 'Content-Type': answer.headers.get('content-type') ?? 'text/plain',
                                        'Request-Id': answer.headers.get('request-id') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    url: `http://127.0.0.1:${proxy.address().port}`, simulator, requests,
    async stop() {
      proxy.closeAllConnections();
      proxy.close();
      child.kill('SIGTERM');
      await once(child, 'close');
      home.dispose();
    },
  };
}

const product = (productId, kind, price) => ({
  id: productId, name: productId, price, kind, ...(kind === 'physical' && { weight_grams: 500 }),
  image_url: 'https://shop.example/picture.png', description: 'Good.',
});
const rate = (service, price) => ({
  carrier_id: 'post', carrier_name: 'Post', service_id: service, service_name: service, countries: ['*'],
  base_price: price, min_days: 1, max_days: 3,
});

/** One shop that leaves all to Stripe's defaults, and one that sets whatever can be set. */
const configFor = (stripe) => ({
  tenants: [
    { id: 'plain', name: 'Plain', currency: 'usd', stripe,
      policies: { payment_poll_interval_ms: 100 }, catalog: { products: [product('book', 'digital', 900)] } },
    { id: 'fancy', name: 'Fancy', currency: 'eur',
      stripe: { ...stripe, payment_method_types: ['card', 'sepa_debit'], statement_descriptor_suffix: 'FANCY', locale: 'de',
                allow_promotion_codes: true, automatic_tax: true, shipping_on_page: true, saved_payment_methods: true },
      policies: { payment_poll_interval_ms: 100 },
      shipping: { countries: ['US'], rates: [rate('parcel', 500), rate('express', 1500)] },
      urls: { success: 'https://fancy.example/thanks?session={CHECKOUT_SESSION_ID}', cancel: 'https://fancy.example/' },
      catalog: { products: [product('mug', 'physical', 1500), product('book', 'digital', 900)] } },
  ],
});

describe('requests to Stripe', () => {
  let recorder, server, agent;

  before(async () => {
    recorder = await recordingSimulator();
    const home = newHome();
    writeFileSync(join(home.path, 'key'), 'sk_test_of_this_test');
    const config = join(home.path, 'config.json');
    writeFileSync(config, JSON.stringify(configFor({ api_base: recorder.url, secret_key: { file: 'key' } })));
    server = await startHttp({ config, home, hasSandbox: false });
    agent = await connectTo(libraries.modern, server);
  });
  after(async () => {
    await agent?.close();
    server?.home.dispose();
    await recorder?.stop();
  });

  const start = async (tenant, products, more = {}) => {
    const ids = { tenant_id: tenant, cartId: newId('cart') };
    for (const productId of products) await agent.call('cart_add_item', { ...ids, productId });
    const { sagaId } = await agent.call('checkout_start',
      { ...ids, userId: newId('user'), email: 'eve@example.com', shippingAddress: address, ...more });
    return { tenant_id: tenant, sagaId };
  };
  const sent = (method, path) => recorder.requests.filter((one) => one.method === method && path.test(one.target));

  test('are what the SDK declares, in every variant of the C++ tests', () => {
    const items = unlike(unitTestRequests().map(toItem));
    assert.deepEqual(refusals(items), []);
    const unseen = types.filter(({ type }) => !items.some((item) => item.type === type));
    assert.deepEqual(unseen.map(({ type }) => type), [], 'every kind of request was seen');
  });

  test('are what the SDK declares, when the real binary plays whole checkouts', async () => {
    for (const [tenant, goods] of [['plain', ['book']], ['fancy', ['mug', 'book']]]) {
      const saga = await start(tenant, goods);
      const { sessionId } = await agent.call('checkout_create_payment_session', saga);
      assert.equal((await payOnPage(recorder.simulator, sessionId, goodCard)).status, 200);
      await untilStatus(agent, saga.sagaId, 'completed', tenant);
    }
    const chosen = await start('fancy', ['mug']);
    await agent.call('checkout_create_payment_session', chosen);
    await agent.call('checkout_select_shipping', { ...chosen, carrierId: 'post', serviceId: 'express' });
    await agent.call('checkout_cancel', { ...chosen, reason: 'changed my mind' });
    const direct = await start('plain', ['book'], { paymentMethodId: 'pm_card_visa' });
    await untilStatus(agent, direct.sagaId, 'completed', 'plain');

    const items = unlike(recorder.requests.map(toItem));
    assert.deepEqual(refusals(items), []);
    for (const path of [/sessions$/, /expire$/, /payment_intents$/]) assert.notEqual(sent('POST', path).length, 0, `${path}`);
    const offered = sent('POST', /sessions$/).map(({ body }) => new URLSearchParams(body))
      .map((form) => form.get('shipping_options[0][shipping_rate_data][display_name]'));
    assert.deepEqual(offered, [null, 'Post parcel', 'Post parcel', null], 'who has chosen is not asked on the page');
  });

  const confirmTool = 'postPaymentIntentsIntentConfirm';
  const declinedIntent = async (paymentMethodId = 'pm_card_chargeDeclined') => {
    const ids = { tenant_id: 'plain', cartId: newId('cart') };
    await agent.call('cart_add_item', { ...ids, productId: 'book' });
    const customer = { ...ids, userId: newId('user'), email: 'eve@example.com', paymentMethodId };
    await agent.result('checkout_start', customer);
    const { sagas: [saga] } = await agent.call('checkout_list', { tenant_id: 'plain', userId: customer.userId });
    return { sagaId: saga.sagaId, intent: saga.payment.paymentIntentId };
  };

  test('of the confirmation tool are what the SDK declares, with every argument that it takes', async () => {
    const { inputSchema } = agent.tools.find(({ name }) => name === confirmTool);
    const everything = {
      payment_method: 'pm_card_visa', allowed_payment_method_types: inputSchema.properties.allowed_payment_method_types.items.enum.slice(0, 20),
      payment_method_options: { card: { request_three_d_secure: 'any' } }, return_url: `${server.origin}/pay/return`,
      receipt_email: 'eve@example.com', off_session: 'recurring', setup_future_usage: 'off_session', mandate: 'mandate_1',
      shipping: { name: 'Eve', phone: '+1 2', carrier: 'Post', tracking_number: '1',
                  address: { line1: 'Street 1', line2: '2', city: 'Town', state: 'CA', postal_code: '94105', country: 'US' } },
      mandate_data: { customer_acceptance: { type: 'online', accepted_at: 1, online: { ip_address: '::1', user_agent: 'test' } } },
      error_on_requires_action: false,
    };
    const ours = ['tenant_id', 'auth_token', 'intent'];
    assert.deepEqual(Object.keys(everything).sort(), Object.keys(inputSchema.properties).filter((key) => !ours.includes(key)).sort());
    const methods = inputSchema.properties.allowed_payment_method_types.items.enum;
    const variants = [everything, ...[true, false, 'one_off'].map((value) => ({ off_session: value })),
                      ...[methods.slice(20, 40), methods.slice(40)].map((some) => ({ allowed_payment_method_types: some }))];
    const { intent } = await declinedIntent();
    const before = sent('POST', /confirm$/).length;
    for (const parameters of variants) await agent.result(confirmTool, { tenant_id: 'plain', intent, ...parameters });
    const made = sent('POST', /confirm$/).slice(before);
    assert.ok(made.length >= 1 && made[0].body.includes('request_three_d_secure'));
    assert.deepEqual(refusals(made.map(toItem)), []);
    // The rest, whatever became of the payment after the first one.
    const bodies = variants.map((value, i) => ({ name: `variant ${i}`, type: 'Stripe.PaymentIntentConfirmParams', value }));
    assert.deepEqual(refusals(bodies), []);
  });

  test('a confirmation that needs 3-D Secure tells where the customer approves', async () => {
    const { sagaId, intent } = await declinedIntent();
    const asked = await agent.call(confirmTool, { tenant_id: 'plain', intent, payment_method: 'pm_card_authenticationRequired' });
    assert.equal(asked.status, 'requires_action');
    assert.equal(asked.client_secret, undefined);
    assert.equal(asked.nextAction.type, 'authenticate');
    assert.equal(asked.nextAction.url, asked.next_action.redirect_to_url.url);
    assert.ok(asked.next_action.redirect_to_url.return_url.startsWith(server.origin));
    const status = await agent.call('checkout_status', { tenant_id: 'plain', sagaId });
    assert.deepEqual(status.nextAction, asked.nextAction);
  });

  test('an unknown payment method is the argument\'s fault, not an unknown checkout', async () => {
    const { intent } = await declinedIntent();
    const error = await agent.fail(confirmTool, { tenant_id: 'plain', intent, payment_method: 'pm_nobody' }, 'VALIDATION_FAILED');
    assert.match(error.message, /doesn't know this payment method .*'pm_nobody'.*; pass the id of another one/);
    assert.equal(error.details.param, 'payment_method');
    const paid = await agent.call(confirmTool, { tenant_id: 'plain', intent, payment_method: 'pm_card_visa' });
    assert.equal(paid.status, 'succeeded');
  });

  test('an intent of another shop is as unknown as one that never was', async () => {
    const { intent } = await declinedIntent();
    const before = recorder.requests.length;
    const withoutId = ({ message, ...error }, of) => ({ ...error, message: message.replaceAll(of, '…') });
    const foreign = await agent.fail(confirmTool, { tenant_id: 'fancy', intent }, 'CHECKOUT_NOT_FOUND');
    const unknown = await agent.fail(confirmTool, { tenant_id: 'fancy', intent: 'pi_never' }, 'CHECKOUT_NOT_FOUND');
    assert.deepEqual(withoutId(foreign, intent), withoutId(unknown, 'pi_never'));
    await agent.fail(confirmTool, { tenant_id: 'plain', intent, return_url: 'https://evil.example/' }, 'VALIDATION_FAILED');
    assert.equal(sent('POST', /confirm$/).filter((one) => recorder.requests.indexOf(one) >= before).length, 0);
  });

  test('carry the version that the SDK is made for, and a key on everything that changes something', () => {
    const sdk = readFileSync(join(root, 'tests/interop/node_modules/stripe/esm/apiVersion.js'), 'utf8');
    const [, version] = /ApiVersion = '([^']+)'/.exec(sdk);
    for (const { method, target, headers } of recorder.requests) {
      assert.equal(headers['stripe-version'], version, target);
      assert.equal('idempotency-key' in headers, method === 'POST', target);
      assert.equal(headers.authorization, 'Bearer sk_test_of_this_test', target);
    }
  });

  test('would be refused if they were not', () => {
    const good = 'mode=payment&ui_mode=hosted_page&expires_at=1800000000&line_items[0][quantity]=1';
    const type = 'Stripe.Checkout.SessionCreateParams';
    const item = (name, form) => ({ name, type, form });
    assert.deepEqual(refusals([item('good', good)]), []);
    const bad = [
      item('a parameter that is no more', `${good}&payment_method_types[0]=card`),
      item('one deep inside that never was', `${good}&line_items[0][price_data][colour]=red`),
      item('a misspelt value', good.replace('hosted_page', 'hosted')),
      item('a text for a number', good.replace('1800000000', 'tomorrow')),
      item('an object for a list', good.replace('[0]', '[first]')),
      { name: 'a required one missing', type: 'Stripe.PaymentIntentCreateParams', form: 'amount=100' },
      { name: 'a type that is not there', type: 'Stripe.NoSuchParams', form: '' },
    ];
    assert.deepEqual(refusals(bad).map(({ name }) => name), bad.map(({ name }) => name));
  });
});
