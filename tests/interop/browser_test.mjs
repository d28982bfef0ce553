// A customer opens the payment page in a browser, mistypes nothing but the card, and pays.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { chromium } from 'playwright-core';

import { connectHttp, libraries } from './support/clients.mjs';
import { root } from './support/server.mjs';
import {
  address, customerWith, declinedCard, openPaymentPage, productOf, statusOf, untilStatus,
} from './support/shopping.mjs';

const pictures = join(root, 'tests/artifacts');
const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 375, height: 812 } };

describe('the payment page in a browser', () => {
  let agent, browser;

  before(async () => {
    mkdirSync(pictures, { recursive: true });
    agent = await connectHttp(libraries.modern);
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
             '--disable-component-update', '--disable-sync'],
    });
  });
  after(async () => {
    await browser?.close();
    await agent?.close();
  });

  for (const [size, viewport] of Object.entries(sizes)) {
    test(`shows the order, refuses a declined card in place, and takes a good one (${size})`, async () => {
      const product = await productOf(agent, 'physical');
      const customer = await customerWith(agent, product.productId, 2);
      const session = await openPaymentPage(agent, { ...customer, shippingAddress: address });

      const page = await browser.newPage({ viewport });
      const complaints = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(session.url);
      const text = await page.innerText('body');
      assert.ok(text.includes(product.name), text);
      assert.ok(text.includes(session.amount.display), text);
      await picture(page, size, 'page');
      await fitsItsWidth(page);

      await fillIn(page, declinedCard);
      await page.getByRole('button', { name: /pay/i }).click();
      await page.getByText(/declined/i).waitFor({ timeout: 10_000 });
      assert.equal(new URL(page.url()).origin, new URL(session.url).origin);
      assert.equal((await statusOf(agent, session.sagaId)).status, 'payment_pending');
      await picture(page, size, 'declined');

      await fillIn(page, '4242 4242 4242 4242');
      await page.getByRole('button', { name: /pay/i }).click();
      await page.waitForURL((url) => url.origin === agent.server.origin && url.pathname === '/pay/return');
      await picture(page, size, 'return');
      await fitsItsWidth(page);

      const done = await untilStatus(agent, session.sagaId, 'completed');
      assert.equal(done.payment.confirmedBy, 'webhook');
      assert.deepEqual(complaints, []);
      await page.close();
    });
  }

  test('leads back to the shop without paying', async () => {
    const customer = await customerWith(agent, (await productOf(agent, 'digital')).productId);
    const session = await openPaymentPage(agent, customer);
    const page = await browser.newPage({ viewport: sizes.desktop });
    await page.goto(session.url);
    await page.getByRole('link', { name: /back|cancel|return/i }).click();
    await page.waitForURL((url) => url.origin === agent.server.origin && url.pathname === '/pay/cancel');
    assert.equal((await statusOf(agent, session.sagaId)).status, 'payment_pending');
    await page.close();
  });
});

/** Types as a person does, key by key. */
async function fillIn(page, card) {
  const type = async (label, value) => {
    const field = page.getByLabel(label).first();
    await field.fill('');
    await field.pressSequentially(value);
  };
  await type(/card number/i, card);
  await type(/expir/i, '12 / 34');
  await type(/cvc|security code/i, '123');
  await type(/name/i, 'Ada Lovelace');
}

const picture = (page, size, name) => page.screenshot({ path: join(pictures, `payment-${name}-${size}.png`), fullPage: true });

async function fitsItsWidth(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
}
