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

    test('calls a tool', async () => {
      const result = await inspect(home, target, '--method', 'tools/call', '--tool-name', 'catalog_search',
                                   '--tool-arg', `tenant_id=${shop}`, 'limit=2');
      assert.equal(result.structuredContent.products.length, 2);
      assert.notEqual(result.isError, true);
    });
  });
}
