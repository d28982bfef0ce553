// The official clients behind one face, the Agent. Every result it gets is checked against the outputSchema that
// the same client was given by tools/list, and every message against its revision's schema.
import assert from 'node:assert/strict';

import * as modern from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { Client as HandshakeClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as HandshakeStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HandshakeHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as handshakeTypes from '@modelcontextprotocol/sdk/types.js';

import { program as fixtures, startFixtures } from './fixtures.mjs';
import { Schemas } from './schemas.mjs';
import { binary, newHome, Said, startHttp } from './server.mjs';
import { Wire } from './wire_schemas.mjs';

const clientInfo = { name: 'checkout-mcp-tests', version: '1.0.0' };

/** SDK 1.x. It offers the newest handshake revision only, so an older one is written into what it sends. */
const handshake = (revision) => ({
  name: 'SDK 1.x', revision,
  client: (capabilities) => new HandshakeClient(clientInfo, { capabilities }),
  stdio: (parameters) => Object.assign(new HandshakeStdio(parameters), {
    setProtocolVersion(version) { this.protocolVersion = version; },
  }),
  http: (url) => new HandshakeHttp(url),
  revisionOf: (client, transport) => transport.protocolVersion,
  offer: (message) => (message.method === 'initialize'
    ? { ...message, params: { ...message.params, protocolVersion: revision } } : message),
  onElicit: (client, answer) => client.setRequestHandler(handshakeTypes.ElicitRequestSchema, answer),
  onUpdate: (client, hear) => client.setNotificationHandler(handshakeTypes.ResourceUpdatedNotificationSchema, hear),
  onLog: (client, hear) => client.setNotificationHandler(handshakeTypes.LoggingMessageNotificationSchema, hear),
  call: (client, params, options) => client.callTool(params, undefined, options),
});

const client2 = (revision, mode) => ({
  name: 'client 2.x', revision,
  client: (capabilities) => new modern.Client(clientInfo, { capabilities, versionNegotiation: { mode } }),
  stdio: (parameters) => new ModernStdio(parameters),
  http: (url) => new modern.StreamableHTTPClientTransport(url),
  revisionOf: (client) => client.getNegotiatedProtocolVersion(),
  offer: (message) => message,
  onElicit: (client, answer) => client.setRequestHandler('elicitation/create', answer),
  onUpdate: (client, hear) => client.setNotificationHandler('notifications/resources/updated', hear),
  onLog: (client, hear) => client.setNotificationHandler('notifications/message', hear),
  call: (client, params, options) => client.callTool(params, options),
});

/** The clients under test: which library, and the revision that it settles on. */
export const libraries = {
  handshake: handshake('2025-11-25'),
  modern: client2('2026-07-28', { pin: '2026-07-28' }),
};

/** Every revision by an official client, the newest handshake revision by both. */
export const allLibraries = [
  libraries.modern, libraries.handshake, client2('2025-11-25', 'legacy'),
  ...['2025-06-18', '2025-03-26', '2024-11-05'].map(handshake),
];

// `options` of a client: {capabilities}. One that can be asked for input says what `agent.answer(params)` gives.

export async function connectStdio(library, { config, ...options } = {}) {
  const home = newHome();
  const agent = await connectInHome(library, home, { config, ...options });
  return Object.assign(agent, {
    sandbox: await agent.said.sandboxUrl(), close: async () => { await agent.disconnect(); home.dispose(); },
  });
}

/** A stdio process of its own in a home where others may be. close() ends it and leaves the home. */
export async function connectInHome(library, home, { config, ...options } = {}) {
  const transport = library.stdio({
    command: binary, args: home.arguments('stdio', config ? ['--config', config] : []), env: home.environment,
    cwd: home.path, stderr: 'pipe',
  });
  const said = new Said(transport.stderr);
  const agent = await Agent.connect(library, transport, options);
  return Object.assign(agent, { home, said, pid: transport.pid, close: () => agent.disconnect() });
}

export async function connectHttp(library, { config, launcher, ...options } = {}) {
  return connectTo(library, await startHttp({ config, launcher }), options);
}

/** To the fixtures of the conformance suite. */
export async function connectFixtures(library, transport, options) {
  if (transport === 'HTTP') return connectTo(library, await startFixtures(), options);
  const agent = await Agent.connect(library, library.stdio({ command: fixtures, args: ['stdio'] }), options);
  return Object.assign(agent, { close: () => agent.disconnect() });
}

/** To a server that runs; close() stops it. */
export async function connectTo(library, server, options) {
  const agent = await joinTo(library, server, options);
  return Object.assign(agent, {
    close: async () => { await agent.disconnect(); await server.stop(); },
  });
}

/** To a server that runs; close() leaves it running. */
export async function joinTo(library, server, options) {
  const agent = await Agent.connect(library, library.http(new URL(server.url)), options);
  return Object.assign(agent, { home: server.home, server, sandbox: server.sandbox, close: () => agent.disconnect() });
}

// Compiling them takes longer than starting a server, and servers of one build have the same.
const compiled = new Map();
function schemasOf(tools) {
  const key = JSON.stringify(tools);
  if (!compiled.has(key)) compiled.set(key, new Schemas(tools));
  return compiled.get(key);
}

class Agent {
  updates = [];  // params of notifications/resources/updated
  logs = [];     // params of notifications/message
  asked = [];    // params of elicitation/create

  static async connect(library, transport, { capabilities = {} } = {}) {
    const agent = new Agent();
    agent.library = library;
    agent.transport = transport;
    agent.wire = new Wire(library.revision);
    agent.wire.tap(transport, library.offer);
    agent.client = library.client(capabilities);
    if (capabilities.elicitation) {
      library.onElicit(agent.client, ({ params }) => {
        agent.asked.push(params);
        return agent.answer(params);
      });
    }
    library.onUpdate(agent.client, ({ params }) => { agent.updates.push(params); });
    library.onLog(agent.client, ({ params }) => { agent.logs.push(params); });
    await agent.client.connect(transport);
    agent.revision = library.revisionOf(agent.client, transport);
    agent.tools = (await agent.client.listTools()).tools;
    return agent;
  }

  #schemas;
  get schemas() { return (this.#schemas ??= schemasOf(this.tools)); }

  async disconnect() {
    await this.client.close();
    this.wire.check();
  }

  /** Hears of changes of that resource from now on. {close()}: no longer; {closed}: who ended it, where that is told */
  async watch(uri) {
    if (this.revision === '2026-07-28') {
      const subscription = await this.client.listen({ resourceSubscriptions: [uri] });
      assert.deepEqual(subscription.honoredFilter.resourceSubscriptions, [uri]);
      return subscription;
    }
    await this.client.subscribeResource({ uri });
    return { close: () => this.client.unsubscribeResource({ uri }) };
  }

  /** The raw result, after checking that its two forms agree and fit the tool's outputSchema. */
  async result(name, args = {}) {
    const result = await this.library.call(this.client, { name, arguments: args });
    this.schemas.check(name, result);
    return result;
  }

  /** structuredContent of a call that must succeed. */
  async call(name, args = {}) {
    const result = await this.result(name, args);
    assert.ok(!result.isError, `${name} failed: ${JSON.stringify(result.structuredContent)}`);
    return result.structuredContent;
  }

  /** structuredContent.error of a call that must fail with `code`. */
  async fail(name, args, code) {
    const result = await this.result(name, args);
    assert.equal(result.isError, true, `${name} should fail: ${JSON.stringify(result.structuredContent)}`);
    const { error } = result.structuredContent;
    assert.equal(error.code, code, JSON.stringify(error));
    assert.ok(error.message.length >= 15, `a message that helps: ${error.message}`);
    assert.equal(typeof error.retryable, 'boolean');
    return error;
  }
}
