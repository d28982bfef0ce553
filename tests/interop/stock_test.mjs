// The stock: what the configuration says is on the shelf when it is first seen or changes, what is sold counts down from
// there, and what an operator counts is taken; beside a server and without one.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { connectTo, libraries } from './support/clients.mjs';
import { binary, newHome, startHttp } from './support/server.mjs';
import { newId, openPaymentPage, pay, untilStatus } from './support/shopping.mjs';

const tenant = 'tea_house';

describe('the stock', () => {
  const home = newHome();
  after(() => home.dispose());

  /** The configuration with so many courses on the shelf; undefined: not counted. */
  function configWith(stock) {
    const course = { id: 'course', name: 'Tea course', price: 4900, kind: 'digital', ...(stock === undefined ? {} : { stock }) };
    const file = join(home.path, 'shop.json');
    writeFileSync(file, JSON.stringify({ tenants: [{
      id: tenant, name: 'Tea House', currency: 'eur', stripe: { api_base: 'sandbox:' }, catalog: { products: [course] },
    }] }));
    return file;
  }

  async function serving(stock, use) {
    const agent = await connectTo(libraries.modern, await startHttp({ home, config: configWith(stock) }));
    try {
      return await use(agent);
    } finally {
      await agent.close();
    }
  }

  const free = async (agent) => (await agent.call('catalog_get_product', { tenant_id: tenant, productId: 'course' })).stock.available;

  async function buy(agent, quantity) {
    const cart = { tenant_id: tenant, cartId: newId('cart') };
    await agent.call('cart_add_item', { ...cart, productId: 'course', quantity });
    const page = await openPaymentPage(agent, { ...cart, userId: newId('user'), email: 'ada@example.com' });
    await pay(agent, page);
    return untilStatus(agent, page.sagaId, 'completed', tenant);
  }

  const stock = (...words) => new Promise((done) => {
    execFile(binary, ['stock', ...words, '--tenant', tenant, '--store', `sqlite:${join(home.path, 'checkout.db')}`],
             { env: { ...home.environment, USER: 'grace' }, timeout: 60_000 },
             (failure, out, error) => done({ code: failure ? failure.code : 0, out, error }));
  });
  async function done(...words) {
    const { code, out, error } = await stock(...words);
    assert.deepEqual({ code, error }, { code: 0, error: '' }, out);
    return out;
  }

  test('counts down from what was on the shelf, across restarts', async () => {
    await serving(10, async (agent) => {
      assert.equal(await free(agent), 10);
      await buy(agent, 4);
      assert.equal(await free(agent), 6);
    });
    await serving(10, async (agent) => assert.equal(await free(agent), 6, 'the same number says nothing new'));
  });

  test('is what the merchant counted on the shelf, whatever was sold before', async () => {
    await serving(7, async (agent) => {
      assert.equal(await free(agent), 7);
      await buy(agent, 2);
    });
  });

  test('is counted by an operator, beside a server and without one', async () => {
    assert.match(await done('list'), /^PRODUCT +ON SHELF +HELD +FREE +SOLD\ncourse +5 +0 +5 +6$/m);
    assert.equal(await done('set', 'course', '20'), 'course (tea_house): 20 on the shelf, 0 of them held by open payments, 20 free.\n');
    await serving(7, async (agent) => {
      assert.equal(await free(agent), 20, 'the configuration has not changed');
      assert.match(await done('adjust', 'course', '--by', '-3'), /: 17 on the shelf/);
      assert.match(await done('adjust', 'course', '--by', '+1'), /: 18 on the shelf/);
      assert.equal(await free(agent), 18);
      const listed = JSON.parse(await done('list', '--format', 'json'));
      assert.deepEqual(listed, { tenantId: tenant, products: [{ productId: 'course', onShelf: 18, held: 0, free: 18, sold: 6 }] });
    });
  });

  test('limits nothing once the configuration gives no number', async () => {
    await serving(undefined, async (agent) => {
      assert.equal(await free(agent), undefined);
      await buy(agent, 50);
      const { code, error } = await stock('set', 'course', '3');
      assert.equal(code, 1);
      assert.match(error, /^checkout-mcp: The stock of course of tenant tea_house is not counted: .*\n$/);
    });
    assert.match(await done('list'), /^No stock is counted for tenant tea_house\.$/m);
  });

  test('tells what is wrong with a command', async () => {
    for (const [pattern, ...words] of [
      [/COUNT is not a whole number/, 'set', 'course', 'many'],
      [/--by is required/, 'adjust', 'course'],
    ]) {
      const { code, error } = await stock(...words);
      assert.equal(code, 2, error);
      assert.match(error, pattern);
    }
  });
});
