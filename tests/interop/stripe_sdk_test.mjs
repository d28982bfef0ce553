// Stripe's own SDK against the simulator, as against Stripe: it must find nothing to complain about.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { eventually } from './support/eventually.mjs';
import { newKey, refusal, startSimulator } from './support/simulator.mjs';

const mug = { price_data: { currency: 'eur', unit_amount: 2100, product_data: { name: 'Mug' } }, quantity: 2 };
const purchase = { mode: 'payment', success_url: 'https://shop.example/ok?s={CHECKOUT_SESSION_ID}', line_items: [mug] };
const card = (name, more = {}) => ({
  amount: 2000, currency: 'eur', payment_method: `pm_card_${name}`, confirm: true, return_url: 'https://shop.example/back', ...more,
});
const goodIban = 'DE89370400440532013000', badIban = 'DE62370400440532013001';
const debit = (iban) => ({
  amount: 2000, currency: 'eur', allowed_payment_method_types: ['sepa_debit'], confirm: true, return_url: 'https://shop.example/back',
  payment_method_data: { type: 'sepa_debit', sepa_debit: { iban }, billing_details: { name: 'Ada', email: 'ada@example.com' } },
  mandate_data: { customer_acceptance: { type: 'offline' } },
});

let simulator, stripe;
before(async () => {
  simulator = await startSimulator();
  stripe = simulator.stripe();
});
beforeEach(() => simulator.clearFaults());
after(() => simulator?.stop());

describe('checkout sessions', () => {
  test('are created, retrieved with everything expanded, listed and expired', async () => {
    const session = await stripe.checkout.sessions.create({ ...purchase, client_reference_id: 'cart-1', metadata: { cart: '1' } });
    assert.equal(session.lastResponse.statusCode, 200);
    assert.match(session.lastResponse.requestId, /^req_/);
    assert.equal(session.lastResponse.apiVersion, stripe.getApiField('version'));
    assert.deepEqual([session.amount_total, session.status, session.payment_status], [4200, 'open', 'unpaid']);
    assert.ok(session.url.startsWith(`${simulator.url}/pay/`));

    await simulator.pay(session.id);
    const paid = await stripe.checkout.sessions.retrieve(session.id, {
      expand: ['line_items', 'payment_intent.latest_charge.balance_transaction', 'payment_intent.payment_method'],
    });
    assert.deepEqual([paid.status, paid.payment_status, paid.url], ['complete', 'paid', null]);
    assert.equal(paid.line_items.data[0].price.unit_amount_decimal.toString(), '2100');
    assert.equal(paid.payment_intent.latest_charge.balance_transaction.net, 4200);
    assert.equal(paid.payment_intent.payment_method.card.last4, '4242');

    const { data: lines } = await stripe.checkout.sessions.listLineItems(session.id);
    assert.deepEqual(lines.map(({ description, quantity, amount_total: total }) => [description, quantity, total]), [['Mug', 2, 4200]]);
    const { data: found } = await stripe.checkout.sessions.list({ payment_intent: paid.payment_intent.id });
    assert.deepEqual(found.map(({ id }) => id), [session.id]);
    await refusal(stripe.checkout.sessions.expire(session.id), 'StripeInvalidRequestError', { statusCode: 400 });

    const other = await stripe.checkout.sessions.create(purchase);
    assert.equal((await stripe.checkout.sessions.expire(other.id)).status, 'expired');
  });

  test('expire by themselves when their time has come', async () => {
    const session = await stripe.checkout.sessions.create(purchase);
    await simulator.advance(24 * 3600 + 1);
    assert.equal((await stripe.checkout.sessions.retrieve(session.id)).status, 'expired');
  });

  test('say which parameter is wrong', async () => {
    const { success_url: _, ...without } = purchase;
    await refusal(stripe.checkout.sessions.create(without), 'StripeInvalidRequestError',
                  { code: 'parameter_missing', param: 'success_url', statusCode: 400 });
    await refusal(stripe.checkout.sessions.create({ ...purchase, colour: 'red' }), 'StripeInvalidRequestError',
                  { code: 'parameter_unknown', param: 'colour' });
    await refusal(stripe.checkout.sessions.create({ ...purchase, line_items: [{ ...mug, quantity: 0 }] }), 'StripeInvalidRequestError',
                  { param: 'line_items[0][quantity]' });
    await refusal(stripe.checkout.sessions.retrieve('cs_test_nobody'), 'StripeInvalidRequestError',
                  { code: 'resource_missing', statusCode: 404 });
  });
});

