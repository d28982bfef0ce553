// The demonstration ends with two paid orders, says so, and fails loudly where a step breaks.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { binary } from './support/server.mjs';

function demo(environment = {}) {
  const home = mkdtempSync(join(tmpdir(), 'checkout-demo-'));
  try {
    const run = spawnSync(binary, ['demo'], {
      encoding: 'utf8', timeout: 60_000, env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, ...environment },
    });
    return { ...run, left: readdirSync(home) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

test('the demo plays a checkout over stdio and one over HTTP', () => {
  const { status, stdout, stderr, left } = demo();
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /stdio: order order_[0-9a-f]{32} is confirmed/);
  assert.match(stdout, /http: order order_[0-9a-f]{32} is confirmed/);
  assert.match(stdout, /declined/);
  assert.match(stdout, /confirmed by webhook/);
  assert.doesNotMatch(stdout, /\x1b\[/, 'no colour where nobody sees it');
  assert.deepEqual(left, [], 'nothing is left behind');
});

test('a broken step is named, and the demo fails', () => {
  const noFolder = demo({ TMPDIR: '/dev/null/none' });
  assert.equal(noFolder.status, 1);
  assert.match(noFolder.stdout, /broke at: making a temporary folder/);
  const noServer = demo({ CHECKOUT_MCP_STORE: 'sqlite:/dev/null/none/checkout.db' });
  assert.equal(noServer.status, 1);
  assert.match(noServer.stdout, /broke at: starting the server/);
  assert.match(noServer.stdout, /Can't use the store/, 'with the last words of the server');
});
