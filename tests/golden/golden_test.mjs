// Plays the transcripts of this folder against the real binary, in lockstep: over stdio, unless they say otherwise. Every
// message of the server has to fit its revision's schema, too.
//
//   tests/interop/node --test tests/golden/golden_test.mjs
//   UPDATE_GOLDEN=1 …   writes what the server said into the transcripts instead of comparing
//
// A transcript is <revision>/<name>.txt; each one gets a process and a store of its own. Its lines:
//   > {…}            sent as it stands; ${name} is replaced by what was captured before, and ${modern} by the _meta
//                    member that every request of 2026-07-28 carries
//   < {…}            the next message from the server, compared as JSON
//   #project PATH    the next server message is reduced to PATH ("result.tools[].name") first; several paths with
//                    commas between give an array; ".status" is short for result.structuredContent.status
//   #until           the next client line is sent again until its answer fits, for at most 10 seconds
//   #post /path {…}  a request to the sandbox that the server runs
//   #end             the client ends its side; what the server still has to say may follow
//   #http            plays over HTTP: client lines are {method, headers, body}, server lines {status, headers, body}
//   # …              a comment
// In a server line a string may stand for what varies: "<saga>", "<time>" … (PLACEHOLDERS below); "<saga:id>" also
// captures the value as ${id}. "<structured>" is a text that says the same as structuredContent.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

import { eventually } from '../interop/support/eventually.mjs';
import { Wire } from '../interop/support/wire_schemas.mjs';
import { HttpServer, StdioServer } from './servers.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const UPDATE = process.env.UPDATE_GOLDEN === '1';

const PLACEHOLDERS = {
  saga: /^saga_[0-9a-f]{32}$/,
  order: /^order_[0-9a-f]{32}$/,
  session: /^cs_(test|live)_\w+$/,
  intent: /^pi_\w+$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  url: /^https?:\/\/[^/]+\/\S*$/,
  digest: /^[0-9a-f]{64}$/,
  key: /^[0-9a-f]{32}$/,
  question: /^ask-[0-9a-f]{16}$/,
};
const MODERN = `"_meta":${JSON.stringify({
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'golden', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
})}`;
const PLACEHOLDER = /^<(\w+)(?::(\w+))?>$/;

// --- transcripts ---

function parse(text) {
  return text.split('\n').map((line, index) => {
    const at = index + 1;
    if (line.startsWith('> ')) return { kind: 'client', text: line.slice(2), at };
    if (line.startsWith('< ')) return { kind: 'server', text: line.slice(2), at };
    if (line.startsWith('#project ')) return { kind: 'project', text: line.slice(9).trim(), line, at };
    if (line.startsWith('#until')) return { kind: 'until', line, at };
    if (line.startsWith('#post ')) return { kind: 'post', text: line.slice(6), line, at };
    if (line === '#http' || line === '#end') return { kind: line.slice(1), line, at };
    if (line === '' || line.startsWith('#')) return { kind: 'comment', line, at };
    throw new Error(`line ${at} is neither a message nor a comment: ${line}`);
  });
}

const print = (steps) =>
  steps.map((s) => (s.kind === 'client' ? `> ${s.text}` : s.kind === 'server' ? `< ${s.text}` : s.line)).join('\n');

function project(message, paths) {
  const values = paths.split(',').map((path) => valueAt(message, path.trim().replace(/^\./, 'result.structuredContent.')));
  return values.length === 1 ? values[0] : values;
}

function valueAt(message, path) {
  let values = [message];
  let many = false;
  for (const step of path.split('.')) {
    const key = step.replace(/\[\]$/, '');
    values = values.map((value) => value?.[key]);
    if (step.endsWith('[]')) {
      many = true;
      values = values.flatMap((value) => value ?? []);
    }
  }
  return many ? values : values[0];
}

const fill = (text, captured) => text.replace(/\$\{(\w+)\}/g, (_, name) => captured[name] ?? assert.fail(`nothing was captured as ${name}`));

// --- comparing ---

function compare(expected, actual, captured, path, parent) {
  if (typeof expected === 'string') {
    const placeholder = PLACEHOLDER.exec(expected);
    if (placeholder) return compareVolatile(placeholder, actual, captured, path, parent);
    return assert.equal(actual, fill(expected, captured), `at ${path}`);
  }
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `at ${path}: an array was expected, got ${JSON.stringify(actual)}`);
    assert.equal(actual.length, expected.length, `at ${path}: number of items`);
    return expected.forEach((item, i) => compare(item, actual[i], captured, `${path}[${i}]`, actual));
  }
  if (expected && typeof expected === 'object') {
    assert.ok(actual && typeof actual === 'object', `at ${path}: an object was expected, got ${JSON.stringify(actual)}`);
    assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), `at ${path}: members`);
    for (const key of Object.keys(expected)) compare(expected[key], actual[key], captured, `${path}.${key}`, actual);
    return;
  }
  assert.deepEqual(actual, expected, `at ${path}`);
}