describe('payment intents', () => {
  test('succeed with a good card, and wait for one where none is given', async () => {
    const paid = await stripe.paymentIntents.create(card('visa'));
    assert.deepEqual([paid.status, paid.amount_received], ['succeeded', 2000]);
    const waiting = await stripe.paymentIntents.create({ amount: 2000, currency: 'eur' });
    assert.equal(waiting.status, 'requires_payment_method');
    const confirmed = await stripe.paymentIntents.confirm(waiting.id, {
      payment_method: 'pm_card_visa', return_url: 'https://shop.example/back', expand: ['latest_charge'],
    });
    assert.deepEqual([confirmed.status, confirmed.latest_charge.paid], ['succeeded', true]);
  });

  const declines = {
    chargeDeclined: ['card_declined', 'generic_decline'],
    chargeDeclinedInsufficientFunds: ['card_declined', 'insufficient_funds'],
    chargeDeclinedLostCard: ['card_declined', 'lost_card'],
    chargeDeclinedStolenCard: ['card_declined', 'stolen_card'],
    chargeDeclinedExpiredCard: ['expired_card', 'expired_card'],
    chargeDeclinedIncorrectCvc: ['incorrect_cvc', 'incorrect_cvc'],
    chargeDeclinedProcessingError: ['processing_error', 'processing_error'],
    chargeDeclinedVelocityLimitExceeded: ['card_declined', 'card_velocity_exceeded'],
    radarBlock: ['card_declined', 'fraudulent'],
  };
  for (const [token, [code, declineCode]] of Object.entries(declines)) {
    test(`are refused with pm_card_${token}, and may be tried again`, async () => {
      const error = await refusal(stripe.paymentIntents.create(card(token)), 'StripeCardError',
                                  { code, decline_code: declineCode, statusCode: 402 });
      assert.match(error.requestId, /^req_/);
      assert.match(error.doc_url, /^https:\/\/(docs\.)?stripe\.com\//);
      assert.equal(error.charge, error.payment_intent.latest_charge);
      assert.deepEqual([error.payment_intent.status, error.payment_intent.last_payment_error.decline_code],
                       ['requires_payment_method', declineCode]);
      const retried = await stripe.paymentIntents.confirm(error.payment_intent.id, {
        payment_method: 'pm_card_visa', return_url: 'https://shop.example/back',
      });
      assert.deepEqual([retried.status, retried.last_payment_error], ['succeeded', null]);
    });
  }

  test('ask for 3-D Secure, and end as the customer answers', async () => {
    for (const [outcome, status] of [['accept', 'succeeded'], ['refuse', 'requires_payment_method']]) {
      const intent = await stripe.paymentIntents.create(card('authenticationRequired'));
      assert.deepEqual([intent.status, intent.next_action.type], ['requires_action', 'redirect_to_url']);
      const answered = await fetch(intent.next_action.redirect_to_url.url, {
        method: 'POST', body: new URLSearchParams({ outcome }), redirect: 'manual',
      });
      const back = new URL(answered.headers.get('location'));
      assert.equal(back.origin + back.pathname, 'https://shop.example/back');
      assert.equal(back.searchParams.get('payment_intent'), intent.id);
      const after = await stripe.paymentIntents.retrieve(intent.id);
      assert.equal(after.status, status);
      assert.equal(after.last_payment_error?.code, outcome === 'accept' ? undefined : 'payment_intent_authentication_failure');
    }
  });

  test('refuse 3-D Secure where the customer is away', async () => {
    await refusal(stripe.paymentIntents.create(card('authenticationRequired', { off_session: true })), 'StripeCardError',
                  { code: 'authentication_required', decline_code: 'authentication_required' });
  });

  test('are processing while a direct debit is under way', async () => {
    for (const [iban, status] of [[goodIban, 'succeeded'], [badIban, 'requires_payment_method']]) {
      const intent = await stripe.paymentIntents.create(debit(iban));
      assert.equal(intent.status, 'processing');
      await refusal(stripe.paymentIntents.cancel(intent.id), 'StripeInvalidRequestError', { code: 'payment_intent_unexpected_state' });
      await simulator.advance(600);
      assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, status);
    }
  });

  test('are canceled in the states that allow it, and in no other', async () => {
    const fresh = { amount: 2000, currency: 'eur' };
    const cancelable = {
      requires_payment_method: await stripe.paymentIntents.create(fresh),
      requires_confirmation: await stripe.paymentIntents.create({ ...fresh, payment_method: 'pm_card_visa' }),
      requires_action: await stripe.paymentIntents.create(card('authenticationRequired')),
    };
    for (const [status, intent] of Object.entries(cancelable)) {
      assert.equal(intent.status, status);
      const canceled = await stripe.paymentIntents.cancel(intent.id, { cancellation_reason: 'abandoned' });
      assert.deepEqual([canceled.status, canceled.cancellation_reason], ['canceled', 'abandoned']);
    }
    const wrong = { code: 'payment_intent_unexpected_state', statusCode: 400 };
    const canceled = cancelable.requires_action.id;
    await refusal(stripe.paymentIntents.cancel(canceled), 'StripeInvalidRequestError', wrong);
    await refusal(stripe.paymentIntents.confirm(canceled, { payment_method: 'pm_card_visa' }), 'StripeInvalidRequestError', wrong);
    const paid = await stripe.paymentIntents.create(card('visa'));
    const error = await refusal(stripe.paymentIntents.cancel(paid.id), 'StripeInvalidRequestError', wrong);
    assert.equal(error.payment_intent.id, paid.id);
    await refusal(stripe.paymentIntents.confirm(paid.id), 'StripeInvalidRequestError', wrong);
  });

  test('say which parameter is wrong', async () => {
    const create = (more) => stripe.paymentIntents.create({ amount: 2000, currency: 'eur', ...more });
    await refusal(create({ amount: 10 }), 'StripeInvalidRequestError', { code: 'amount_too_small', param: 'amount' });
    await refusal(create({ amount: 100_000_000 }), 'StripeInvalidRequestError', { code: 'amount_too_large', param: 'amount' });
    await refusal(create({ amount: -1 }), 'StripeInvalidRequestError', { code: 'parameter_invalid_integer', param: 'amount' });
    await refusal(create({ currency: 'xyz' }), 'StripeInvalidRequestError', { param: 'currency' });
    await refusal(create({ payment_method: 'pm_nobody' }), 'StripeInvalidRequestError', { code: 'resource_missing', param: 'payment_method', statusCode: 400 });
  });
});

