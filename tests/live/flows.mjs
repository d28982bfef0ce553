// What the live test plays: each flow of docs/stripe.md that needs no browser, and those in which a person opens a page.
//
// A flow gets `stage`: {tool, saga(...), doctor(...), stripe(...), person(...)}, and returns what it has learnt, one
// sentence. It throws what was not as it should be, or Unavailable where the account is not set up for it.
import assert from 'node:assert/strict';

import { address, until } from './shop.mjs';

export class Unavailable extends Error {}

let carts = 0;
/** A cart with one piece, found in the catalogue. */
async function cartOf(stage, tenant, kind) {
  const { products } = await stage.tool('catalog_search', { tenant_id: tenant });
  const product = products.find((one) => one.kind === kind);
  const cartId = `live-test-${++carts}`;
  await stage.tool('cart_add_item', { tenant_id: tenant, cartId, productId: product.productId });
  return { tenant_id: tenant, userId: 'live-test', cartId, email: 'live-test@example.com' };
}

async function start(stage, tenant, kind, more = {}) {
  const cart = await cartOf(stage, tenant, kind);
  const started = await stage.tool('checkout_start', { ...cart, ...(kind === 'physical' ? { shippingAddress: address } : {}), ...more });
  const sagaId = started.sagaId ?? started.error?.details?.sagaId
    ?? (await stage.tool('checkout_list', { tenant_id: tenant, userId: cart.userId })).sagas[0].sagaId;
  return { ids: { tenant_id: tenant, sagaId }, started };
}

