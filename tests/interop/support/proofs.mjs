// What the tests have proven about the protocol: the table in README.md comes from it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';

import { buildFolder } from './server.mjs';

export const proofsFolder = join(buildFolder, 'protocol-proofs');
const proofs = new Map();  // {declared, passed} by what would be proven

/** A test that belongs to a feature of the protocol, which is proven where all its tests pass. */
export function proves(feature, { revision, transport }, name, body) {
  if (proofs.size === 0) process.once('exit', writeDown);
  const key = JSON.stringify({ feature, revision, transport });
  if (!proofs.has(key)) proofs.set(key, { declared: 0, passed: 0 });
  const proof = proofs.get(key);
  ++proof.declared;
  test(name, async (t) => {
    await body(t);
    ++proof.passed;
  });
}

function writeDown() {
  const proven = [...proofs].filter(([, { declared, passed }]) => passed === declared).map(([key]) => JSON.parse(key));
  mkdirSync(proofsFolder, { recursive: true });
  writeFileSync(join(proofsFolder, `${basename(process.argv[1], '_test.mjs')}.json`), JSON.stringify(proven, null, 1));
}