describe('refunds', () => {
  const paid = async (name = 'visa') => (await stripe.paymentIntents.create(card(name))).id;

  test('give back all, or a part and then the rest, and no more than that', async () => {
    const all = await stripe.refunds.create({ payment_intent: await paid(), reason: 'requested_by_customer' });
    assert.deepEqual([all.amount, all.status], [2000, 'succeeded']);
    await refusal(stripe.refunds.create({ payment_intent: all.payment_intent }), 'StripeInvalidRequestError',
                  { code: 'charge_already_refunded', statusCode: 400 });

    const intent = await paid();
    assert.equal((await stripe.refunds.create({ payment_intent: intent, amount: 500 })).amount, 500);
    await refusal(stripe.refunds.create({ payment_intent: intent, amount: 1501 }), 'StripeInvalidRequestError', { param: 'amount' });
    assert.equal((await stripe.refunds.create({ payment_intent: intent })).amount, 1500);
    const { latest_charge: charge } = await stripe.paymentIntents.retrieve(intent, { expand: ['latest_charge.refunds'] });
    assert.deepEqual([charge.refunded, charge.amount_refunded, charge.refunds.data.length], [true, 2000, 2]);
    const { data: listed } = await stripe.refunds.list({ payment_intent: intent });
    assert.deepEqual(listed.map(({ amount }) => amount), [1500, 500]);
  });

  test('may stay pending for a while, and may fail afterwards', async () => {
    const pending = await stripe.refunds.create({ payment_intent: await paid('pendingRefund') });
    const failing = await stripe.refunds.create({ payment_intent: await paid('refundFail') });
    assert.deepEqual([pending.status, failing.status], ['pending', 'succeeded']);
    await simulator.advance(600);
    assert.equal((await stripe.refunds.retrieve(pending.id)).status, 'succeeded');
    const failed = await stripe.refunds.retrieve(failing.id, { expand: ['charge'] });
    assert.deepEqual([failed.status, failed.failure_reason, failed.charge.refunded],
                     ['failed', 'expired_or_canceled_card', false]);
  });

  test('need something to give back', async () => {
    const intent = await stripe.paymentIntents.create({ amount: 2000, currency: 'eur' });
    await refusal(stripe.refunds.create({ payment_intent: intent.id }), 'StripeInvalidRequestError', { statusCode: 400 });
    await refusal(stripe.refunds.create({ charge: 'ch_nobody' }), 'StripeInvalidRequestError', { code: 'resource_missing', param: 'charge', statusCode: 400 });
  });
});

