// Whoever reads the log may stop reading it: neither the server nor its end waits for them.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { eventually } from './support/eventually.mjs';
import { binary, newHome } from './support/server.mjs';

/** What is in the pipe now. */
function read(pipe) {
  const bytes = Buffer.alloc(1 << 20);
  try {
    return bytes.toString('utf8', 0, readSync(pipe, bytes));
  } catch (error) {
    if (error.code === 'EAGAIN') return '';
    throw error;
  }
}

test('a log that nobody reads stops neither the server nor its end', async () => {
  const home = newHome();
  const path = join(home.path, 'log');
  execFileSync('mkfifo', [path]);
  // Open at both ends, so that it fills up instead of breaking. The reading end must not be the server's.
  const log = openSync(path, constants.O_RDWR);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const child = spawn(binary, home.arguments('http'), {
    cwd: home.path, env: home.environment, stdio: ['ignore', 'ignore', log],
  });
  const ended = once(child, 'close');
  try {
    let said = '';
    const url = await eventually('its address', () => {
      said += read(reader);
      return /listening on (http:\/\/127\.0\.0\.1:\d+)\/mcp/.exec(said)?.[1];
    });
    const open = () => fetch(`${url}/webhooks/stripe/demo_store`, {
      method: 'POST', headers: { 'Stripe-Signature': 't=1,v1=00' }, body: '{}',
    });
    for (let i = 0; i < 1_500; ++i) assert.equal((await open()).status, 401);
    child.kill('SIGTERM');
    const [code] = await Promise.race([ended, eventually('its end', () => undefined, { deadlineMs: 5_000 })]);
    assert.equal(code, 0);
    const text = read(reader);
    assert.ok(text.length > 32 * 1024, `only ${text.length} bytes were logged: the pipe was never full`);
    assert.match(text, /refused/);
  } finally {
    child.kill('SIGKILL');
    await ended;
    closeSync(log);
    closeSync(reader);
    home.dispose();
  }
});
