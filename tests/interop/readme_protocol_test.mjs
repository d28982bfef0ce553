// README.md claims what the tests of the protocol have just proven: no more, and no less.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readProofs, tableInReadme, tableOf } from './support/protocol_table.mjs';

test('the table of the protocol in README.md is what was proven', () => {
  assert.equal(tableInReadme(), tableOf(readProofs()), 'write it anew: scripts/generate-protocol-table');
});

test('what is not proven any more would be missed, and what is new, too', () => {
  const proofs = readProofs();
  const { feature } = proofs[0];
  assert.notEqual(tableOf(proofs.filter((proof) => proof.feature !== feature)), tableInReadme());
  assert.notEqual(tableOf(proofs.filter((proof) => proof.feature !== feature || proof.transport === 'HTTP')), tableInReadme());
  assert.notEqual(tableOf([...proofs, { ...proofs[0], feature: 'something new' }]), tableInReadme());
});
