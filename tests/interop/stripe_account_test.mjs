// What a merchant sets up in Stripe's dashboard, through Stripe's SDK: the account, Stripe Tax, restricted keys, connected
// accounts, and endpoints that hear of one or the other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { newKey, refusal, startListener, startSimulator } from './support/simulator.mjs';

const purchase = {
  mode: 'payment', success_url: 'https://shop.example/ok',
  line_items: [{ price_data: { currency: 'eur', unit_amount: 2000, product_data: { name: 'Mug' } }, quantity: 1 }],
};
const card = { amount: 2000, currency: 'eur', payment_method: 'pm_card_visa', confirm: true, return_url: 'https://shop.example/back' };

let simulator;
before(async () => { simulator = await startSimulator(); });
after(() => simulator?.stop());

/** An account of its own, and its control routes. */
function newAccount() {
  const apiKey = newKey();
  return {
    apiKey, stripe: simulator.stripe({ apiKey }),
    async control(path, body, account) {
      const response = await fetch(`${simulator.url}/_sandbox/${path}`, {
        method: 'POST', body: JSON.stringify(body), headers: { Authorization: `Bearer ${apiKey}`, ...(account ? { 'Stripe-Account': account } : {}) },
      });
      return response.json();
    },
  };
}

describe('the account', () => {
  test('is one that may take payments, until its settings say otherwise', async () => {
    const { stripe, control } = newAccount();
    const account = await stripe.accounts.retrieveCurrent();
    assert.deepEqual([account.charges_enabled, account.country, account.default_currency, account.capabilities.card_payments], [true, 'US', 'usd', 'active']);
    await control('settings', { account: { country: 'DE', default_currency: 'eur', capabilities: { card_payments: 'inactive' } } });
    const changed = await stripe.accounts.retrieveCurrent();
    assert.deepEqual([changed.id, changed.country, changed.capabilities.card_payments, changed.capabilities.transfers], [account.id, 'DE', 'inactive', 'active']);
    assert.equal((await newAccount().stripe.accounts.retrieveCurrent()).country, 'US', 'of this account only');
  });

  test('has settings only where they are known and somebody says whose', async () => {
    const { control } = newAccount();
    assert.match((await control('settings', { colour: 'red' })).error.message, /no setting 'colour'/);
    assert.match((await control('settings', { account: 'DE' })).error.message, /'account' has another type/);
    const anonymous = await fetch(`${simulator.url}/_sandbox/settings`, { method: 'POST', body: JSON.stringify({ connected: false }) });
    assert.match((await anonymous.json()).error.message, /whose settings/);
  });
});

describe('Stripe Tax', () => {
  test('is pending until the origin address is entered, and sessions with automatic tax are refused', async () => {
    const { stripe, control } = newAccount();
    assert.equal((await stripe.tax.settings.retrieve()).status, 'active');
    await control('settings', { tax_head_office: null });
    const { status, status_details: details } = await stripe.tax.settings.retrieve();
    assert.deepEqual([status, details.pending.missing_fields], ['pending', ['head_office']]);
    await refusal(stripe.checkout.sessions.create({ ...purchase, automatic_tax: { enabled: true } }), 'StripeInvalidRequestError',
                  { code: 'stripe_tax_inactive', param: 'automatic_tax[enabled]' });
    assert.equal((await stripe.checkout.sessions.create(purchase)).status, 'open');
    const head_office = { address: { line1: 'Street 1', city: 'Berlin', postal_code: '10115', country: 'DE' } };
    assert.equal((await stripe.tax.settings.update({ head_office })).status, 'active');
    assert.equal((await stripe.checkout.sessions.create({ ...purchase, automatic_tax: { enabled: true } })).automatic_tax.enabled, true);
  });

  test('lists where tax is collected', async () => {
    const { stripe, control } = newAccount();
    await control('settings', { tax_registrations: ['FR', 'DE'] });
    assert.deepEqual((await stripe.tax.registrations.list({ status: 'active' })).data.map(({ country }) => country), ['FR', 'DE']);
    assert.deepEqual((await stripe.tax.registrations.list({ status: 'expired' })).data, []);
  });
});

