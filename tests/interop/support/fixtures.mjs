// The engine and transports of the product with the fixtures of the conformance suite in place of shops.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { buildFolder, Said } from './server.mjs';

export const program = join(buildFolder, 'tests/conformance-fixtures');

/** Over HTTP; `program stdio` speaks stdio. {url, pid, stop()} */
export async function startFixtures() {
  const child = spawn(program, { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  const said = new Said(child.stderr);
  const url = await said.group(/listening on (\S+)/, () => child.exitCode === null && child.signalCode === null);
  return {
    url, pid: child.pid,
    async stop() {
      child.stdin.end();
      const [code, signal] = await ended;
      assert.equal(code, 0, `the fixtures ended with ${code ?? signal}:\n${said.text}`);
    },
  };
}