async function page(stage, ids) {
  const session = await stage.tool('checkout_create_payment_session', ids);
  if (session.error?.details?.stripeCode === 'stripe_tax_inactive') throw new Unavailable('Stripe Tax is not active in this account.');
  assert.equal(session.error, undefined, JSON.stringify(session.error));
  assert.equal(session.status, 'payment_pending');
  assert.match(session.url, /^https?:\/\//);
  return session;
}

const status = (stage, ids) => stage.tool('checkout_status', ids);
const reach = (stage, ids, wanted, deadlineMs) => until(`the checkout is ${wanted}`, async () => {
  const view = await status(stage, ids);
  return view.status === wanted && view;
}, deadlineMs);

async function cancelled(stage, ids) {
  await stage.tool('checkout_cancel', { ...ids, reason: 'live test' });
  return reach(stage, ids, 'compensated');
}

/** The object as Stripe has it. */
async function object(stage, path) {
  const { status: code, body } = await stage.stripe('GET', path);
  assert.equal(code, 200, JSON.stringify(body));
  return body;
}

async function paid(stage) {
  const { ids } = await start(stage, 'plain', 'digital', { paymentMethodId: 'pm_card_visa' });
  return { ids, view: await reach(stage, ids, 'completed') };
}

async function refund(stage, ids, ...amount) {
  const { code, out, error } = await stage.saga('refund', ids.sagaId, ...amount, '--reason', 'live test', '--operator', 'live-test');
  assert.equal(code, 0, out + error);
}

async function refunded(stage, intent) {
  const { data } = await object(stage, `/v1/refunds?payment_intent=${intent}&limit=100`);
  return data.reduce((sum, one) => sum + (['failed', 'canceled'].includes(one.status) ? 0 : one.amount), 0);
}

export const flows = [
  {
    name: 'doctor', about: 'checkout-mcp doctor --probe: the key, its permissions, the account',
    async play(stage) {
      const { code, out } = await stage.doctor();
      const report = JSON.parse(out);
      const failed = report.tenants.flatMap(({ tenant, checks }) => checks
        .filter(({ result }) => result === 'fail').map(({ check, found }) => `${tenant}, ${check}: ${found}`));
      assert.ok(code === 0 || code === 1, out);
      const inTheWay = failed.filter((text) => /, (connection|key|permission|clock): /.test(text));
      assert.deepEqual(inTheWay, []);
      return failed.length === 0 ? 'Nothing failed.' : failed.join(' ');
    },
  },
  {
    name: 'page-opened-and-cancelled', about: 'catalogue, cart, address, shipping, payment page; cancelled while it is open',
    async play(stage) {
      const { ids } = await start(stage, 'plain', 'physical');
      const { options } = await stage.tool('checkout_shipping_options', ids);
      const { carrierId, serviceId } = options[0];
      await stage.tool('checkout_select_shipping', { ...ids, carrierId, serviceId });
      const { sessionId } = await page(stage, ids);
      assert.equal((await object(stage, `/v1/checkout/sessions/${sessionId}`)).status, 'open');
      await cancelled(stage, ids);
      assert.equal((await object(stage, `/v1/checkout/sessions/${sessionId}`)).status, 'expired');
      return 'The page was opened, and expired when the checkout was cancelled.';
    },
  },
  {
    name: 'stored-method-paid-and-refunded', about: 'pm_card_visa pays without a page; a part is given back, then the rest',
    async play(stage) {
      const { ids, view } = await paid(stage);
      const intent = view.payment.paymentIntentId;
      await refund(stage, ids, '--amount', '1000');
      assert.equal(await until('a part is refunded', () => refunded(stage, intent)), 1000);
      await refund(stage, ids);
      await until('all is refunded', async () => (await refunded(stage, intent)) === view.totals.total.amount);
      return 'The payment was taken, and given back in two parts.';
    },
  },
  {
    name: 'declined-card', about: 'pm_card_chargeDeclined: the agent is told, and cancels',
    async play(stage) {
      const { ids, started } = await start(stage, 'plain', 'digital', { paymentMethodId: 'pm_card_chargeDeclined' });
      assert.equal(started.error?.code, 'PAYMENT_DECLINED', JSON.stringify(started));
      await cancelled(stage, ids);
      return `The decline reads "${started.error.message}"`;
    },
  },
  {
    name: 'three-d-secure-required', about: 'pm_card_authenticationRequired: the customer would have to authenticate; cancelled instead',
    async play(stage) {
      const { ids } = await start(stage, 'plain', 'digital', { paymentMethodId: 'pm_card_authenticationRequired' });
      const { payment, nextAction } = await until('authentication is asked for', async () => {
        const view = await status(stage, ids);
        return view.payment?.state === 'requires_action' && view;
      });
      assert.equal(nextAction.type, 'authenticate');
      assert.match(nextAction.url, /^https?:\/\//);
      await cancelled(stage, ids);
      assert.equal((await object(stage, `/v1/payment_intents/${payment.paymentIntentId}`)).status, 'canceled');
      return 'The payment waited for the customer, and was cancelled.';
    },
  },
  {
    name: 'saved-card-paid', about: "a card that is saved for the user's customer pays without a page, and nobody else's checkout",
    async play(stage) {
      const { ids } = await start(stage, 'saving', 'digital');
      const { sessionId } = await page(stage, ids);
      const { customer } = await object(stage, `/v1/checkout/sessions/${sessionId}`);
      assert.match(customer ?? 'none', /^cus_/, 'the page names a customer');
      await cancelled(stage, ids);

      // What the page does for a customer who ticks the box.
      const { status: code, body: card } = await stage.stripe('POST', '/v1/payment_methods/pm_card_visa/attach', { customer });
      if (code === 403) throw new Unavailable('This key may not attach a card itself: the flow needs Payment Methods: Write.');
      assert.equal(code, 200, JSON.stringify(card));
      const other = await start(stage, 'saving', 'digital', { paymentMethodId: card.id, userId: 'somebody-else' });
      assert.equal(other.started.error?.code, 'VALIDATION_FAILED', JSON.stringify(other.started));
      await cancelled(stage, other.ids);

      const { ids: mine } = await start(stage, 'saving', 'digital', { paymentMethodId: card.id });
      const { payment, totals } = await reach(stage, mine, 'completed');
      assert.equal((await object(stage, `/v1/payment_intents/${payment.paymentIntentId}`)).customer, customer);
      await refund(stage, mine);
      await until('all is refunded', async () => (await refunded(stage, payment.paymentIntentId)) === totals.total.amount);
      await stage.stripe('POST', `/v1/payment_methods/${card.id}/detach`);
      return 'The saved card paid, was refused for another user, and all was given back.';
    },
  },
  {
    name: 'choices-on-the-page', about: 'promotion codes and shipping_options without shipping_address_collection', question: 'shipping-options',
    async play(stage) {
      const { ids } = await start(stage, 'choices', 'physical');
      const { sessionId } = await page(stage, ids);
      const session = await object(stage, `/v1/checkout/sessions/${sessionId}`);
      assert.equal(session.shipping_options.length, 2);
      assert.equal(session.allow_promotion_codes, true);
      await cancelled(stage, ids);
      return 'Yes: a session may have shipping_options without shipping_address_collection.';
    },
  },
  {
    name: 'automatic-tax', about: 'a page on which Stripe Tax reckons the tax',
    async play(stage) {
      const { ids } = await start(stage, 'tax', 'digital');
      const { sessionId } = await page(stage, ids);
      assert.equal((await object(stage, `/v1/checkout/sessions/${sessionId}`)).automatic_tax.enabled, true);
      await cancelled(stage, ids);
      return 'The page was opened with automatic tax.';
    },
  },
  {
    name: 'shipping-beside-collection', about: 'payment_intent_data[shipping] beside shipping_address_collection', question: 'shipping-beside-collection',
    async play(stage) {
      const form = {
        mode: 'payment', success_url: 'https://example.com/', 'line_items[0][quantity]': '1', 'line_items[0][price_data][currency]': stage.currency,
        'line_items[0][price_data][unit_amount]': '2000', 'line_items[0][price_data][product_data][name]': 'live-test',
        'shipping_address_collection[allowed_countries][0]': 'US', 'payment_intent_data[shipping][name]': 'Live Test',
        'payment_intent_data[shipping][address][line1]': '1 Market Street', 'payment_intent_data[shipping][address][country]': 'US',
      };
      const { status: code, body } = await stage.stripe('POST', '/v1/checkout/sessions', form);
      if (code !== 200) return `No: Stripe refuses it (${body.error?.message})`;
      await stage.stripe('POST', `/v1/checkout/sessions/${body.id}/expire`);
      return 'Yes: Stripe takes both.';
    },
  },
  {
    name: 'search-permission', about: 'the search for lost payments, with this key', question: 'search-permission',
    async play(stage) {
      const query = encodeURIComponent("metadata['saga_id']:'live-test'");
      const { status: code, body } = await stage.stripe('GET', `/v1/payment_intents/search?query=${query}&limit=1`);
      return code === 200 ? 'The permission of this key is enough.' : `Stripe refuses the search (${code}: ${body.error?.message})`;
    },
  },
  {
    name: 'refusals-under-a-key', about: 'does an idempotency key keep a refusal?', question: 'refusals-under-a-key',
    async play(stage) {
      const learnt = [];
      const missing = { amount: '0', currency: stage.currency };
      const declined = {
        amount: '2000', currency: stage.currency, confirm: 'true', payment_method: 'pm_card_chargeDeclined',
        'allowed_payment_method_types[0]': 'card', description: 'live-test', return_url: 'https://example.com/',
      };
      for (const [what, form] of [['a parameter that is refused', missing], ['a declined card', declined]]) {
        const key = `live-test-${what.replaceAll(' ', '-')}-${stage.run}`;
        await stage.stripe('POST', '/v1/payment_intents', form, { 'Idempotency-Key': key });
        const { headers } = await stage.stripe('POST', '/v1/payment_intents', form, { 'Idempotency-Key': key });
        learnt.push(`${what}: ${headers.get('idempotent-replayed') === 'true' ? 'kept' : 'not kept'}`);
      }
      return `${learnt.join('; ')}.`;
    },
  },
  {
    name: 'paid-on-the-page', about: 'a person pays on the page with 4242 4242 4242 4242', interactive: true,
    async play(stage) {
      const { ids } = await start(stage, 'plain', 'digital');
      const { url } = await page(stage, ids);
      stage.person('Pay with 4242 4242 4242 4242, any date in the future, any code:', url);
      const view = await reach(stage, ids, 'completed', stage.personDeadlineMs);
      await refund(stage, ids);
      await until('all is refunded', async () => (await refunded(stage, view.payment.paymentIntentId)) === view.totals.total.amount);
      return `The payment was found by ${view.payment.confirmedBy}, and given back.`;
    },
  },
  {
    name: 'expired-while-processing', about: 'a person pays by SEPA debit; the session is asked to expire meanwhile (currency eur)',
    interactive: true, question: 'expired-while-processing',
    async play(stage) {
      if (stage.currency !== 'eur') throw new Unavailable('SEPA debits are in eur: run with --currency eur.');
      const { ids } = await start(stage, 'plain', 'digital');
      const { url, sessionId } = await page(stage, ids);
      stage.person('Pay by SEPA direct debit with the IBAN DE08 3704 0044 0532 0130 03:', url);
      await until('the debit is processing', async () => (await status(stage, ids)).payment.state === 'processing', stage.personDeadlineMs);
      const { status: code, body } = await stage.stripe('POST', `/v1/checkout/sessions/${sessionId}/expire`);
      return code === 200 ? `Yes: Stripe expires it (status ${body.status}).` : `No: Stripe refuses it (${body.error?.message})`;
    },
  },
];