describe('a restricted key', () => {
  test('may do what it was given, on the account that it was made for', async () => {
    const { stripe, control } = newAccount();
    const { key: apiKey } = await control('restricted_keys', { permissions: ['payment_intent_write', 'charge_read'] });
    const restricted = simulator.stripe({ apiKey });
    const intent = await restricted.paymentIntents.create(card);
    assert.equal((await restricted.paymentIntents.retrieve(intent.id)).status, 'succeeded', 'who may write may read');
    assert.equal((await stripe.paymentIntents.retrieve(intent.id)).id, intent.id);
    assert.equal((await restricted.refunds.list()).data.length, 0);
    const error = await refusal(restricted.refunds.create({ payment_intent: intent.id }), 'StripePermissionError', { statusCode: 403 });
    assert.match(error.message, /^The provided key 'rk_test_\*+' does not have the required permissions .*Having the 'rak_charge_write' permission would/);
  });

  test('is refused before its parameters are looked at', async () => {
    const { control } = newAccount();
    const { key: apiKey } = await control('restricted_keys', { permissions: [] });
    await refusal(simulator.stripe({ apiKey }).checkout.sessions.create({ mode: 'payment' }), 'StripePermissionError');
    assert.match((await control('restricted_keys', { permissions: ['teapot_read'] })).error.message, /no permission 'teapot_read'/);
  });

  test('has permissions of its own for connected accounts', async () => {
    const { control } = newAccount();
    const { key: apiKey } = await control('restricted_keys', { permissions: ['balance_read'], connect_permissions: ['event_read'] });
    const stripe = simulator.stripe({ apiKey }), inItsName = { stripeAccount: 'acct_shop' };
    await stripe.balance.retrieve();
    await stripe.events.list({}, inItsName);
    await refusal(stripe.balance.retrieve({}, inItsName), 'StripePermissionError');
    await refusal(stripe.events.list(), 'StripePermissionError');
  });
});

describe('a connected account', () => {
  test('is out of reach once its connection is revoked', async () => {
    const { stripe, control } = newAccount();
    assert.equal((await stripe.accounts.retrieveCurrent({}, { stripeAccount: 'acct_shop' })).id, 'acct_shop');
    await control('settings', { connected: false }, 'acct_shop');
    await refusal(stripe.accounts.retrieveCurrent({}, { stripeAccount: 'acct_shop' }), 'StripePermissionError', { code: 'account_invalid' });
    await stripe.accounts.retrieveCurrent();
  });

  test('is heard of by endpoints for Connect, and the platform by the others', async () => {
    const { stripe } = newAccount();
    const [own, connect] = [await startListener(), await startListener()];
    try {
      const events = { enabled_events: ['payment_intent.succeeded'] };
      const plain = await stripe.webhookEndpoints.create({ url: own.url, ...events });
      const other = await stripe.webhookEndpoints.create({ url: connect.url, connect: true, api_version: '2024-06-20', ...events });
      assert.deepEqual([plain.application, plain.api_version, other.api_version], [null, null, '2024-06-20']);
      assert.match(other.application, /^ca_/);
      const theirs = await stripe.paymentIntents.create(card, { stripeAccount: 'acct_shop' });
      const ours = await stripe.paymentIntents.create(card);
      const heard = (listener) => listener.received.map(({ body }) => JSON.parse(body)).map(({ account, data }) => [account, data.object.id]);
      await Promise.all([own.until('payment_intent.succeeded'), connect.until('payment_intent.succeeded')]);
      assert.deepEqual(heard(own), [[undefined, ours.id]]);
      assert.deepEqual(heard(connect), [['acct_shop', theirs.id]]);
    } finally {
      await own.close();
      await connect.close();
    }
  });
});
