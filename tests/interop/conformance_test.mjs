// The official conformance suite: every scenario that a revision requires, against the engine and transports with the
// suite's fixtures; and what needs no fixture, against the product itself.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';

import { startFixtures } from './support/fixtures.mjs';
import { proves } from './support/proofs.mjs';
import { root, startHttp } from './support/server.mjs';

const suite = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/dist/index.js');
const revisions = ['2026-07-28', '2025-11-25'];

/** The scenarios that the suite's own list has a server of that revision pass. */
function requiredBy(revision) {
  const path = join(dirname(dirname(suite)), 'requirements', `${revision}.yaml`);
  const [, list] = /^server:\n((?: {2}- .*\n)+)/m.exec(readFileSync(path, 'utf8'));
  return list.trim().split(/\s*- /).slice(1);
}

/** {exitCode, output, scenarios: Map of name → {ok, passed, failed}, checks: what it looked at in one scenario} */
async function run(url, ...options) {
  const folder = mkdtempSync(join(tmpdir(), 'checkout-conformance-'));
  try {
    const child = spawn(process.execPath, [suite, 'server', '--url', url, '--output-dir', folder, ...options], { cwd: folder });
    const ended = new Promise((done) => child.on('close', done));
    const [output, problems, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    const lines = output.matchAll(/^([✓✗]) ([\w-]+): (\d+) passed, (\d+) failed$/gm);
    const scenarios = new Map([...lines].map(([, sign, name, passed, failed]) =>
      [name, { ok: sign === '✓', passed: Number(passed), failed: Number(failed) }]));
    const reports = readdirSync(folder);
    const checks = (scenario) => {
      const report = reports.find((name) => name.startsWith(`server-${scenario}-2`));
      return JSON.parse(readFileSync(join(folder, report, 'checks.json'), 'utf8'));
    };
    const checksByScenario = new Map([...scenarios.keys()].map((name) => [name, checks(name)]));
    return { exitCode, output: output + problems, scenarios, checks: (name) => checksByScenario.get(name) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const failuresOf = (checks) => checks.filter(({ status }) => status === 'FAILURE')
  .map(({ id, errorMessage }) => `${id}: ${errorMessage}`);

// The suite does not count these (they came after the release, or its own server can't pass them), but we pass them.
const passedBeyondTheRequired = {
  '2026-07-28': ['json-schema-2020-12', 'http-header-validation', 'http-custom-header-server-validation'],
  '2025-11-25': ['json-schema-2020-12', 'server-session-lifecycle'],
};

describe('the fixtures', () => {
  let fixtures;
  before(async () => { fixtures = await startFixtures(); });
  after(() => fixtures?.stop());

  for (const revision of revisions) {
    const where = { revision, transport: 'HTTP' };
    proves('the official conformance suite', where, `pass every scenario that ${revision} requires`, async (t) => {
      const { exitCode, output, scenarios, checks } = await run(fixtures.url, '--requirements', revision);
      const expected = [...requiredBy(revision), ...passedBeyondTheRequired[revision]];
      assert.ok(expected.length >= 30, 'the list of what is required was found');
      for (const name of expected) {
        const { ok, passed, failed } = scenarios.get(name) ?? assert.fail(`${name} was not run:\n${output}`);
        assert.ok(ok && passed > 0 && failed === 0, `${name}: ${failuresOf(checks(name)).join('\n')}`);
      }
      assert.equal(exitCode, 0, output);
      for (const [name, { passed, failed }] of scenarios)
        if (!expected.includes(name)) t.diagnostic(`not scored: ${name}: ${passed} passed, ${failed} failed`);
    });
  }
});

// What the suite can ask of any server. Everything else calls a tool, reads a resource or gets a prompt by the name that
// the suite's fixtures have, or belongs to the extension "tasks", which is not offered.
const withoutFixtures = {
  '2026-07-28': [
    'tools-list', 'resources-list', 'prompts-list', 'caching', 'dns-rebinding-protection', 'http-header-validation',
    'sep-2164-resource-not-found', 'server-sse-multiple-streams', 'input-required-result-unsupported-methods',
    'input-required-result-validate-input',
  ],
  '2025-11-25': [
    'server-initialize', 'server-session-lifecycle', 'ping', 'logging-set-level', 'tools-list', 'resources-list',
    'prompts-list', 'dns-rebinding-protection', 'server-sse-multiple-streams',
  ],
};

test('the product with http.tenant_header passes http-custom-header-server-validation', async () => {
  const server = await startHttp({ config: join(root, 'tests/interop/fixtures/tenant_header.json') });
  try {
    const { exitCode, output } = await run(server.url, '--scenario', 'http-custom-header-server-validation', '--spec-version', '2026-07-28');
    assert.equal(exitCode, 0, output);
    const [, passed, all] = /^Passed: (\d+)\/(\d+), 0 failed/m.exec(output) ?? assert.fail(output);
    assert.ok(passed === all && passed >= 6, output);
  } finally {
    await server.stop();
  }
});

describe('the product', () => {
  let server;
  before(async () => { server = await startHttp(); });
  after(() => server?.stop());

  for (const revision of revisions) {
    describe(revision, () => {
      let result;
      before(async () => { result = await run(server.url, '--suite', 'all', '--spec-version', revision); });

      for (const name of withoutFixtures[revision]) {
        test(`passes ${name}`, () => {
          const { ok, passed } = result.scenarios.get(name) ?? assert.fail(`it was not run:\n${result.output}`);
          assert.ok(ok && passed > 0, failuresOf(result.checks(name)).join('\n'));
        });
      }

      if (revision === '2026-07-28') {
        test('passes server-stateless, but for what needs the diagnostic tools of the fixtures', () => {
          const checks = result.checks('server-stateless');
          assert.ok(checks.filter(({ status }) => status === 'SUCCESS').length >= 24, result.output);
          const failures = failuresOf(checks).filter((text) => !text.includes('does not list the diagnostic tool'));
          assert.deepEqual(failures, []);
        });
      }
    });
  }
});
