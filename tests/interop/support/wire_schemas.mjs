// Is a message of the server what its revision's schema says? The schemas are the specification's own, as the official
// conformance suite carries them in its bundle. It has none for 2024-11-05; messages of that revision are held to the
// next one's, which added nothing that is required.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runInNewContext } from 'node:vm';

import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const bundled = ['2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'];  // in the bundle's order
export const revisions = ['2024-11-05', ...bundled];

// Where a result's definition is not called after its request's.
const resultNames = { PingRequest: 'EmptyResult', SetLevelRequest: 'EmptyResult', SubscribeRequest: 'EmptyResult', UnsubscribeRequest: 'EmptyResult' };
// Unions that would take anything.
const unions = /^(Client|Server)(Request|Notification|Result|Message)$/;

/** Every object literal of the bundle that is a schema of the protocol. */
function schemasOfTheSuite() {
  const path = require.resolve('@modelcontextprotocol/conformance/dist/index.js');
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext, false);
  const found = [];
  const membersOf = (node) => (node && ts.isObjectLiteralExpression(node) ? node.properties : []);
  const visit = (node) => {
    const definitions = membersOf(node).find(({ name }) => name?.text === '$defs' || name?.text === 'definitions');
    const isProtocol = membersOf(definitions?.initializer).some(({ name }) => name?.text === 'JSONRPCMessage');
    if (isProtocol) found.push(JSON.parse(runInNewContext(`JSON.stringify(${source.text.slice(node.pos, node.end)})`)));
    else ts.forEachChild(node, visit);
  };
  visit(source);
  assert.equal(found.length, bundled.length, 'a schema for each revision in the bundle of the conformance suite');
  return Object.fromEntries(bundled.map((revision, at) => [revision, found[at]]));
}

class WireSchema {
  #ajv; #section; #definitions;
  #byMethod = new Map();
  #byErrorCode = new Map();

  constructor(schema) {
    const Validator = schema.$schema.includes('2020-12') ? Ajv2020 : Ajv;
    this.#ajv = new (Validator.default ?? Validator)({ strict: false, allErrors: true });
    (addFormats.default ?? addFormats)(this.#ajv);
    this.#ajv.addFormat('byte', true);
    this.#ajv.addSchema(schema, 'mcp');
    this.#section = schema.$defs ? '$defs' : 'definitions';
    this.#definitions = schema[this.#section];
    for (const [name, definition] of Object.entries(this.#definitions)) {
      if (unions.test(name)) continue;
      const method = definition.properties?.method?.const;
      if (method) this.#byMethod.set(method, name);
      for (const part of definition.properties?.error?.allOf ?? [])
        if (part.properties?.code?.const) this.#byErrorCode.set(part.properties.code.const, name);
    }
  }

  /** What is wrong with it; `answered` is the method of the request that it answers. */
  violations(message, answered) {
    if (Array.isArray(message)) return message.flatMap((one) => this.violations(one, answered));
    if ('method' in message) return this.#against(this.#byMethod.get(message.method), message, `no method "${message.method}"`);
    if ('error' in message)
      return this.#against(this.#byErrorCode.get(message.error?.code) ?? this.#first('JSONRPCErrorResponse', 'JSONRPCError'), message);
    return [
      ...this.#against(this.#first('JSONRPCResultResponse', 'JSONRPCResponse'), message),
      ...(answered ? this.#against(this.#resultOf(answered, message.result), message.result, `no method "${answered}"`) : []),
    ];
  }

  #first(...names) { return names.find((name) => name in this.#definitions); }

  #resultOf(method, result) {
    if (result?.resultType === 'input_required') return this.#first('InputRequiredResult');
    const request = this.#byMethod.get(method);
    return request && (resultNames[request] ?? this.#first(request.replace(/Request$/, 'Result'), 'EmptyResult'));
  }

  #against(name, value, unknown) {
    if (!name) return [`this revision has ${unknown}`];
    const validate = this.#ajv.getSchema(`mcp#/${this.#section}/${name}`);
    return validate(value) ? [] : validate.errors.map(({ instancePath, message }) => `${name}${instancePath} ${message}`);
  }
}

let schemas;
const compiled = new Map();

export function wireSchema(revision) {
  if (!compiled.has(revision)) {
    schemas ??= schemasOfTheSuite();
    compiled.set(revision, new WireSchema(schemas[revision === '2024-11-05' ? '2025-03-26' : revision]));
  }
  return compiled.get(revision);
}

const versionKey = 'io.modelcontextprotocol/protocolVersion';
// JSON-RPC wants "id": null in an error about a message without a readable id, 2025-11-25 and its successor want none, and
// the schemas before allow neither: the server leaves it out everywhere.
const schemaOf = (revision, { error, id }) => wireSchema(error && id === undefined && revision < '2025-11-25' ? '2025-11-25' : revision);

/**
 * A client's view of a conversation: told of every message both ways, it keeps them and what is wrong with those of the
 * server. `revision` is what the client speaks, but for what `initialize` or a request's _meta say.
 */
export class Wire {
  received = [];
  sentMessages = [];
  violations = [];
  #asked = new Map();  // {method, revision} by id
  #negotiated;

  constructor(revision) { this.revision = revision; }

  sent(message) {
    for (const one of [message].flat()) {
      this.sentMessages.push(one);
      const revision = one.params?._meta?.[versionKey];
      this.#asked.set(one.id, { method: one.method, revision: revisions.includes(revision) ? revision : undefined });
    }
  }

  receive(message) {
    this.received.push(message);
    const asked = message.method === undefined ? this.#asked.get(message.id) : undefined;
    if (asked?.method === 'initialize' && message.result) this.#negotiated = message.result.protocolVersion;
    const revision = asked?.revision ?? this.#negotiated ?? this.revision;
    const wrong = schemaOf(revision, message).violations(message, asked?.method);
    if (wrong.length > 0) this.violations.push(`${revision}: ${wrong.join('; ')} in ${JSON.stringify(message)}`);
  }

  check() { assert.deepEqual(this.violations, [], 'messages that break the schema of their revision'); }

  /** From now on sees every message that passes this transport of an official client; `edit` may change what it sends. */
  tap(transport, edit = (message) => message) {
    let handler;
    Object.defineProperty(transport, 'onmessage', {
      configurable: true,
      get: () => handler,
      set: (next) => {
        handler = next && ((message, ...rest) => {
          this.receive(message);
          next(message, ...rest);
        });
      },
    });
    const send = transport.send.bind(transport);
    transport.send = (message, ...rest) => {
      this.sent(message);
      return send(edit(message), ...rest);
    };
    return transport;
  }
}
