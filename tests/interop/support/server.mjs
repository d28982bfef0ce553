// The real binary with a store of its own, in a folder of its own, on ports that the system picks.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { eventually } from './eventually.mjs';

export const root = resolve(import.meta.dirname, '../../..');
export const buildFolder = process.env.CHECKOUT_BUILD_DIR ?? join(root, 'build/release');
export const binary = process.env.CHECKOUT_MCP_BIN ?? join(buildFolder, 'checkout-mcp');

/** A folder that is the server's whole world: home, data, store. Removed by dispose(). */
export function newHome() {
  const path = mkdtempSync(join(tmpdir(), 'checkout-mcp-test-'));
  return {
    path,
    arguments: (mode, extra = []) => [
      mode, '--store', `sqlite:${join(path, 'checkout.db')}`, ...(mode === 'http' ? ['--listen', '127.0.0.1:0'] : []), ...extra,
    ],
    environment: {
      PATH: process.env.PATH, HOME: path, XDG_DATA_HOME: join(path, 'data'), TMPDIR: path,
      ...pick(process.env, ['ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS', 'LSAN_OPTIONS']),
    },
    /** Every e-mail that was delivered, as text. */
    mails: () => readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.eml'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    dispose: () => rmSync(path, { recursive: true, force: true }),
  };
}

const pick = (object, names) => Object.fromEntries(names.filter((n) => n in object).map((n) => [n, object[n]]));

/** Collects what a process says on stderr. */
export class Said {
  text = '';
  constructor(stream) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => { this.text += chunk; });
  }
  /** The first group of `pattern`, once it was said. */
  async group(pattern, isAlive = () => true) {
    return eventually(`"${pattern}" on stderr`, () => {
      const match = pattern.exec(this.text);
      if (!match) assert.ok(isAlive(), `the server ended early:\n${this.text}`);
      return match?.[1];
    });
  }
  sandboxUrl() { return this.group(/sandbox listening on (http:\/\/127\.0\.0\.1:\d+)/); }
}

/**
 * Starts `checkout-mcp http`, by way of `launcher` if given. {url, origin, sandbox, home, pid, stop(), kill()}
 * A home that is given stays after stop(). With `hasSandbox` false the config does without the simulator.
 */
export async function startHttp({ config, extra = [], launcher = [], home: given, hasSandbox = true } = {}) {
  const home = given ?? newHome();
  const [command, ...rest] = [
    ...launcher, binary, ...home.arguments('http', [...(config ? ['--config', config] : []), ...extra]),
  ];
  const child = spawn(command, rest, {
    cwd: home.path, env: home.environment, stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = new Said(child.stderr);
  const ended = once(child, 'close');
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const url = await said.group(/listening on (http:\/\/127\.0\.0\.1:\d+\/mcp)/, isAlive);
  const sandbox = hasSandbox ? await said.sandboxUrl() : undefined;
  return {
    home, said, url, sandbox, origin: new URL(url).origin, pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      const [code, signal] = await ended;
      if (!given) home.dispose();
      assert.equal(code, 0, `the server ended with ${code ?? signal}:\n${said.text}`);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The next request that fits `match` fails at the simulator, before it has any effect. */
export async function failOnce(sandbox, status, match) {
  const response = await fetch(`${sandbox}/_sandbox/faults`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind: 'status_before', status, times: 1, match }),
  });
  assert.equal(response.status, 200, await response.text());
}

/** The simulator's control route: the customer pays (or fails to) on the payment page. */
export async function payOnPage(sandbox, sessionId, card) {
  return fetch(`${sandbox}/_sandbox/checkout/sessions/${sessionId}/pay`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ card }),
  });
}
