// The MCP Inspector, as a developer would use it from a shell.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { binary, newHome, root, startHttp } from './support/server.mjs';
import { shop } from './support/shopping.mjs';

const inspector = join(root, 'tests/interop/node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');

async function inspect(home, target, ...options) {
  const { stdout } = await promisify(execFile)(process.execPath, [inspector, '--cli', ...target, ...options], {
    cwd: home.path, env: home.environment, timeout: 60_000,
  });
  return JSON.parse(stdout);
}

for (const transport of ['stdio', 'http']) {
  describe(`the Inspector over ${transport}`, () => {
    let home, server, target;
    before(async () => {
      home = newHome();
      server = transport === 'http' ? await startHttp() : undefined;
      target = server ? [server.url, '--transport', 'http'] : [binary, ...home.arguments('stdio')];
    });
    after(async () => {
      await server?.stop();
      home.dispose();
    });

    test('lists the tools', async () => {
      const { tools } = await inspect(home, target, '--method', 'tools/list');
      assert.ok(tools.length >= 22);
      assert.ok(tools.some(({ name }) => name === 'checkout_create_payment_session'));
    });

    test('lists resources and prompts', async () => {
      const { resourceTemplates } = await inspect(home, target, '--method', 'resources/templates/list');
      assert.deepEqual(resourceTemplates.map(({ name }) => name), ['checkout', 'product']);
      assert.deepEqual(await inspect(home, target, '--method', 'resources/list'), { resources: [] });
      const { prompts } = await inspect(home, target, '--method', 'prompts/list');
      assert.deepEqual(prompts.map(({ name }) => name), ['buy', 'track_order']);
    });

    test('reads a resource and gets a prompt', async () => {
      const uri = `catalog://${shop}/products/gift-card-50`;
      const { contents: [product] } = await inspect(home, target, '--method', 'resources/read', '--uri', uri);
      assert.match(product.text, /gift-card-50/);
      const { messages } = await inspect(home, target, '--method', 'prompts/get', '--prompt-name', 'track_order',
                                         '--prompt-args', `tenant_id=${shop}`, 'id=order_1');
      assert.match(messages[0].content.text, /order_1/);
    });

    test('calls a tool', async () => {
      const result = await inspect(home, target, '--method', 'tools/call', '--tool-name', 'catalog_search',
                                   '--tool-arg', `tenant_id=${shop}`, 'limit=2');
      assert.equal(result.structuredContent.products.length, 2);
      assert.notEqual(result.isError, true);
    });
  });
}
