// Exact amounts in currencies with two, no and three decimals, from the total to the charge at the simulator.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { connectHttp, libraries } from './support/clients.mjs';
import { mailTo, newId, pay, untilStatus } from './support/shopping.mjs';

const config = join(import.meta.dirname, 'fixtures/currencies.json');

const purchases = [
  // 2.9 kg is three started kilograms: 4.90 + 2 × 1.50. 19 % of 49.10 + 7.90.
  {
    what: 'euros to Germany', tenant: 'euro_shop', cart: { mug: 2, pan: 1 }, country: 'DE', options: ['dhl/parcel'],
    totals: { subtotal: 4910, shipping: 790, tax: 1083, discount: 0, total: 6783 }, display: '€67.83',
  },
  // 0.7 kg fits into the small parcel, which is the cheapest.
  {
    what: 'euros to Germany, a light parcel', tenant: 'euro_shop', cart: { mug: 1 }, country: 'DE',
    options: ['dhl/small', 'dhl/parcel'],
    totals: { subtotal: 1205, shipping: 390, tax: 303, discount: 0, total: 1898 }, display: '€18.98',
  },
  // From 100.00 the parcel to Austria is free. 20 % of 108.45.
  {
    what: 'euros to Austria, shipped for free', tenant: 'euro_shop', cart: { mug: 9 }, country: 'AT', options: ['post/parcel'],
    totals: { subtotal: 10845, shipping: 0, tax: 2169, discount: 0, total: 13014 }, display: '€130.14',
  },
  // 1.7 kg: 600 + 200. 10 % of 7,100 + 800.
  {
    what: 'yen', tenant: 'yen_shop', cart: { tea: 3, bowl: 1 }, country: 'JP', options: ['yamato/standard'],
    totals: { subtotal: 7100, shipping: 800, tax: 790, discount: 0, total: 8690 }, display: '¥8,690',
  },
  // Exactly 5 kg: 1.500 + 4 × 0.250.
  {
    what: 'dinars', tenant: 'dinar_shop', cart: { dates: 2 }, country: 'KW', options: ['aramex/road'],
    totals: { subtotal: 6900, shipping: 2500, tax: 0, discount: 0, total: 9400 }, display: '9.400 KWD',
  },
];

describe('currencies', () => {
  let agent;
  before(async () => { agent = await connectHttp(libraries.modern, { config }); });
  after(() => agent?.close());

  test('the shops of the file are listed in its order', async () => {
    const { tenants } = await agent.call('federation_list_tenants');
    assert.deepEqual(tenants.map(({ id, currency }) => [id, currency]),
                     [['euro_shop', 'eur'], ['yen_shop', 'jpy'], ['dinar_shop', 'kwd']]);
  });

  for (const { what, tenant, cart, country, options, totals, display } of purchases) {
    test(what, async () => {
      const ids = { tenant_id: tenant, cartId: newId('cart') };
      for (const [productId, quantity] of Object.entries(cart)) {
        await agent.call('cart_add_item', { ...ids, productId, quantity });
      }
      const customer = { ...ids, userId: newId('user'), email: `${newId('eve')}@example.com` };
      const { sagaId } = await agent.call('checkout_start', {
        ...customer, shippingAddress: { name: 'Eve', line1: 'Street 1', city: 'Town', state: 'State', postalCode: '1000', country },
      });
      const saga = { tenant_id: tenant, sagaId };
      const offered = (await agent.call('checkout_shipping_options', saga)).options;
      assert.deepEqual(offered.map(({ carrierId, serviceId }) => `${carrierId}/${serviceId}`), options);
      const { carrierId, serviceId } = offered[0];
      const selected = await agent.call('checkout_select_shipping', { ...saga, carrierId, serviceId });
      assert.deepEqual(Object.fromEntries(Object.entries(selected.totals).map(([name, money]) => [name, money.amount])), totals);
      assert.equal(selected.totals.total.display, display);

      const session = await agent.call('checkout_create_payment_session', saga);
      assert.deepEqual(session.amount, selected.totals.total);
      assert.equal((await pay(agent, session)).ok, true);
      const done = await untilStatus(agent, sagaId, 'completed', tenant);
      const order = await agent.call('orders_get', { tenant_id: tenant, orderId: done.order.orderId });
      assert.deepEqual(order.totals, selected.totals);
      assert.ok((await mailTo(agent, customer.email)).includes(order.orderId));
    });
  }

  test('what the simulator has captured is what was sold', async () => {
    const { accounts } = await (await fetch(`${agent.sandbox}/_sandbox/ledger`)).json();
    const captured = Object.assign({}, ...accounts.map(({ totals }) => totals));
    const sold = (tenant) => purchases.filter((one) => one.tenant === tenant).reduce((sum, one) => sum + one.totals.total, 0);
    for (const [currency, tenant] of [['eur', 'euro_shop'], ['jpy', 'yen_shop'], ['kwd', 'dinar_shop']]) {
      assert.deepEqual(captured[currency], { captured: sold(tenant), refunded: 0, disputed: 0 });
    }
  });

  test('a shop does not know the checkouts of another', async () => {
    const ids = { tenant_id: 'dinar_shop', cartId: newId('cart') };
    await agent.call('cart_add_item', { ...ids, productId: 'dates' });
    const { sagaId } = await agent.call('checkout_start', {
      ...ids, userId: 'u', shippingAddress: { name: 'Eve', line1: 'Street 1', city: 'Kuwait', country: 'KW' },
    });
    const foreign = await agent.fail('checkout_status', { tenant_id: 'yen_shop', sagaId }, 'CHECKOUT_NOT_FOUND');
    const unknown = await agent.fail('checkout_status', { tenant_id: 'yen_shop', sagaId: sagaId.replace(/.$/, 'z') },
                                     'CHECKOUT_NOT_FOUND');
    assert.deepEqual({ ...foreign, message: foreign.message.replaceAll(sagaId, '…') },
                     { ...unknown, message: unknown.message.replaceAll(sagaId.replace(/.$/, 'z'), '…') });
  });
});