function compareVolatile([whole, kind, name], actual, captured, path, parent) {
  if (kind === 'structured') return assert.equal(typeof JSON.parse(actual), 'object', `at ${path}`);
  if (kind !== 'any') {
    assert.ok(PLACEHOLDERS[kind], `unknown placeholder ${whole}`);
    assert.match(String(actual), PLACEHOLDERS[kind], `at ${path}`);
  }
  if (name) captured[name] = actual;
}

// "<structured>" in a text block is as good as the structured content beside it.
function checkTextBlocks(message) {
  const result = message?.result;
  if (!result?.content || result.structuredContent === undefined) return;
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent, 'text block and structuredContent');
}

// --- updating ---

// What the transcript should say for `actual`: placeholders of `old` that still fit stay, new volatile values get one.
function generalise(old, actual, captured, parentKey) {
  if (typeof old === 'string') {
    const placeholder = PLACEHOLDER.exec(old);
    if (placeholder && fits(old, actual, captured)) return old;
    if (old.includes('${') && old.replace(/\$\{(\w+)\}/g, (_, name) => captured[name]) === actual) return old;
  }
  if (typeof actual === 'string') {
    const known = Object.entries(captured).filter(([, value]) => value.length > 8 && actual.includes(value));
    if (known.length > 0) return known.reduce((text, [name, value]) => text.replaceAll(value, `\${${name}}`), actual);
    if (parentKey === 'text' && actual.startsWith('{')) return '<structured>';
    const volatile = Object.entries(PLACEHOLDERS).find(([, pattern]) => pattern.test(actual));
    return volatile ? `<${volatile[0]}>` : actual;
  }
  if (Array.isArray(actual)) return actual.map((item, i) => generalise(old?.[i], item, captured, parentKey));
  if (actual && typeof actual === 'object')
    return Object.fromEntries(Object.entries(actual).map(([key, value]) => [key, generalise(old?.[key], value, captured, key)]));
  return actual;
}

function fits(expected, actual, captured) {
  try {
    compare(expected, actual, captured, '$');
    return true;
  } catch {
    return false;
  }
}

function parsedOrUndefined(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

// --- playing ---

async function play(steps, server, wire) {
  const captured = { modern: MODERN };
  const send = (line) => {
    const message = parsedOrUndefined(line);
    wire.sent([server.sentIn(message)].flat().filter((one) => one && typeof one === 'object'));
    server.send(line);
  };
  const next = async () => {
    const answer = await server.next();
    [server.receivedIn(answer)].flat().forEach((message) => wire.receive(message));
    return answer;
  };
  let path;
  let until;
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'project') path = step.text;
    if (step.kind === 'until') until = {};
    if (step.kind === 'post') {
      const [target, ...body] = fill(step.text, captured).split(' ');
      await server.post(target, body.join(' '));
    }
    if (step.kind === 'end') server.finish();
    if (step.kind === 'client') {
      if (until) until.line = fill(step.text, captured);
      send(fill(step.text, captured));
    }
    if (step.kind !== 'server') continue;
    const expected = parsedOrUndefined(step.text);
    let message = await next();
    const seen = () => (path ? project(message, path) : message);
    if (until)
      await eventually(`an answer to line ${steps[index].at} that fits`, async () => {
        if (fits(expected, seen(), captured)) return true;
        send(until.line);
        message = await next();
        return false;
      });
    checkTextBlocks(message);
    if (UPDATE) step.text = JSON.stringify(generalise(expected, seen(), captured));
    try {
      compare(JSON.parse(step.text), seen(), captured, '$');
    } catch (error) {
      error.message = `line ${steps[index].at}: ${error.message}\n  the server said: ${JSON.stringify(seen())}`;
      throw error;
    }
    path = until = undefined;
  }
  await server.end();
  wire.check();
}

const revisions = readdirSync(HERE, { withFileTypes: true }).filter((entry) => /^\d{4}-\d\d-\d\d$/.test(entry.name));
for (const { name: revision } of revisions) {
  for (const file of readdirSync(join(HERE, revision)).filter((name) => name.endsWith('.txt'))) {
    test(`${revision}/${basename(file, '.txt')}`, async () => {
      const path = join(HERE, revision, file);
      const steps = parse(readFileSync(path, 'utf8'));
      const overHttp = steps.some(({ kind }) => kind === 'http');
      const server = overHttp ? await HttpServer.start() : new StdioServer();
      try {
        await play(steps, server, new Wire(revision));
      } finally {
        server.remove();
      }
      if (UPDATE) writeFileSync(path, print(steps));
    });
  }
}
