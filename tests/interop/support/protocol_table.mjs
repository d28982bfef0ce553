// The table of the protocol in README.md: which feature works in which revision over which transport, as the tests that
// ran last have proven it.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { proofsFolder } from './proofs.mjs';
import { root } from './server.mjs';

const revisions = ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const transports = ['stdio', 'HTTP'];

const [begin, end] = ['<!-- protocol: written by scripts/generate-protocol-table -->', '<!-- protocol: end -->'];
const readmePath = join(root, 'README.md');

/** [{feature, revision, transport}] of every test file that proves something. */
export function readProofs() {
  const tests = readdirSync(join(root, 'tests/interop'));
  const names = tests.filter((file) => /^(protocol_\w+|conformance)_test\.mjs$/.test(file)).map((file) => file.replace('_test.mjs', ''));
  return names.flatMap((name) => {
    const path = join(proofsFolder, `${name}.json`);
    assert.ok(existsSync(path), `run tests/interop/${name}_test.mjs first: its proofs are missing`);
    return JSON.parse(readFileSync(path, 'utf8'));
  });
}

export function tableOf(proofs) {
  const features = [...new Set(proofs.map(({ feature }) => feature))].sort();
  const cell = (feature, revision) => transports.filter((transport) => proofs.some((proof) =>
    proof.feature === feature && proof.revision === revision && proof.transport === transport)).join(', ') || '–';
  const rows = features.map((feature) => [feature, ...revisions.map((revision) => cell(feature, revision))]);
  return [['', ...revisions], ['', ...revisions].map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const splitReadme = () => {
  const readme = readFileSync(readmePath, 'utf8');
  const from = readme.indexOf(begin) + begin.length, to = readme.indexOf(end);
  assert.ok(from >= begin.length && to > from, 'README.md has the markers of the table');
  return [readme.slice(0, from), readme.slice(from, to).trim(), readme.slice(to)];
};

export const tableInReadme = () => splitReadme()[1];

export function readmeWith(table) {
  const [before, , after] = splitReadme();
  return `${before}\n${table}\n${after}`;
}
