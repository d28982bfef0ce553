// The scenarios every client must get through, over every transport.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { eventually } from './eventually.mjs';
import { failOnce, root } from './server.mjs';
import {
  address, customerWith, declinedCard, freeStock, mailTo, newId, openPaymentPage, pay, productOf, shop, statusOf, untilStatus,
} from './shopping.mjs';

const allSteps = [
  'validate_cart', 'reserve_inventory', 'create_order', 'process_payment', 'confirm_order', 'send_confirmation', 'clear_cart',
];

/** `connect` yields an Agent; `confirmedBy` says in which ways a payment on the page may become known there. */
export function playScenarios(label, connect, library, confirmedBy) {
  describe(label, () => {
    let agent, physical, digital;

    before(async () => {
      agent = await connect(library);
      physical = await productOf(agent, 'physical');
      digital = await productOf(agent, 'digital');
    });
    after(() => agent?.close());

    test(`the revision is ${library.revision}`, () => assert.equal(agent.revision, library.revision));

    test('every tool with a schema is listed, and no other', () => {
      const schemas = readdirSync(join(root, 'schemas/tools')).map((file) => file.replace('.json', ''));
      assert.deepEqual(agent.tools.map(({ name }) => name).sort(), schemas.sort());
      for (const tool of agent.tools) assert.ok(tool.title && tool.description && tool.annotations, tool.name);
    });

    test('the shop tells about itself', async () => {
      const { tenants } = await agent.call('federation_list_tenants');
      assert.ok(tenants.some(({ id, currency }) => id === shop && currency === 'usd'));
      assert.equal((await agent.call('federation_tenant_info', { tenant_id: shop })).testMode, true);
      assert.match((await agent.call('federation_help')).markdown, /checkout_start/);
      const { catalog_version: version } = await agent.call('catalog_search', { tenant_id: shop });
      assert.equal((await agent.call('federation_catalog_version', { tenant_id: shop })).catalog_version, version);
    });

    test('a catalogue is read page by page', async () => {
      const everything = (await agent.call('catalog_search', { tenant_id: shop, limit: 250 })).products;
      const paged = [];
      let cursor;
      do {
        const page = await agent.call('catalog_search', { tenant_id: shop, limit: 3, ...(cursor && { cursor }) });
        assert.ok(page.products.length <= 3);
        paged.push(...page.products);
        cursor = page.nextCursor;
      } while (cursor);
      assert.deepEqual(paged, everything);
    });

    test('a cart is filled, changed and emptied', async () => {
      const cart = { tenant_id: shop, cartId: newId('cart') };
      const line = (view) => view.items.map(({ productId, quantity }) => [productId, quantity]);
      await agent.call('cart_add_item', { ...cart, productId: physical.productId });
      const twice = await agent.call('cart_add_item', { ...cart, productId: physical.productId, quantity: 2 });
      assert.deepEqual(line(twice), [[physical.productId, 3]]);
      assert.equal(twice.subtotal.amount, 3 * physical.price.amount);
      await agent.call('cart_add_item', { ...cart, productId: digital.productId });
      await agent.call('cart_update_quantity', { ...cart, productId: physical.productId, quantity: 1 });
      assert.deepEqual(line(await agent.call('cart_view', cart)), [[physical.productId, 1], [digital.productId, 1]]);
      assert.deepEqual(line(await agent.call('cart_remove_item', { ...cart, productId: physical.productId })),
                       [[digital.productId, 1]]);
      assert.equal((await agent.call('cart_clear', cart)).itemCount, 0);
    });

    test('physical goods: from the search to the paid order, by way of a declined card', async () => {
      const stock = await freeStock(agent, physical.productId);
      const customer = await customerWith(agent, physical.productId, 2);

      const needsAddress = await agent.result('checkout_start', customer);
      const told = needsAddress.structuredContent;
      assert.equal((told.error?.nextAction ?? told.nextAction).type, 'collect_shipping_address');

      const started = await agent.call('checkout_start', { ...customer, shippingAddress: address });
      const saga = { tenant_id: shop, sagaId: started.sagaId };
      assert.equal(started.status, 'pending');
      assert.deepEqual(started.completedSteps, ['validate_cart']);
      assert.equal(started.nextAction.type, 'choose_shipping');
      assert.equal(started.totals.subtotal.amount, 2 * physical.price.amount);

      const { options } = await agent.call('checkout_shipping_options', saga);
      const prices = options.map(({ price }) => price.amount);
      assert.deepEqual(prices, prices.toSorted((a, b) => a - b));
      const { carrierId, serviceId, price } = options.at(-1);
      const selected = await agent.call('checkout_select_shipping', { ...saga, carrierId, serviceId });
      assert.equal(selected.totals.shipping.amount, price.amount);
      const { subtotal, shipping, tax, discount, total } = selected.totals;
      assert.equal(total.amount, subtotal.amount + shipping.amount + tax.amount - discount.amount);
      assert.equal(await freeStock(agent, physical.productId), stock);

      const session = await agent.call('checkout_create_payment_session', saga);
      assert.equal(session.status, 'payment_pending');
      assert.deepEqual(session.amount, total);
      assert.equal(session.nextAction.type, 'present_payment_url');
      assert.equal(session.nextAction.url, session.url);
      assert.ok(new Date(session.expiresAt) > new Date());
      assert.equal(await freeStock(agent, physical.productId), stock - 2);

      const declined = await pay(agent, session, declinedCard);
      assert.equal(declined.ok, false);
      const still = await statusOf(agent, saga.sagaId);
      assert.equal(still.status, 'payment_pending');
      assert.equal(still.payment.url, session.url);
      const reason = await eventually('the reason of the decline', async () =>
        (await statusOf(agent, saga.sagaId)).payment.lastError);
      assert.equal(reason.code, 'PAYMENT_DECLINED', 'the agent can tell the customer why');

      assert.equal((await pay(agent, session)).ok, true);
      const done = await untilStatus(agent, saga.sagaId, 'completed');
      assert.deepEqual(done.completedSteps, allSteps);
      assert.equal(done.payment.state, 'paid');
      assert.ok([confirmedBy].flat().includes(done.payment.confirmedBy), done.payment.confirmedBy);
      assert.equal(done.nextAction.type, 'none');
      assert.equal(done.error, undefined);

      const order = await agent.call('orders_get', { tenant_id: shop, orderId: done.order.orderId });
      assert.equal(order.status, 'confirmed');
      assert.equal(order.payment.paid, true);
      assert.match(order.payment.paymentIntentId, /^pi_/);
      assert.deepEqual(order.totals, selected.totals);
      assert.deepEqual(order.shippingAddress, address);
      assert.deepEqual(order.items.map(({ productId, quantity }) => [productId, quantity]), [[physical.productId, 2]]);
      const { orders } = await agent.call('orders_list', { tenant_id: shop, userId: customer.userId });
      assert.deepEqual(orders, [order]);

      assert.equal((await agent.call('cart_view', { tenant_id: shop, cartId: customer.cartId })).itemCount, 0);
      assert.equal(await freeStock(agent, physical.productId), stock - 2);
      assert.match(await mailTo(agent, customer.email), new RegExp(order.orderId));
    });

    test('digital goods need neither an address nor shipping', async () => {
      const customer = await customerWith(agent, digital.productId);
      const session = await openPaymentPage(agent, customer);
      assert.equal(session.totals.shipping.amount, 0);
      const { options } = await agent.call('checkout_shipping_options', { tenant_id: shop, sagaId: session.sagaId });
      assert.deepEqual(options, []);
      await pay(agent, session);
      const done = await untilStatus(agent, session.sagaId, 'completed');
      assert.equal(done.shipping, undefined);
      await mailTo(agent, customer.email);
    });

    for (const paymentMethodId of ['pm_card_visa', 'pm_test_visa']) {
      test(`${paymentMethodId} pays without a page`, async () => {
        const customer = await customerWith(agent, digital.productId);
        const started = await agent.call('checkout_start', { ...customer, paymentMethodId });
        const done = await untilStatus(agent, started.sagaId, 'completed');
        assert.match(done.payment.paymentIntentId, /^pi_/);
        assert.equal(done.payment.state, 'paid');
        const order = await agent.call('orders_get', { tenant_id: shop, orderId: done.order.orderId });
        assert.deepEqual(order.payment, { paid: true, paymentIntentId: done.payment.paymentIntentId });
        await mailTo(agent, customer.email);
      });
    }

    test('a declined payment method is told, and another one pays the same intent', async () => {
      const customer = await customerWith(agent, digital.productId);
      const started = await agent.result('checkout_start', { ...customer, paymentMethodId: 'pm_card_chargeDeclined' });
      assert.equal(started.structuredContent.error.code, 'PAYMENT_DECLINED');

      const { sagas: [saga] } = await agent.call('checkout_list', { tenant_id: shop, userId: customer.userId });
      assert.equal(saga.status, 'payment_pending');
      assert.equal(saga.payment.state, 'declined');

      const intent = saga.payment.paymentIntentId;
      await agent.fail('postPaymentIntentsIntentConfirm',
                       { tenant_id: shop, intent, payment_method: 'pm_card_chargeDeclined' }, 'PAYMENT_DECLINED');
      const confirmed = await agent.call('postPaymentIntentsIntentConfirm',
                                         { tenant_id: shop, intent, payment_method: 'pm_card_visa' });
      assert.equal(confirmed.status, 'succeeded');
      assert.equal(confirmed.client_secret, undefined);
      const done = await untilStatus(agent, saga.sagaId, 'completed');
      assert.equal(done.error, undefined);
      assert.equal(done.payment.paymentIntentId, intent);
    });

    test('a cancelled checkout gives its stock back and can no longer be paid', async () => {
      const stock = await freeStock(agent, physical.productId);
      const customer = await customerWith(agent, physical.productId);
      const session = await openPaymentPage(agent, { ...customer, shippingAddress: address });
      assert.equal(await freeStock(agent, physical.productId), stock - 1);

      const cancel = { tenant_id: shop, sagaId: session.sagaId, reason: 'changed my mind' };
      await agent.call('checkout_cancel', cancel);
      const undone = await untilStatus(agent, session.sagaId, 'compensated');
      assert.equal(undone.compensation.reason, 'changed my mind');
      assert.equal(await freeStock(agent, physical.productId), stock);
      assert.equal((await pay(agent, session)).ok, false);
      assert.equal((await agent.call('checkout_cancel', cancel)).status, 'compensated');
      const { orders: [order] } = await agent.call('orders_list', { tenant_id: shop, userId: customer.userId });
      assert.equal(order.status, 'cancelled');
      assert.equal((await agent.call('cart_view', { tenant_id: shop, cartId: customer.cartId })).itemCount, 1);
    });

    test('a completed checkout is neither cancelled nor retried nor paid again', async () => {
      const customer = await customerWith(agent, digital.productId);
      const { sagaId } = await agent.call('checkout_start', { ...customer, paymentMethodId: 'pm_card_visa' });
      const before = await untilStatus(agent, sagaId, 'completed');
      await agent.fail('checkout_cancel', { tenant_id: shop, sagaId }, 'INVALID_STATE');
      await agent.fail('checkout_retry', { tenant_id: shop, sagaId }, 'INVALID_STATE');
      // A repeated call whose first answer got lost is no mistake: it shows what has become of the payment.
      assert.equal((await agent.call('checkout_create_payment_session', { tenant_id: shop, sagaId })).status, 'completed');
      assert.deepEqual(await statusOf(agent, sagaId), before);
    });

    test('a checkout that Stripe refused is undone, and a retry leads it to the end', async () => {
      const stock = await freeStock(agent, physical.productId);
      const customer = await customerWith(agent, physical.productId);
      const { sagaId } = await agent.call('checkout_start', { ...customer, shippingAddress: address });
      const saga = { tenant_id: shop, sagaId };
      await failOnce(agent.sandbox, 401, { method: 'POST', path_prefix: '/v1/checkout/sessions' });
      const error = await agent.fail('checkout_create_payment_session', saga, 'PAYMENT_SERVICE_ERROR');
      assert.equal(error.retryable, false, 'an agent can do nothing about a wrong key');
      const undone = await untilStatus(agent, sagaId, 'compensated');
      assert.equal(undone.nextAction.type, 'none');
      assert.equal(await freeStock(agent, physical.productId), stock);

      // The merchant has put another key in.
      const retried = await agent.call('checkout_retry', saga);
      assert.equal(retried.status, 'pending');
      assert.equal(retried.error, undefined);
      assert.equal((await agent.call('checkout_retry', saga)).status, 'pending');
      await pay(agent, await agent.call('checkout_create_payment_session', saga));
      const done = await untilStatus(agent, sagaId, 'completed');
      assert.deepEqual(done.completedSteps, allSteps);
      assert.equal(await freeStock(agent, physical.productId), stock - 1);
      await mailTo(agent, customer.email);
    });

    test('repeated calls are harmless', async () => {
      const customer = await customerWith(agent, digital.productId);
      const keyed = { ...customer, idempotencyKey: newId('key') };
      const first = await agent.call('checkout_start', keyed);
      assert.equal((await agent.call('checkout_start', keyed)).sagaId, first.sagaId);
      assert.equal((await agent.call('checkout_start', customer)).sagaId, first.sagaId);
      await agent.fail('checkout_start', { ...keyed, email: 'somebody@example.com' }, 'IDEMPOTENCY_CONFLICT');

      const saga = { tenant_id: shop, sagaId: first.sagaId };
      const session = await agent.call('checkout_create_payment_session', saga);
      const again = await agent.call('checkout_create_payment_session', saga);
      assert.deepEqual([again.sessionId, again.url], [session.sessionId, session.url]);
      await pay(agent, session);
      await untilStatus(agent, first.sagaId, 'completed');
      assert.equal((await agent.call('checkout_start', keyed)).status, 'completed');
      await mailTo(agent, customer.email);
    });

    test('the checkouts of a customer are listed, newest first', async () => {
      const userId = newId('user');
      const started = [];
      for (let i = 0; i < 3; ++i) {
        const customer = await customerWith(agent, digital.productId);
        started.unshift((await agent.call('checkout_start', { ...customer, userId })).sagaId);
      }
      const list = { tenant_id: shop, userId };
      const ids = ({ sagas }) => sagas.map(({ sagaId }) => sagaId);
      assert.deepEqual(ids(await agent.call('checkout_list', list)), started);
      const page = await agent.call('checkout_list', { ...list, limit: 2 });
      const rest = await agent.call('checkout_list', { ...list, limit: 2, cursor: page.nextCursor });
      assert.deepEqual([...ids(page), ...ids(rest)], started);
      assert.equal(rest.nextCursor, undefined);
      await agent.call('checkout_cancel', { tenant_id: shop, sagaId: started[0] });
      assert.deepEqual(ids(await agent.call('checkout_list', { ...list, status: 'pending' })), started.slice(1));
    });
  });
}