describe('lists', () => {
  test('are read page by page, to the last object and in both directions', async () => {
    const own = simulator.stripe({ apiKey: newKey() });
    const made = [];
    for (let i = 0; i < 7; ++i) made.unshift((await own.paymentIntents.create({ amount: 1000 + i, currency: 'eur' })).id);
    const events = [];
    for await (const event of own.events.list({ limit: 3, type: 'payment_intent.created' })) events.push(event.data.object.id);
    assert.deepEqual(events, made);
    assert.deepEqual((await own.paymentIntents.list({ limit: 2 }).autoPagingToArray({ limit: 100 })).map(({ id }) => id), made);
    const back = await own.paymentIntents.list({ limit: 3, ending_before: made[5] });
    assert.deepEqual([back.data.map(({ id }) => id), back.has_more], [made.slice(2, 5), true]);
    await refusal(own.paymentIntents.list({ limit: 101 }), 'StripeInvalidRequestError', { param: 'limit' });
    await refusal(own.paymentIntents.list({ starting_after: 'pi_nobody' }), 'StripeInvalidRequestError', { code: 'resource_missing', param: 'starting_after', statusCode: 400 });
  });

  test('of events can be filtered by type and time', async () => {
    const own = simulator.stripe({ apiKey: newKey() });
    await own.paymentIntents.create(card('visa'));
    const types = async (parameters) => (await own.events.list(parameters)).data.map(({ type }) => type);
    assert.deepEqual(await types({ types: ['charge.succeeded', 'payment_intent.created'] }), ['charge.succeeded', 'payment_intent.created']);
    assert.deepEqual(await types({ type: 'payment_intent.*' }), ['payment_intent.succeeded', 'payment_intent.created']);
    const [{ created }] = (await own.events.list()).data;
    assert.deepEqual(await types({ created: { gt: created } }), []);
    assert.deepEqual(await types({ delivery_success: false }), []);
  });
});

describe('idempotency', () => {
  test('repeats the answer to a repeated key, and refuses the key for another request', async () => {
    const key = { idempotencyKey: randomUUID() };
    const first = await stripe.paymentIntents.create(card('visa'), key);
    const second = await stripe.paymentIntents.create(card('visa'), key);
    assert.equal(second.id, first.id);
    assert.equal(second.lastResponse.headers['idempotent-replayed'], 'true');
    assert.equal(second.lastResponse.headers['original-request'], first.lastResponse.requestId);
    await refusal(stripe.paymentIntents.create(card('visa', { amount: 2001 }), key), 'StripeIdempotencyError', { statusCode: 400 });
    await refusal(stripe.refunds.create({ payment_intent: first.id }, key), 'StripeIdempotencyError');
  });

  test('repeats a decline as well', async () => {
    const key = { idempotencyKey: randomUUID() };
    const first = await refusal(stripe.paymentIntents.create(card('chargeDeclined'), key), 'StripeCardError');
    const second = await refusal(stripe.paymentIntents.create(card('chargeDeclined'), key), 'StripeCardError');
    assert.equal(second.payment_intent.id, first.payment_intent.id);
    assert.equal(second.headers['idempotent-replayed'], 'true');
  });

  test('refuses a key whose first request still runs', async () => {
    await simulator.fault({ kind: 'latency', latency_ms: 60_000, match: { path_prefix: '/v1/payment_intents' } });
    const key = { idempotencyKey: randomUUID() };
    const slow = stripe.paymentIntents.create(card('visa'), key);
    await eventually('the first request has arrived', async () =>
      (await simulator.ledger())?.idempotency_keys.some((entry) => entry.key === key.idempotencyKey));
    // The SDK keeps StripeIdempotencyError for status 400.
    const error = await refusal(stripe.paymentIntents.create(card('visa'), key), 'StripeAPIError',
                                { code: 'idempotency_key_in_use', rawType: 'idempotency_error', statusCode: 409 });
    assert.equal(error.headers['stripe-should-retry'], 'true');
    await simulator.clearFaults();  // ends the wait
    assert.equal((await slow).status, 'succeeded');
  });
});

