// docs/operations.md keeps its word: its blocks marked "tested" run as they stand, beside a server that runs.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { connectTo, libraries } from './support/clients.mjs';
import { binary, root, startHttp } from './support/server.mjs';
import { customerWith, openPaymentPage, pay, productOf, untilStatus } from './support/shopping.mjs';

const document = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const blocks = [...document.matchAll(/<!-- tested -->\n```sh\n(.*?)```/gs)].map(([, text]) => text);
const [named, store] = /export CHECKOUT_MCP_STORE=(sqlite:\S+)/.exec(document);
const address = '127.0.0.1:8080';
const hasSqlite = spawnSync('sqlite3', ['--version']).status === 0;

describe('docs/operations.md', () => {
  let agent, home, saga;
  before(async () => {
    const server = await startHttp();
    home = server.home;
    agent = await connectTo(libraries.modern, server);
    symlinkSync(binary, join(home.path, 'checkout-mcp'));
    const page = await openPaymentPage(agent, await customerWith(agent, (await productOf(agent, 'digital')).productId));
    await pay(agent, page);
    saga = (await untilStatus(agent, page.sagaId, 'completed')).sagaId;
  });
  after(() => agent?.close());

  async function run(texts) {
    const script = texts.join('\n').replaceAll(address, new URL(agent.server.url).host)
      .replaceAll(store, `sqlite:${join(home.path, 'checkout.db')}`);
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      cwd: home.path, timeout: 60_000,
      env: { ...home.environment, PATH: `${home.path}:${process.env.PATH}`, USER: 'grace', saga },
    });
    assert.equal(stderr, '');
    return stdout;
  }

  const isBackup = (text) => text.includes('sqlite3 ');
  const setting = () => blocks.filter((text) => text.includes(named));

  test('shows how a server is looked at and money given back', async () => {
    assert.ok(blocks.length >= 6);
    const said = await run(blocks.filter((text) => !isBackup(text)));
    assert.match(said, /"status":"ready"/);
    assert.match(said, /^# TYPE checkout_http_connections gauge$/m);
    assert.match(said, /^No checkout is under way\.$/m);
    assert.match(said, /^history intact/m);
    assert.match(said, /^Refunded \$1\.00/m);
    assert.match(said, /its payment refunded\.$/m);
  });

  test('shows how a backup is made', { skip: hasSqlite ? false : 'no sqlite3 here' }, async () => {
    const said = await run([...setting(), ...blocks.filter(isBackup)]);
    assert.equal(said, 'ok\nNo checkout is under way.\n');
  });

  test('names only commands and options that exist', async () => {
    const help = await promisify(execFile)(binary, ['saga', '--help']);
    for (const [, name] of document.matchAll(/checkout-mcp saga (\w+)/g)) assert.match(help.stdout, new RegExp(`^  ${name} `, 'm'));
  });
});
