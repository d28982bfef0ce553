// What the scenarios have in common: goods, customers, the way to a payment page.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { eventually } from './eventually.mjs';
import { payOnPage } from './server.mjs';

export const shop = 'demo_store';
export const goodCard = '4242424242424242';
export const declinedCard = '4000000000000002';

/** An address in a country that the demo shop sends to. */
export const address = {
  name: 'Ada Lovelace', line1: '1 Market Street', city: 'San Francisco', state: 'CA', postalCode: '94105', country: 'US',
};

export const newId = (kind) => `${kind}-${randomUUID()}`;

/** The first product of that kind with limited stock, if there is one, so that stock can be seen to move. */
export async function productOf(agent, kind) {
  const { products } = await agent.call('catalog_search', { tenant_id: shop, limit: 250 });
  const fitting = products.filter((product) => product.kind === kind);
  assert.ok(fitting.length > 0, `the demo shop sells something ${kind}`);
  for (const product of fitting) {
    const { stock } = await agent.call('catalog_get_product', { tenant_id: shop, productId: product.productId });
    if (stock.state === 'in_stock') return product;
  }
  return fitting[0];
}

export async function freeStock(agent, productId) {
  const { stock } = await agent.call('catalog_get_product', { tenant_id: shop, productId });
  return stock.available;  // undefined: it never sells out
}

/** A customer with a filled cart: arguments for checkout_start, without an address. */
export async function customerWith(agent, productId, quantity = 1) {
  const customer = { tenant_id: shop, userId: newId('user'), cartId: newId('cart'), email: `${newId('ada')}@example.com` };
  await agent.call('cart_add_item', { tenant_id: shop, cartId: customer.cartId, productId, quantity });
  return customer;
}

/** Starts a checkout, chooses the cheapest shipping if it needs any, and opens the payment page. */
export async function openPaymentPage(agent, customer) {
  const { sagaId, items } = await agent.call('checkout_start', customer);
  if (items.some(({ kind }) => kind === 'physical')) {
    const { options } = await agent.call('checkout_shipping_options', { tenant_id: customer.tenant_id, sagaId });
    const { carrierId, serviceId } = options[0];
    await agent.call('checkout_select_shipping', { tenant_id: customer.tenant_id, sagaId, carrierId, serviceId });
  }
  return agent.call('checkout_create_payment_session', { tenant_id: customer.tenant_id, sagaId });
}

export async function pay(agent, session, card = goodCard) {
  const response = await payOnPage(agent.sandbox, session.sessionId, card);
  return { ok: response.ok, status: response.status, body: await response.json() };
}

export const statusOf = (agent, sagaId, tenant = shop) => agent.call('checkout_status', { tenant_id: tenant, sagaId });

/** checkout_status, asked until the saga stands as wanted. */
export const untilStatus = (agent, sagaId, wanted, tenant = shop) =>
  eventually(`${sagaId} is ${wanted}`, async () => {
    const saga = await statusOf(agent, sagaId, tenant);
    return saga.status === wanted && saga;
  });

/** The one e-mail to that address. */
export const mailTo = (agent, email) => eventually(`an e-mail to ${email}`, () => {
  const found = agent.home.mails().filter((mail) => mail.includes(email));
  assert.ok(found.length <= 1, `${found.length} e-mails to ${email}`);
  return found[0];
});
