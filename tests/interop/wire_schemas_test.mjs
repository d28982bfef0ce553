// Would a wrong message be noticed? What checks every message of the other tests is shown right and wrong ones here.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { revisions, Wire, wireSchema } from './support/wire_schemas.mjs';

const tool = { name: 'a', inputSchema: { type: 'object' } };
const listed = { tools: [tool] };
const modernListed = { ...listed, resultType: 'complete', ttlMs: 1, cacheScope: 'public' };

for (const revision of revisions) {
  describe(revision, () => {
    const isModern = revision === '2026-07-28';
    const right = isModern ? modernListed : listed;
    const wrong = (result, method = 'tools/list') => wireSchema(revision).violations({ jsonrpc: '2.0', id: 1, result }, method);

    test('a right message passes', () => {
      assert.deepEqual(wrong(right), []);
      assert.deepEqual(wireSchema(revision).violations({ jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'x' } }), []);
      const params = { progressToken: 1, progress: 1 };
      assert.deepEqual(wireSchema(revision).violations({ jsonrpc: '2.0', method: 'notifications/progress', params }), []);
    });

    test('a wrong one does not', () => {
      assert.notDeepEqual(wrong({ ...right, tools: [{ ...tool, inputSchema: undefined, name: 7 }] }), []);
      assert.notDeepEqual(wrong({ ...right, tools: undefined }), []);
      assert.notDeepEqual(wireSchema(revision).violations({ jsonrpc: '1.0', id: 1, result: right }, 'tools/list'), []);
      assert.notDeepEqual(wireSchema(revision).violations({ jsonrpc: '2.0', id: 1, error: { code: '1' } }), []);
      const params = { progress: 'much' };
      assert.notDeepEqual(wireSchema(revision).violations({ jsonrpc: '2.0', method: 'notifications/progress', params }), []);
      assert.notDeepEqual(wireSchema(revision).violations({ jsonrpc: '2.0', method: 'notifications/made_up' }), []);
    });

    test('what belongs to the other era is wrong', () => {
      assert.notDeepEqual(wrong({}, isModern ? 'ping' : 'server/discover'), []);
      if (isModern) assert.notDeepEqual(wrong(listed), []);
    });
  });
}

test('a conversation remembers what is wrong in it', () => {
  const wire = new Wire('2025-11-25');
  wire.sent({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} });
  const result = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'a', version: '1' } };
  wire.receive({ jsonrpc: '2.0', id: 1, result });
  wire.sent({ jsonrpc: '2.0', id: 2, method: 'tools/list' });
  wire.receive({ jsonrpc: '2.0', id: 2, result: listed });
  wire.check();
  wire.receive({ jsonrpc: '2.0', id: 2, result: { tools: [{}] } });
  assert.throws(() => wire.check(), /2025-06-18: .*name/);
});

test('an official client that gets a wrong message is noticed to have got it', async () => {
  const wire = new Wire('2026-07-28');
  const transport = wire.tap({ send: async () => {} });
  const got = [];
  transport.onmessage = (message) => got.push(message);
  await transport.send({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  transport.onmessage({ jsonrpc: '2.0', id: 1, result: listed });
  assert.equal(got.length, 1);
  assert.throws(() => wire.check(), /ttlMs/);
});
