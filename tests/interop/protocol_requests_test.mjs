// What goes along with a request: progress, log messages, its cancellation. The shops' tools are too quick for that, so the
// fixtures of the conformance suite are called, on the same engine and transports.
import assert from 'node:assert/strict';

import { inEachDialect } from './support/dialects.mjs';
import { eventually } from './support/eventually.mjs';
import { proves } from './support/proofs.mjs';

const logLevelKey = 'io.modelcontextprotocol/logLevel';

inEachDialect({ fixtures: true }, (agent, dialect) => {
  const prove = (feature, name, body) => proves(feature, dialect, name, () => body(agent()));
  const call = (client, name, options, params) => client.library.call(client.client, { name, arguments: {}, ...params }, options);
  const textOf = async (client, name) => (await call(client, name)).content[0].text;

  prove('progress', 'is reported while a call runs, and only to who asked', async (client) => {
    const heard = [];
    await call(client, 'test_tool_with_progress', { onprogress: ({ progress }) => heard.push(progress) });
    // A client drops the reports that it reads together with the answer, so what counts is what it got.
    const got = client.wire.received.slice(-4);
    assert.deepEqual(got.map(({ params, result }) => (result ? 'answer' : [params.progress, params.total])),
                     [[0, 100], [50, 100], [100, 100], 'answer']);
    assert.deepEqual(heard, [0, 50, 100].slice(0, heard.length));
    const before = client.wire.received.length;
    await call(client, 'test_tool_with_progress');
    assert.equal(client.wire.received.length, before + 1);
  });

  prove('cancellation', 'stops a call, which is not answered any more; other calls go on', async (client) => {
    const before = Number(await textOf(client, 'test_cancelled_calls'));
    const stop = new AbortController();
    const running = call(client, 'test_until_cancelled', { signal: stop.signal, onprogress: () => stop.abort('enough') });
    await assert.rejects(running);
    await eventually('the tool noticed', async () => Number(await textOf(client, 'test_cancelled_calls')) === before + 1);
    const cancelled = client.wire.sentMessages.findLast(({ params }) => params?.name === 'test_until_cancelled').id;
    assert.ok(!client.wire.received.some(({ id }) => id === cancelled), 'nothing was answered');
    const reports = client.wire.received.filter(({ params }) => params?.message !== undefined && 'progressToken' in params);
    assert.deepEqual(reports.map(({ params }) => params.message), ['begun'], 'nothing more was reported');
  });

  prove('logging', 'messages come from the level on that the client asked for', async (client) => {
    const params = (level) => (dialect.isModern ? { _meta: { [logLevelKey]: level } } : {});
    const heardAt = async (level) => {
      client.logs.length = 0;
      if (!dialect.isModern) await client.client.setLoggingLevel(level);
      await call(client, 'test_tool_with_logging', undefined, params(level));
      await call(client, 'test_simple_text');  // what was sent before its answer has arrived with it
      return client.logs.map(({ level: at }) => at);
    };
    assert.deepEqual(await heardAt('debug'), ['info', 'info', 'info']);
    assert.deepEqual(await heardAt('info'), ['info', 'info', 'info']);
    assert.deepEqual(await heardAt('warning'), []);
  });

  if (dialect.isModern) {
    prove('logging', 'who does not ask hears nothing', async (client) => {
      client.logs.length = 0;
      await call(client, 'test_tool_with_logging');
      assert.deepEqual(client.logs, []);
    });
  } else {
    prove('ping', 'is answered', async ({ client }) => assert.deepEqual(await client.ping(), {}));
  }
});
