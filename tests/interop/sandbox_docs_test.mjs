// docs/sandbox.md keeps its word: its blocks marked "tested" run as they stand, in one shell, and its tables are what happens.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { root } from './support/server.mjs';
import { startSimulator } from './support/simulator.mjs';

const document = readFileSync(join(root, 'docs/sandbox.md'), 'utf8');
const blocks = [...document.matchAll(/<!-- tested -->\n```sh\n(.*?)```/gs)].map(([, text]) => text);
const rows = (header) => document.split(header)[1].split('\n\n')[0].split('\n').slice(2)
  .map((row) => row.split('|').slice(1, -1).map((cell) => cell.trim().replaceAll('`', '')));
const address = '127.0.0.1:12111';

describe('docs/sandbox.md', () => {
  let simulator;
  before(async () => { simulator = await startSimulator(); });
  after(() => simulator?.stop());

  test('leads from a session to the ledger', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'checkout-mcp-sandbox-'));
    try {
      assert.ok(blocks.length >= 6);
      const script = blocks.join('\n').replaceAll(address, new URL(simulator.url).host);
      const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-euo', 'pipefail', '-c', script], { cwd: folder, timeout: 60_000 });
      assert.equal(stderr, '');
      assert.doesNotMatch(stdout, /"error"/, stdout);
      for (const said of [
        /"url": "http:\/\/127\.0\.0\.1:\d+\/pay\/cs_test_/, /"outcome": "succeeded"/, /"payment_status": "paid"/, /"offset_ms": 86400000/,
        /"strikes": 0/, /"secret": "whsec_/, /"captured": 4200/,
      ]) assert.match(stdout, said);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('says of each card what it does', async () => {
    for (const [number, token, what] of rows('| number | token `pm_card_…` | what happens |')) {
      const outcome = async (parameters) => {
        const answer = await simulator.api('POST', '/v1/payment_intents', {
          amount: 2000, currency: 'eur', confirm: true, payment_method: `pm_card_${token}`, return_url: 'https://shop.example/', ...parameters,
        });
        return answer.error?.decline_code ?? answer.status;
      };
      const expected = /3-D Secure/.test(what) ? 'requires_action' : /succeed/.test(what) || /refunds/.test(what) ? 'succeeded' : /([a-z]+_[a-z_]+|fraudulent)/.exec(what)[0];
      assert.equal(await outcome(), expected, number);
      if (/unless/.test(what)) assert.equal(await outcome({ off_session: true }), 'succeeded');
      const session = await simulator.api('POST', '/v1/checkout/sessions', {
        mode: 'payment', success_url: 'https://shop.example/',
        line_items: [{ price_data: { currency: 'eur', unit_amount: 2000, product_data: { name: 'Mug' } }, quantity: 1 }],
      });
      const paid = await simulator.control(`checkout/sessions/${session.id}/pay`, { card: number });
      assert.equal(paid.error?.decline_code ?? paid.outcome, expected, `${number} on the page`);
    }
  });

  test('says of each account what it does', async () => {
    for (const [iban, token, what] of rows('| IBAN (SEPA Direct Debit, eur) | token `pm_…` | what happens |')) {
      const create = (parameters) => simulator.api('POST', '/v1/payment_intents', {
        amount: 2000, currency: 'eur', confirm: true, return_url: 'https://shop.example/back', ...parameters,
      });
      const debits = [
        await create({ payment_method: `pm_${token}` }), await create({ payment_method_data: { type: 'sepa_debit', sepa_debit: { iban } } }),
      ];
      assert.deepEqual(debits.map(({ status }) => status), ['processing', 'processing'], iban);
      await simulator.advance(181);
      for (const { id } of debits) {
        const { status, latest_charge: charge } = await simulator.api('GET', `/v1/payment_intents/${id}`, { expand: ['latest_charge'] });
        assert.equal(status, /fails/.test(what) ? 'requires_payment_method' : 'succeeded', iban);
        assert.equal(charge.disputed, /disputed/.test(what), iban);
      }
    }
  });

  test('names the tax of each country', async () => {
    const [, list] = /see totals change: ([^.]+\d[\s\S]*?), others nothing/.exec(document);
    const rates = [...list.matchAll(/([A-Z]{2}) ([\d.]+)/g)];
    assert.ok(rates.length > 20);
    for (const [, country, percent] of rates) {
      const session = await simulator.api('POST', '/v1/checkout/sessions', {
        mode: 'payment', success_url: 'https://shop.example/', automatic_tax: { enabled: true },
        line_items: [{ price_data: { currency: 'eur', unit_amount: 100_00, tax_behavior: 'exclusive', product_data: { name: 'Mug' } }, quantity: 1 }],
      });
      const { session: paid } = await simulator.pay(session.id, { card: '4242424242424242', country });
      assert.equal(paid.total_details.amount_tax, Math.round(Number(percent) * 100), country);
    }
  });
});