describe('trouble', () => {
  test('has the error class that the SDK has for it', async () => {
    const create = (on = stripe) => on.paymentIntents.create(card('visa'));
    await refusal(create(simulator.stripe({ apiKey: 'sk_test_' })), 'StripeAuthenticationError', { statusCode: 401 });
    await refusal(create(simulator.stripe({ apiKey: 'nonsense' })), 'StripeAuthenticationError', { statusCode: 401 });
    const live = await refusal(create(simulator.stripe({ apiKey: 'sk_live_1234567890' })), 'StripeAuthenticationError', { statusCode: 401 });
    assert.doesNotMatch(live.message, /sk_live_1234567890/);

    await simulator.fault({ kind: 'rate_limit' });
    await refusal(create(), 'StripeRateLimitError', { statusCode: 429, code: 'rate_limit' });
    await simulator.fault({ kind: 'status_before', status: 500 });
    await refusal(create(), 'StripeAPIError', { statusCode: 500 });
    await simulator.fault({ kind: 'status_before', status: 503, body: '<html>Bad gateway</html>' });
    await refusal(create(), 'StripeAPIError');
    await simulator.fault({ kind: 'truncate' });
    await refusal(create(), 'StripeConnectionError');
    await simulator.fault({ kind: 'reset_before', times: 2 });  // a closed connection is tried again once in any case
    await refusal(create(), 'StripeConnectionError');
  });

  const faults = {
    'a 500 before the effect': { kind: 'status_before', status: 500, remembered: false },
    'a 502 after the effect': { kind: 'status_after', status: 502 },
    'a reset after the effect': { kind: 'reset_after' },
    'a conflict': { kind: 'status_before', status: 409, headers: { 'Stripe-Should-Retry': 'true' } },
    'a limit that says to try again': { kind: 'rate_limit', headers: { 'Stripe-Should-Retry': 'true' } },
  };
  for (const [what, fault] of Object.entries(faults)) {
    test(`of the kind "${what}" is overcome by the SDK's retry without charging twice`, async () => {
      const own = simulator.freshAccount({ maxNetworkRetries: 2 });
      await simulator.fault({ ...fault, match: { method: 'POST' } });
      const intent = await own.stripe.paymentIntents.create(card('visa'));
      assert.equal(intent.status, 'succeeded');
      const { totals, charges } = await own.ledger();
      assert.deepEqual([totals.eur.captured, charges.length], [2000, 1]);
    });
  }

  test('of an answer that breaks off is the caller\'s to repeat, with the same key', async () => {
    const own = simulator.freshAccount();
    const key = { idempotencyKey: randomUUID() };
    await simulator.fault({ kind: 'truncate', match: { method: 'POST' } });
    await refusal(own.stripe.paymentIntents.create(card('visa'), key), 'StripeConnectionError');
    assert.equal((await own.stripe.paymentIntents.create(card('visa'), key)).status, 'succeeded');
    const { totals, charges } = await own.ledger();
    assert.deepEqual([totals.eur.captured, charges.length], [2000, 1]);
  });

  test('that says not to be retried is not', async () => {
    const own = simulator.freshAccount({ maxNetworkRetries: 2 });
    await simulator.fault({ kind: 'status_before', status: 500, headers: { 'Stripe-Should-Retry': 'false' } });
    await refusal(own.stripe.paymentIntents.create(card('visa')), 'StripeAPIError', { statusCode: 500 });
  });
});
