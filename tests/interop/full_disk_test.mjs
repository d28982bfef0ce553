// The disk runs full under the running server. A limit on the size of files stands in for it: whoever is told
// "done" can rely on it, everybody else is told to come back, and when there is space again, all goes on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';

import { connectHttp, libraries } from './support/clients.mjs';
import { newId, productOf, shop } from './support/shopping.mjs';

const limit = 600 * 1024;
const sameTime = 8;  // callers

describe('a full disk', () => {
  let agent, product;

  before(async () => {
    agent = await connectHttp(libraries.modern, { launcher: ['prlimit', `--fsize=${limit}:unlimited`] });
    product = (await productOf(agent, 'digital')).productId;
  });
  after(() => agent?.close());

  const add = (cartId) => agent.result('cart_add_item', { tenant_id: shop, cartId, productId: product });
  const view = (cartId) => agent.call('cart_view', { tenant_id: shop, cartId });
  const makeSpace = () => execFileSync('prlimit', ['--pid', agent.server.pid, '--fsize=unlimited:unlimited']);
  const status = async (path) => (await fetch(`${agent.server.origin}${path}`)).status;

  test('refuses what it cannot keep, keeps what it accepted, and goes on when there is space', async () => {
    const accepted = [];
    const refused = [];
    while (refused.length === 0) {
      assert.ok(accepted.length < 20_000, 'the limit is never reached');
      const carts = Array.from({ length: sameTime }, () => newId('cart'));
      const results = await Promise.all(carts.map(add));
      results.forEach((result, i) => (result.isError ? refused : accepted).push({ cartId: carts[i], result }));
    }
    assert.ok(accepted.length > 10, 'there was space at first');

    for (const { result } of refused) {
      const { error } = result.structuredContent;
      assert.equal(error.code, 'SERVICE_UNAVAILABLE');
      assert.equal(error.retryable, true);
      assert.doesNotMatch(error.message, /sqlite|errno|\/tmp/i);
    }

    // Full: writers are refused, readers are served, the process is well.
    // (A single one may still fit where the eight together did not.)
    let late, result;
    do {
      late = newId('cart');
      result = await add(late);
      if (!result.isError) accepted.push({ cartId: late, result });
      assert.ok(accepted.length < 20_000, 'the limit is never reached');
    } while (!result.isError);
    assert.equal(result.structuredContent.error.code, 'SERVICE_UNAVAILABLE');
    assert.equal((await view(accepted[0].cartId)).items.length, 1);
    await agent.call('catalog_search', { tenant_id: shop });
    assert.equal(await status('/healthz'), 200);
    for (const { cartId } of refused) assert.equal(await pieces(cartId), 0);

    makeSpace();
    for (const { cartId } of [...refused, { cartId: late }]) assert.ok(!(await add(cartId)).isError);
    for (const { cartId } of [...accepted, ...refused, { cartId: late }]) assert.equal(await pieces(cartId), 1, cartId);
    assert.equal(await status('/readyz'), 200);
  });

  /** How many pieces a cart holds; an unknown cart holds none. */
  async function pieces(cartId) {
    const result = await agent.result('cart_view', { tenant_id: shop, cartId });
    if (result.isError) {
      assert.equal(result.structuredContent.error.code, 'CART_NOT_FOUND');
      return 0;
    }
    return result.structuredContent.items.reduce((sum, item) => sum + item.quantity, 0);
  }
});
