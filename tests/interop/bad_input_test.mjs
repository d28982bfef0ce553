// Whatever is wrong with a call, the answer says what, and nothing has changed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';

import { connectHttp, libraries } from './support/clients.mjs';
import { binary, newHome, Said } from './support/server.mjs';
import {
  address, customerWith, newId, openPaymentPage, productOf, shop, untilStatus,
} from './support/shopping.mjs';

const nobody = { tenant_id: 'no_such_shop' };
const unknownSaga = { tenant_id: shop, sagaId: `saga_${'0'.repeat(32)}` };

describe('bad input', () => {
  let agent, physical, digital, customer, page;

  before(async () => {
    agent = await connectHttp(libraries.modern);
    physical = (await productOf(agent, 'physical')).productId;
    digital = (await productOf(agent, 'digital')).productId;
    customer = await customerWith(agent, physical, 2);
    page = await openPaymentPage(agent, { ...await customerWith(agent, digital), userId: customer.userId });
  });
  after(() => agent?.close());

  /** All that a wrong call could have changed. */
  const everything = () => Promise.all([
    agent.call('cart_view', { tenant_id: shop, cartId: customer.cartId }),
    agent.call('catalog_get_product', { tenant_id: shop, productId: physical }),
    agent.call('catalog_get_product', { tenant_id: shop, productId: digital }),
    agent.call('checkout_list', { tenant_id: shop, userId: customer.userId }),
    agent.call('orders_list', { tenant_id: shop, userId: customer.userId }),
  ]);

  async function refused(code, tool, args) {
    const earlier = await everything();
    const error = await agent.fail(tool, args, code);
    assert.deepEqual(await everything(), earlier, `${tool} changed something`);
    assert.equal(error.retryable, false);
    return error;
  }

  async function violation(tool, args, pointer, expected) {
    const error = await refused('VALIDATION_FAILED', tool, args);
    const found = error.details.violations.find((one) => one.pointer === pointer);
    assert.ok(found, `${pointer} is in ${JSON.stringify(error.details)}`);
    assert.match(found.expected, expected);
    assert.ok(error.message.includes(pointer.slice(1).replaceAll('/', '.')), 'the message names the argument');
  }

  const line = () => ({ tenant_id: shop, cartId: customer.cartId, productId: physical });

  test('an unknown tool is a protocol error', async () => {
    const earlier = await everything();
    await assert.rejects(agent.client.callTool({ name: 'cart_destroy', arguments: {} }),
                         (error) => error.code === -32602 && /cart_destroy/.test(error.message));
    assert.deepEqual(await everything(), earlier);
  });

  describe('arguments that break the schema', () => {
    test('a wrong type', () => violation('cart_add_item', { ...line(), quantity: 'two' }, '/quantity', /integer/));
    test('a fraction', () => violation('cart_add_item', { ...line(), quantity: 1.5 }, '/quantity', /integer/));
    test('null', () => violation('cart_add_item', { ...line(), productId: null }, '/productId', /string|text/));
    test('a missing one', () => violation('cart_add_item', { tenant_id: shop, cartId: customer.cartId }, '/productId', /./));
    test('an extra one', () => violation('cart_add_item', { ...line(), price: 1 }, '/price', /./));
    test('an empty one', () => violation('cart_view', { tenant_id: shop, cartId: '' }, '/cartId', /./));
    test('a nested one', () => violation('checkout_start', {
      ...customer, shippingAddress: { ...address, country: 'Germany' },
    }, '/shippingAddress/country', /./));
    for (const quantity of [0, 100, -1, 1e9]) {
      test(`quantity ${quantity} when adding`, () =>
        violation('cart_add_item', { ...line(), quantity }, '/quantity', /1.*99/));
      test(`quantity ${quantity} when updating`, () =>
        violation('cart_update_quantity', { ...line(), quantity }, '/quantity', /1.*99/));
    }
    test('all of them are told at once', async () => {
      const { details } = await refused('VALIDATION_FAILED', 'cart_update_quantity', { tenant_id: 1, quantity: 'x', extra: true });
      const pointers = details.violations.map(({ pointer }) => pointer);
      assert.deepEqual(pointers.toSorted(), ['/cartId', '/extra', '/productId', '/quantity', '/tenant_id']);
    });
  });

  test('more than 99 of a product do not get into a cart in two goes either', async () => {
    const cart = await customerWith(agent, digital, 98);
    const add = { tenant_id: shop, cartId: cart.cartId, productId: digital, quantity: 2 };
    await refused('VALIDATION_FAILED', 'cart_add_item', add);
    assert.equal((await agent.call('cart_view', { tenant_id: shop, cartId: cart.cartId })).itemCount, 98);
  });

  describe('unknown ids', () => {
    const saga = { ...nobody, sagaId: unknownSaga.sagaId };
    for (const [tool, args] of [
      ['federation_tenant_info', {}], ['federation_catalog_version', {}], ['catalog_search', {}],
      ['catalog_get_product', { productId: 'p' }], ['cart_add_item', { cartId: 'c', productId: 'p' }],
      ['cart_update_quantity', { cartId: 'c', productId: 'p', quantity: 1 }],
      ['cart_remove_item', { cartId: 'c', productId: 'p' }], ['cart_view', { cartId: 'c' }], ['cart_clear', { cartId: 'c' }],
      ['checkout_start', { userId: 'u', cartId: 'c' }], ['checkout_status', saga], ['checkout_cancel', saga],
      ['checkout_retry', saga], ['checkout_shipping_options', saga],
      ['checkout_select_shipping', { ...saga, carrierId: 'a', serviceId: 'b' }], ['checkout_create_payment_session', saga],
      ['checkout_list', { userId: 'u' }], ['orders_list', { userId: 'u' }], ['orders_get', { orderId: 'o' }],
      ['postPaymentIntentsIntentConfirm', { intent: 'pi_0' }],
    ]) {
      test(`the shop, for ${tool}`, async () => {
        const error = await refused('TENANT_NOT_FOUND', tool, { ...nobody, ...args });
        assert.match(error.message, /no_such_shop/);
      });
    }

    test('a product that was mistyped comes with those that were meant', async () => {
      const error = await refused('SKU_NOT_FOUND', 'cart_add_item', { ...line(), productId: `${physical}x` });
      assert.ok(error.details.candidates.some(({ productId }) => productId === physical), JSON.stringify(error.details));
    });
    test('a product of the catalogue', () =>
      refused('SKU_NOT_FOUND', 'catalog_get_product', { tenant_id: shop, productId: 'no-such-product' }));
    test('a product that is not in the cart', () =>
      refused('SKU_NOT_FOUND', 'cart_remove_item', { ...line(), productId: digital }));

    for (const tool of ['cart_view', 'cart_clear']) {
      test(`the cart, for ${tool}`, () => refused('CART_NOT_FOUND', tool, { tenant_id: shop, cartId: 'no-such-cart' }));
    }
    test('the cart, for checkout_start', () =>
      refused('CART_NOT_FOUND', 'checkout_start', { ...customer, cartId: 'no-such-cart' }));

    for (const [tool, extra] of [
      ['checkout_status'], ['checkout_cancel'], ['checkout_retry'], ['checkout_shipping_options'],
      ['checkout_select_shipping', { carrierId: 'a', serviceId: 'b' }], ['checkout_create_payment_session'],
    ]) {
      test(`the checkout, for ${tool}`, () => refused('CHECKOUT_NOT_FOUND', tool, { ...unknownSaga, ...extra }));
    }
    test('the order', () => refused('ORDER_NOT_FOUND', 'orders_get', { tenant_id: shop, orderId: `order_${'0'.repeat(32)}` }));
    test('the payment intent', () =>
      refused('CHECKOUT_NOT_FOUND', 'postPaymentIntentsIntentConfirm', { tenant_id: shop, intent: 'pi_000', payment_method: 'pm_card_visa' }));
    for (const tool of ['checkout_list', 'orders_list']) {
      test(`the cursor of ${tool}`, () =>
        refused('VALIDATION_FAILED', tool, { tenant_id: shop, userId: customer.userId, cursor: 'nonsense' }));
    }
  });

  describe('addresses', () => {
    const addressError = async (shippingAddress) => {
      const error = await refused('INVALID_ADDRESS', 'checkout_start', { ...customer, ...(shippingAddress && { shippingAddress }) });
      assert.equal(error.nextAction?.type, 'collect_shipping_address', JSON.stringify(error));
    };
    test('none at all for physical goods', () => addressError());
    test('one without a country', () => addressError({ line1: address.line1, city: address.city }));
    test('one in a country the shop does not send to', () => addressError({ ...address, country: 'AQ' }));
  });

  describe('wrong states', () => {
    test('an empty cart is not checked out', async () => {
      const cart = await customerWith(agent, digital);
      await agent.call('cart_clear', { tenant_id: shop, cartId: cart.cartId });
      await refused('CART_EMPTY', 'checkout_start', cart);
    });
    test('a checkout that waits for payment is not started anew by a retry', async () => {
      const earlier = await everything();
      const { sessionId, url, expiresAt, amount, ...saga } = page;
      assert.deepEqual(await agent.call('checkout_retry', { tenant_id: shop, sagaId: page.sagaId }), saga);
      assert.deepEqual(await everything(), earlier);
    });
    test('an unknown shipping service is not chosen', async () => {
      const other = await customerWith(agent, physical);
      const { sagaId } = await agent.call('checkout_start', { ...other, shippingAddress: address });
      const error = await refused('SHIPPING_OPTION_INVALID', 'checkout_select_shipping',
                                  { tenant_id: shop, sagaId, carrierId: 'pigeon', serviceId: 'express' });
      assert.match(error.message, /pigeon/);
    });
    test('after the end nothing goes any more', async () => {
      const buyer = await customerWith(agent, digital);
      const { sagaId } = await agent.call('checkout_start', { ...buyer, paymentMethodId: 'pm_card_visa' });
      const done = await untilStatus(agent, sagaId, 'completed');
      const saga = { tenant_id: shop, sagaId };
      await refused('INVALID_STATE', 'checkout_cancel', saga);
      await refused('INVALID_STATE', 'checkout_retry', saga);
      await refused('INVALID_STATE', 'checkout_select_shipping', { ...saga, carrierId: 'a', serviceId: 'b' });
      assert.deepEqual(await agent.call('checkout_status', saga), done);
    });
    test('a cancelled checkout takes no payment', async () => {
      const { sagaId } = await agent.call('checkout_start', await customerWith(agent, digital));
      const saga = { tenant_id: shop, sagaId };
      const cancelled = await agent.call('checkout_cancel', saga);
      await refused('INVALID_STATE', 'checkout_create_payment_session', saga);
      await refused('INVALID_STATE', 'checkout_retry', saga);
      assert.deepEqual(await agent.call('checkout_status', saga), cancelled);
    });
  });

  test('a card number is refused wherever it stands, and not repeated', async () => {
    for (const args of [{ customerName: '4242 4242 4242 4242' }, { shippingAddress: { ...address, line2: '4242424242424242' } }]) {
      const error = await refused('CARD_NUMBER_REJECTED', 'checkout_start', { ...customer, ...args });
      assert.doesNotMatch(JSON.stringify(error), /4242/);
    }
    assert.doesNotMatch(agent.server.said.text, /4242 ?4242/);
  });

  test('a body that is no JSON gets -32700 over HTTP, and the server goes on', async () => {
    for (const body of ['{"jsonrpc": "2.0", ', '\u0000', '[[[[', '{"a":1,"a":2}', '']) {
      const response = await fetch(agent.server.url, {
        method: 'POST', body,
        headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' },
      });
      assert.equal(response.status, 400, body);
      assert.equal((await response.json()).error.code, -32700, body);
    }
    await everything();
  });
});

test('a line that is no JSON gets -32700 over stdio, and the server goes on', async () => {
  const home = newHome();
  const child = spawn(binary, home.arguments('stdio'), { cwd: home.path, env: home.environment, stdio: 'pipe' });
  new Said(child.stderr);
  const ended = once(child, 'close');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const exchange = async (text) => {
    child.stdin.write(`${text}\n`);
    return JSON.parse((await lines.next()).value);
  };
  for (const nonsense of ['hello', '{"jsonrpc":', '{"jsonrpc": "2.0", "id": 1 "method": "ping"}', `${'['.repeat(100000)}`]) {
    assert.equal((await exchange(nonsense)).error.code, -32700);
  }
  const answer = await exchange(JSON.stringify({
    jsonrpc: '2.0', id: 7, method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  }));
  assert.equal(answer.id, 7);
  assert.equal(answer.result.protocolVersion, '2025-11-25');
  child.stdin.end();
  assert.deepEqual(await ended, [0, null]);
  home.dispose();
});
