// The servers that transcripts are played against: each a process and a store of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { eventually } from '../interop/support/eventually.mjs';
import { binary, startHttp } from '../interop/support/server.mjs';

const PATIENCE_MS = 10_000;

/** Over stdio: a line is a message. */
export class StdioServer {
  sentIn(line) { return line; }
  receivedIn(line) { return line; }

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'checkout-golden-'));
    this.process = spawn(binary, ['stdio', '--store', `sqlite:${join(this.folder, 'checkout.db')}`], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, HOME: this.folder, XDG_DATA_HOME: this.folder },
    });
    this.closed = new Promise((done) => this.process.on('close', done));
    this.process.on('error', (error) => (this.log += error.message));
    this.log = '';
    this.process.stderr.on('data', (chunk) => (this.log += chunk));
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  send(line) {
    this.process.stdin.write(`${line}\n`);
  }

  async next() {
    const late = once(AbortSignal.timeout(PATIENCE_MS), 'abort').then(() => ({ done: true }));
    const line = await Promise.race([this.lines.next(), late]);
    if (line.done) assert.fail(`the server said nothing. Its log:\n${this.log}`);
    return JSON.parse(line.value);
  }

  async sandboxUrl() {
    const [, url] = await eventually('a sandbox that listens', () => /sandbox listening on (http:\/\/\S+)/.exec(this.log));
    return url;
  }

  async post(path, body) {
    const response = await fetch((await this.sandboxUrl()) + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    assert.ok(response.ok, `POST ${path}: ${response.status} ${await response.text()}`);
  }

  finish() { this.process.stdin.end(); }

  // Ends it as a client does; nothing may come after the last expected line.
  async end() {
    this.finish();
    const rest = [];
    for (let line = await this.lines.next(); !line.done; line = await this.lines.next()) rest.push(line.value);
    assert.deepEqual(rest, [], 'unexpected messages at the end');
    assert.equal(await this.closed, 0, `exit code. The log:\n${this.log}`);
  }

  remove() {
    this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Over HTTP. What is sent is {method, headers, body}; what comes back is {status, headers, body}: of the headers those that
 * MCP is about; the body of an event stream is the list of its events.
 */
export class HttpServer {
  sentIn({ body }) { return body; }
  receivedIn({ headers, body }) {
    if (body === '') return [];
    return headers['content-type'] === 'text/event-stream' ? body.map(({ message }) => message).filter(Boolean) : body;
  }

  static async start() { return Object.assign(new HttpServer(), { server: await startHttp() }); }

  send(line) {
    const { method, headers, body } = JSON.parse(line);
    const common = { Accept: 'application/json, text/event-stream', 'Content-Type': 'application/json' };
    this.answer = fetch(this.server.url, { method, headers: { ...common, ...headers }, body: JSON.stringify(body) });
  }

  async next() {
    const response = await this.answer;
    const named = ['content-type', 'mcp-session-id', 'allow'].filter((name) => response.headers.has(name));
    const headers = Object.fromEntries(named.map((name) => [name, response.headers.get(name)]));
    const text = await response.text();
    const body = headers['content-type'] === 'text/event-stream' ? eventsOf(text) : text && JSON.parse(text);
    return { status: response.status, headers, body };
  }

  end() { return this.server.stop(); }
  remove() { return this.server.kill(); }
}

const eventsOf = (text) => text.split('\n\n').filter(Boolean).map((event) => {
  const lines = event.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line));
  const field = (wanted) => lines.filter(([, name]) => name === wanted).map(([, , value]) => value).join('\n');
  return { id: field('id'), message: field('data') && JSON.parse(field('data')) };
});
