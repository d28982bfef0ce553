// Tools, resources, prompts and completion as each official client reads them, in every revision over both transports.
import assert from 'node:assert/strict';

import { inEachDialect } from './support/dialects.mjs';
import { proves } from './support/proofs.mjs';
import { customerWith, newId, productOf, shop, statusOf } from './support/shopping.mjs';

const sagaUri = (sagaId) => `checkout://${shop}/sagas/${sagaId}`;
const productUri = (productId) => `catalog://${shop}/products/${productId}`;
const templates = ['checkout://{tenant_id}/sagas/{sagaId}', 'catalog://{tenant_id}/products/{productId}'];

inEachDialect({}, (agent, dialect) => {
  const prove = (feature, name, body) => proves(feature, dialect, name, () => body(agent()));
  /** Asserts a JSON-RPC error, which the clients throw; the code is the one on the wire, not what a client makes of it. */
  const rejects = async (promise, code, message) => {
    await assert.rejects(promise, message);
    assert.equal(agent().wire.received.findLast(({ error }) => error).error.code, code);
  };
  const resourceNotFound = dialect.isModern ? -32602 : -32002;

  prove('tools', 'the revision is the one that was asked for, and tools are listed and called', async (client) => {
    assert.equal(client.revision, dialect.revision);
    assert.equal(client.tools.length, 23);
    assert.ok((await client.call('catalog_search', { tenant_id: shop })).products.length > 0);
    await rejects(client.library.call(client.client, { name: 'no_such_tool', arguments: {} }), -32602, /Unknown tool/);
  });

  prove('tools', 'lists come in one page, and a cursor that nobody gave is refused', async ({ client }) => {
    for (const list of ['listTools', 'listResources', 'listResourceTemplates', 'listPrompts']) {
      assert.equal((await client[list]()).nextCursor, undefined);
      await rejects(client[list]({ cursor: 'made up' }), -32602, /cursor/);
    }
  });

  prove('resources', 'templates are listed; nothing is a resource of its own', async ({ client }) => {
    const { resourceTemplates } = await client.listResourceTemplates();
    assert.deepEqual(resourceTemplates.map(({ uriTemplate }) => uriTemplate), templates);
    for (const { name, description, mimeType } of resourceTemplates) {
      assert.ok(name && description.length > 50);
      assert.equal(mimeType, 'application/json');
    }
    assert.deepEqual((await client.listResources()).resources, []);
  });

  prove('resources', 'a product and a checkout are read as the tools show them', async (client) => {
    const read = async (uri) => {
      const { contents } = await client.client.readResource({ uri });
      assert.deepEqual(contents.map((item) => [item.uri, item.mimeType]), [[uri, 'application/json']]);
      return JSON.parse(contents[0].text);
    };
    const { productId } = await productOf(client, 'digital');
    const shown = await client.call('catalog_get_product', { tenant_id: shop, productId });
    for (const [key, value] of Object.entries(await read(productUri(productId)))) assert.deepEqual(value, shown[key], key);
    const { sagaId } = await client.call('checkout_start', await customerWith(client, productId));
    assert.deepEqual(await read(sagaUri(sagaId)), await statusOf(client, sagaId));
  });

  prove('resources', 'an unknown one is an error that names it', async ({ client }) => {
    const unknown = [
      sagaUri('saga_00000000000000000000000000000000'), productUri('no-such-product'), 'catalog://no_such_shop/products/mug',
      'checkout://demo_store/nothing', 'file:///etc/passwd', '',
    ];
    for (const uri of unknown) {
      await rejects(client.readResource({ uri }), resourceNotFound, /Resource not found/);
    }
  });

  prove('prompts', 'are listed with their arguments', async ({ client }) => {
    const { prompts } = await client.listPrompts();
    assert.deepEqual(prompts.map(({ name, arguments: all }) => [name, all.map((one) => [one.name, one.required])]), [
      ['buy', [['what', true], ['tenant_id', false]]],
      ['track_order', [['tenant_id', true], ['id', true]]],
    ]);
  });

  prove('prompts', 'carry what was given into the first message', async ({ client }) => {
    const said = async (name, given) => {
      const { messages: [message, ...more] } = await client.getPrompt({ name, arguments: given });
      assert.equal(message.role, 'user');
      assert.deepEqual(more, []);
      return message.content.text;
    };
    assert.match(await said('buy', { what: 'a blue mug' }), /a blue mug[^]*federation_list_tenants/);
    assert.match(await said('buy', { what: 'a mug', tenant_id: shop }), new RegExp(`tenant_id "${shop}"`));
    assert.match(await said('track_order', { tenant_id: shop, id: 'order_1' }), /order_1[^]*orders_get/);
  });

  prove('prompts', 'say which argument is missing, unknown or wrong', async ({ client }) => {
    await rejects(client.getPrompt({ name: 'buy' }), -32602, /"what"/);
    await rejects(client.getPrompt({ name: 'track_order', arguments: { id: 'x' } }), -32602, /"tenant_id"/);
    await rejects(client.getPrompt({ name: 'buy', arguments: { what: 'a mug', wat: 'x' } }), -32602, /"wat"/);
    await rejects(client.getPrompt({ name: 'buy', arguments: { what: 'a mug', tenant_id: 'nowhere' } }), -32602, /nowhere/);
    await rejects(client.getPrompt({ name: 'bye' }), -32602, /Did you mean "buy"/);
  });

  prove('completion', 'suggests shops, and the products of a shop that was chosen', async (client) => {
    const suggest = async (ref, name, value, given) => {
      const { completion } = await client.client.complete({
        ref, argument: { name, value }, ...(given && { context: { arguments: given } }),
      });
      assert.equal(completion.hasMore, false);
      return completion.values;
    };
    const [ofSagas, ofProducts] = templates.map((uri) => ({ type: 'ref/resource', uri }));
    const buy = { type: 'ref/prompt', name: 'buy' };
    for (const ref of [ofSagas, ofProducts, buy]) assert.deepEqual(await suggest(ref, 'tenant_id', 'demo'), [shop]);
    assert.deepEqual(await suggest(buy, 'tenant_id', 'zzz'), []);

    const { productId } = await productOf(client, 'physical');
    const found = await suggest(ofProducts, 'productId', productId.slice(0, 4), { tenant_id: shop });
    assert.ok(found.includes(productId) && found.every((id) => id.startsWith(productId.slice(0, 4))), found.join());
    assert.deepEqual(await suggest(ofProducts, 'productId', ''), await suggest(ofProducts, 'productId', '', { tenant_id: shop }),
                     'of the only shop');
    assert.deepEqual(await suggest(ofProducts, 'productId', '', { tenant_id: 'nowhere' }), []);

    await client.call('checkout_start', { ...await customerWith(client, (await productOf(client, 'digital')).productId), userId: newId('user') });
    assert.deepEqual(await suggest(ofSagas, 'sagaId', 'saga_', { tenant_id: shop }), [], 'of other people');
  });

  prove('completion', 'of something unknown is an error', async ({ client }) => {
    const complete = (ref, name) => client.complete({ ref, argument: { name, value: '' } });
    await rejects(complete({ type: 'ref/prompt', name: 'bye' }, 'what'), -32602, /Unknown prompt/);
    await rejects(complete({ type: 'ref/prompt', name: 'buy' }, 'nothing'), -32602, /"nothing"/);
    await rejects(complete({ type: 'ref/resource', uri: 'catalog://x' }, 'tenant_id'), -32602, /ref\.uri/);
  });
});
