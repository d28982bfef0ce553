// README.md claims what the tests of the protocol have just proven: no more, and no less.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readProofs, tableInReadme, tableOf } from './support/protocol_table.mjs';

test('the table of the protocol in README.md is what was proven', () => {
  assert.equal(tableInReadme(), tableOf(readProofs()), 'write it anew: scripts/generate-protocol-table');
});

test('what is not proven any more would be missed, and what is new, too', () => {
  const proofs = readProofs();
  const lost = proofs.find(({ transport }) => transport === 'stdio');
  const isLost = ({ feature, revision, transport }) =>
    feature === lost.feature && revision === lost.revision && transport === lost.transport;
  assert.notEqual(tableOf(proofs.filter((proof) => !isLost(proof))), tableInReadme());
  assert.notEqual(tableOf([...proofs, { ...lost, feature: 'something new' }]), tableInReadme());
});
