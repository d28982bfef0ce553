// What agents ask a shop: products by words as customers write them, what it doesn't do, and a cart.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connectTo, libraries } from './support/clients.mjs';
import { startHttp } from './support/server.mjs';
import { newId } from './support/shopping.mjs';

const shop = { tenant_id: 'demo_store' };

describe('the demo shop', () => {
  let server, agent;
  before(async () => {
    server = await startHttp();
    agent = await connectTo(libraries.modern, server);
  });
  after(async () => {
    await agent.close();
    await server.stop();
  });

  const search = (query, more = {}) => agent.call('catalog_search', { ...shop, query, ...more });
  const ids = ({ products }) => products.map(({ productId }) => productId);
  const mugs = ['mug-stoneware', 'mug-stoneware-sand', 'mug-travel-steel'];

  const expected = {
    'cofee': ['beans-yirgacheffe-250', 'beans-decaf-250'],
    'coffee cup': mugs,
    'grinders': ['grinder-hand'],
    'ebook': ['guide-pour-over', 'guide-home-roasting'],
    'e-books': ['guide-pour-over', 'guide-home-roasting'],
    'muehle': ['grinder-hand'],
    'Mühlen': ['grinder-hand'],
    'Tassen': mugs,
    'Kaffeetasse': mugs,
    'espreso': ['beans-house-1000'],
    'a blue mug for my desk': ['mug-stoneware'],
    'gift voucher': ['gift-card-50'],
    'usb-c': ['scale-brew'],
    '330ml': ['mug-stoneware', 'mug-stoneware-sand'],
  };
  for (const [query, first] of Object.entries(expected)) {
    test(`"${query}" finds ${first.join(', ')} first`, async () => {
      assert.deepEqual(ids(await search(query)).slice(0, first.length), first);
    });
  }

  test('pages of a search are its whole list, each hit once', async () => {
    const all = ids(await search('coffee beans', { limit: 250 }));
    const paged = [];
    let cursor;
    do {
      const page = await search('coffee beans', { limit: 1, ...(cursor && { cursor }) });
      paged.push(...ids(page));
      cursor = page.nextCursor;
    } while (cursor);
    assert.ok(all.length >= 3);
    assert.deepEqual(paged, all);
  });

  test('a hit says its kind and what is left; limits come back as money', async () => {
    const { products: [kettle], ...rest } = await search('kettle', { minPrice: 25 });
    assert.equal(kettle.kind, 'physical');
    assert.equal(kettle.available, 2);
    assert.equal(rest.minPrice.display, '$0.25');
  });

  test('nothing found: what there is, what may have been meant, what to try', async () => {
    const nothing = await search('lawnmower');
    assert.deepEqual(nothing.products, []);
    assert.ok(nothing.categories.includes('brewing'));
    assert.match(nothing.hint, /categories/);
    assert.deepEqual((await search('mgu')).didYouMean, ['Mug']);
    assert.match((await search('grinder', { maxPrice: 100 })).hint, /maxPrice 100 is \$1\.00; if \$100\.00 was meant, pass 10000/);
  });

  test('what the shop does not do, and whom the customer can ask', async () => {
    const info = await agent.call('federation_tenant_info', shop);
    assert.deepEqual(info.support, { email: 'help@demo-store.example', url: 'https://demo-store.example/help' });
    assert.ok(info.notOffered.some((what) => /promotion codes/.test(what)));
    assert.match(info.tellTheCustomer, /help@demo-store\.example/);
    const { markdown } = await agent.call('federation_help', {});
    assert.match(markdown, /### Demo Store \(`demo_store`\)\n\n- Support: help@demo-store\.example/);
  });

  test('a promotion code as an argument: how they work here', async () => {
    const error = await agent.fail('checkout_start', { ...shop, userId: 'u', cartId: 'c', promoCode: 'SUMMER25' }, 'VALIDATION_FAILED');
    assert.match(error.message, /This shop takes no promotion codes, .*help@demo-store\.example/);
    assert.doesNotMatch(JSON.stringify(error), /SUMMER25/);
  });

  test('a cart without an id of the agent: an id that nobody can guess, up to the checkout', async () => {
    const add = (productId, more = {}) => agent.call('cart_add_item', { ...shop, productId, ...more });
    const { cartId } = await add('guide-pour-over');
    assert.match(cartId, /^cart_[0-9a-f]{32}$/);
    assert.notEqual((await add('guide-pour-over')).cartId, cartId);
    assert.equal((await add('course-latte-art', { cartId })).itemCount, 2);
    const saga = await agent.call('checkout_start', { ...shop, cartId, userId: newId('user'), email: 'ada@example.com' });
    assert.equal(saga.items.length, 2);
  });
});
