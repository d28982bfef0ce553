// The README keeps its word: its blocks marked "tested" run as they stand, one after the other, in one shell.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { eventually } from './support/eventually.mjs';
import { binary, newHome, root, startHttp } from './support/server.mjs';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/<!-- tested(?:: (\S+))? -->\n```(\w+)\n(.*?)```/gs)]
  .map(([, file, language, text]) => ({ file, language, text }));
const address = '127.0.0.1:8080';  // in the README; the test's server listens elsewhere

describe('the README', () => {
  let server, home;
  before(async () => {
    server = await startHttp();
    home = newHome();
    // The README is written for a shell in the clone, after scripts/build.
    symlinkSync(dirname(binary), join(home.path, 'release'));
    for (const { file, text } of blocks) if (file) writeFileSync(join(home.path, file), text);
  });
  after(async () => {
    await server?.stop();
    home?.dispose();
  });

  test('has marked blocks, and they name the address that is replaced here', () => {
    assert.ok(blocks.filter(({ language }) => language === 'sh').length >= 6);
    assert.ok(blocks.some(({ text }) => text.includes(address)));
  });

  test('leads from the search to the confirmed order', async () => {
    const script = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text).join('\n')
      .replaceAll(address, new URL(server.url).host).replaceAll('build/release/', 'release/');
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: home.path, env: home.environment, timeout: 60_000,
    });
    assert.doesNotMatch(stdout, /"isError": ?true|"error"/, stdout);
    const saga = /saga_[0-9a-f]{32}/.exec(stdout)?.[0];
    assert.ok(saga, stdout);
    await eventually('the order is confirmed', async () => {
      const call = `${blocks.find(({ text }) => text.includes('mcp()')).text.replaceAll(address, new URL(server.url).host)}
        mcp orders_list '{"tenant_id": "demo_store", "userId": "ada"}'`;
      const { stdout: orders } = await promisify(execFile)('bash', ['-c', call]);
      const { result: { structuredContent } } = JSON.parse(orders);
      return structuredContent.orders[0]?.status === 'confirmed' && structuredContent.orders[0].sagaId === saga;
    });
    assert.equal(server.home.mails().filter((mail) => mail.includes('ada@example.com')).length, 1);
  });

  test('shows a desktop configuration that is JSON and starts stdio', () => {
    const json = /```json\n(\{\s*"mcpServers".*?)```/s.exec(readme)[1];
    assert.deepEqual(JSON.parse(json).mcpServers.checkout.args, ['stdio']);
  });

  test('names only files that exist', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path);
    for (const path of links) readFileOrFolder(join(root, path));
  });
});

function readFileOrFolder(path) {
  try {
    readFileSync(path);
  } catch (error) {
    assert.equal(error.code, 'EISDIR', `${path} is missing`);
  }
}
