// docs/stripe.md keeps its word: its configuration is accepted, its commands run as pasted, its events are those that count.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { binary, newHome, root } from './support/server.mjs';

const document = readFileSync(join(root, 'docs/stripe.md'), 'utf8');
const blocks = [...document.matchAll(/<!-- tested(?:: (\S+))? -->\n *```(\w+)\n(.*?) *```/gs)]
  .map(([, file, language, text]) => ({ file, language, text }));
const home = newHome();
after(() => home.dispose());

test('the configuration and the commands of docs/stripe.md work as pasted', () => {
  assert.equal(blocks.length, 2);
  for (const { file, text } of blocks) if (file) writeFileSync(join(home.path, file), text);
  symlinkSync(binary, join(home.path, 'checkout-mcp'));
  const script = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text).join('\n');
  const said = execFileSync('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
    cwd: home.path, encoding: 'utf8', env: { ...home.environment, PATH: `${home.path}:${process.env.PATH}` },
  });
  assert.match(said, /^shop\.json: OK, 1 tenant$/m);
  assert.match(said, /tea_house .* test mode$/m);
});

test('the events of docs/stripe.md are those that this program asks Stripe for', () => {
  const isEvent = /^(checkout\.session|payment_intent|charge|refund)\.[a-z_.]+$/;
  const listed = document.split('\n').map((line) => line.trim()).filter((line) => isEvent.test(line));
  const source = readFileSync(join(root, 'src/saga/payment.cpp'), 'utf8');
  const handled = [...source.matchAll(/"([a-z_.]+)"/g)].map(([, text]) => text).filter((text) => isEvent.test(text));
  assert.ok(handled.length >= 17);
  assert.deepEqual(listed.sort(), [...new Set(handled)].sort());
});

test('every member that docs/stripe.md names is in the schema of the configuration', () => {
  const { definitions } = JSON.parse(readFileSync(join(root, 'schemas/config.json'), 'utf8'));
  const members = Object.keys(definitions.tenant.properties.stripe.properties);
  const named = [...document.matchAll(/^\| `([a-z_]+)` \| [a-z]/gm)].map(([, name]) => name);
  assert.ok(named.length >= 3);
  for (const name of named) assert.ok(members.includes(name), name);
});
