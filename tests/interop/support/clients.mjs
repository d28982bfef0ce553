// The official clients behind one face, the Agent. Every result it gets is checked against the outputSchema that
// the same client was given by tools/list.
import assert from 'node:assert/strict';

import * as modern from '@modelcontextprotocol/client';
import { StdioClientTransport as ModernStdio } from '@modelcontextprotocol/client/stdio';
import { Client as HandshakeClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as HandshakeStdio } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HandshakeHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { Schemas } from './schemas.mjs';
import { binary, newHome, Said, startHttp } from './server.mjs';

const clientInfo = { name: 'checkout-mcp-tests', version: '1.0.0' };

/** The clients under test: which library, which revision it settles on. */
export const libraries = {
  handshake: {
    revision: '2025-11-25',
    client: () => new HandshakeClient(clientInfo),
    stdio: (parameters) => Object.assign(new HandshakeStdio(parameters), {
      setProtocolVersion(version) { this.protocolVersion = version; },
    }),
    http: (url) => new HandshakeHttp(url),
    revisionOf: (client, transport) => transport.protocolVersion,
  },
  modern: {
    revision: '2026-07-28',
    client: () => new modern.Client(clientInfo, { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
    stdio: (parameters) => new ModernStdio(parameters),
    http: (url) => new modern.StreamableHTTPClientTransport(url),
    revisionOf: (client) => client.getNegotiatedProtocolVersion(),
  },
};

export async function connectStdio(library, { config } = {}) {
  const home = newHome();
  const agent = await connectInHome(library, home, { config });
  return Object.assign(agent, {
    sandbox: await agent.said.sandboxUrl(), close: async () => { await agent.client.close(); home.dispose(); },
  });
}

/** A stdio process of its own in a home where others may be. close() ends it and leaves the home. */
export async function connectInHome(library, home, { config } = {}) {
  const transport = library.stdio({
    command: binary, args: home.arguments('stdio', config ? ['--config', config] : []), env: home.environment,
    cwd: home.path, stderr: 'pipe',
  });
  const said = new Said(transport.stderr);
  const agent = await Agent.connect(library, transport);
  return Object.assign(agent, { home, said, pid: transport.pid, close: () => agent.client.close() });
}

export async function connectHttp(library, { config, launcher } = {}) {
  return connectTo(library, await startHttp({ config, launcher }));
}

/** To a server that runs; close() stops it. */
export async function connectTo(library, server) {
  const agent = await Agent.connect(library, library.http(new URL(server.url)));
  return Object.assign(agent, {
    home: server.home, server, sandbox: server.sandbox,
    close: async () => { await agent.client.close(); await server.stop(); },
  });
}

// Compiling them takes longer than starting a server, and servers of one build have the same.
const compiled = new Map();
function schemasOf(tools) {
  const key = JSON.stringify(tools);
  if (!compiled.has(key)) compiled.set(key, new Schemas(tools));
  return compiled.get(key);
}

class Agent {
  static async connect(library, transport) {
    const agent = new Agent();
    agent.client = library.client();
    await agent.client.connect(transport);
    agent.revision = library.revisionOf(agent.client, transport);
    agent.tools = (await agent.client.listTools()).tools;
    agent.schemas = schemasOf(agent.tools);
    return agent;
  }

  /** The raw result, after checking that its two forms agree and fit the tool's outputSchema. */
  async result(name, args = {}) {
    const result = await this.client.callTool({ name, arguments: args });
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
