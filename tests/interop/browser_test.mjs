// A customer opens the payment page in a browser, mistypes nothing but the card, and pays.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { barriers, fillInCard, fitsItsWidth, launchBrowser, picture } from './support/browser.mjs';
import { connectHttp, libraries } from './support/clients.mjs';
import {
  address, customerWith, declinedCard, openPaymentPage, productOf, statusOf, untilStatus,
} from './support/shopping.mjs';

const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 375, height: 812 } };

describe('the payment page in a browser', () => {
  let agent, browser;

  before(async () => {
    agent = await connectHttp(libraries.modern);
    browser = await launchBrowser();
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
      await picture(page, `payment-page-${size}`);
      await fitsItsWidth(page);
      assert.deepEqual(await barriers(page), []);

      await fillInCard(page, declinedCard);
      await page.getByRole('button', { name: /pay/i }).click();
      await page.getByText(/declined/i).waitFor({ timeout: 10_000 });
      assert.equal(new URL(page.url()).origin, new URL(session.url).origin);
      assert.equal((await statusOf(agent, session.sagaId)).status, 'payment_pending');
      await picture(page, `payment-declined-${size}`);

      await fillInCard(page, '4242 4242 4242 4242');
      await page.getByRole('button', { name: /pay/i }).click();
      await page.waitForURL((url) => url.origin === agent.server.origin && url.pathname === '/pay/return');
      await picture(page, `payment-return-${size}`);
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
