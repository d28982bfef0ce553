// The simulator's payment page in a browser, without JavaScript: every way a customer can go, on screens of every width.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';

import { barriers, fillInCard, fitsItsWidth, launchBrowser, picture, tabOrder } from './support/browser.mjs';
import { startSimulator } from './support/simulator.mjs';

const screens = [[320, 'light'], [375, 'light'], [375, 'dark'], [768, 'light'], [1280, 'light']];
const line = (name, unitAmount, quantity = 1) => ({
  price_data: { currency: 'eur', unit_amount: unitAmount, tax_behavior: 'exclusive', product_data: { name } }, quantity,
});
const parcel = (name, amount, days) => ({
  shipping_rate_data: {
    display_name: name, type: 'fixed_amount', tax_behavior: 'exclusive', fixed_amount: { amount, currency: 'eur' },
    delivery_estimate: { minimum: { unit: 'business_day', value: days }, maximum: { unit: 'business_day', value: days + 2 } },
  },
});
const goodIban = 'DE89 3704 0044 0532 0130 00', wrongIban = 'DE89 3704 0044 0532 0130 01';

describe('the payment page', () => {
  let simulator, stripe, shop, browser, context, page;

  before(async () => {
    simulator = await startSimulator();
    stripe = simulator.stripe();
    shop = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end(`<title>Shop</title>${request.url.length}`));
    shop.listen(0, '127.0.0.1');
    await once(shop, 'listening');
    shop.url = `http://127.0.0.1:${shop.address().port}`;
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    await context?.close();
    context = await browser.newContext({ javaScriptEnabled: true, viewport: { width: 1280, height: 900 } });
    page = await context.newPage();
  });
  after(async () => {
    await browser?.close();
    shop?.close();
    await simulator?.stop();
  });

  const open = async (more = {}) => {
    const session = await stripe.checkout.sessions.create({
      mode: 'payment', success_url: `${shop.url}/thanks?session={CHECKOUT_SESSION_ID}`, cancel_url: `${shop.url}/cart`,
      line_items: [line('Stoneware mug, hand thrown, moss green', 2100, 2), line('Tea', 490)], ...more,
    });
    await page.goto(session.url);
    return session;
  };
  /** Every button sends its form; what is asked of the page next is asked of the answer. */
  const press = async (name) => {
    const answered = page.waitForEvent('load');
    await page.getByRole('button', { name }).click();
    await answered;
  };
  const atShop = (path) => page.waitForURL((url) => url.origin === shop.url && url.pathname === path);
  const now = ({ id }) => stripe.checkout.sessions.retrieve(id, { expand: ['payment_intent'] });
  const text = () => page.innerText('body');
  const everything = async () => {
    const coupon = await stripe.coupons.create({ percent_off: 10 });
    const code = `SAVE${coupon.id.toUpperCase()}`;
    await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code });
    return {
      code, allow_promotion_codes: true, automatic_tax: { enabled: true }, shipping_address_collection: { allowed_countries: ['DE', 'AT'] },
      shipping_options: [parcel('Parcel', 490, 3), parcel('Express', 1290, 1)], branding_settings: { display_name: 'Tea House' },
    };
  };
  const giveAddress = async () => {
    await page.getByLabel('Country').selectOption('DE');
    await page.getByLabel('Full name').fill('Ada Lovelace');
    await page.getByLabel('Street').fill('Hauptstraße 1');
    await page.getByLabel('Postal code').fill('10115');
    await page.getByLabel('City').fill('Berlin');
    await press('Continue to payment');
  };

  for (const [width, colorScheme] of screens) {
    test(`has no barriers and fits, at ${width} px, ${colorScheme}`, async () => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      const shows = async (name) => {
        assert.deepEqual(await barriers(page), [], name);
        await fitsItsWidth(page);
        await picture(page, `hosted-${name}-${width}-${colorScheme}`);
      };
      const { code, ...extras } = await everything();
      await open(extras);
      await shows('address');
      await press('Continue to payment');
      await shows('address-errors');
      await giveAddress();
      await shows('payment');
      await page.getByLabel('Promotion code').fill('NONSENSE');
      await press('Apply');
      await page.getByText('This code is invalid').waitFor();
      await shows('code-error');
      await page.getByLabel('Promotion code').fill(code);
      await press('Apply');
      await press(/Express/);
      await press(/^Pay/);
      await page.getByText('Enter your card number').waitFor();
      await shows('card-errors');
      await page.getByLabel('SEPA Direct Debit').check();
      await press(/^Pay/);
      await page.getByText('Enter your IBAN').waitFor();
      await shows('sepa-errors');
      await page.getByLabel('Card', { exact: true }).check();
      await page.getByLabel('Email').fill('ada@example.com');
      await fillInCard(page, '4000002760003184');
      await press(/^Pay/);
      await page.getByRole('heading', { name: /3D Secure/ }).waitFor();
      await shows('challenge');
      const closed = await open();
      await stripe.checkout.sessions.expire(closed.id);
      await page.reload();
      await shows('expired');
    });
  }

  test('works without JavaScript, and is reached by the Tab key from top to bottom', async () => {
    await context.close();
    context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 375, height: 812 } });
    page = await context.newPage();
    const session = await open({ allow_promotion_codes: true, shipping_options: [parcel('Parcel', 490, 3), parcel('Express', 1290, 1)] });
    assert.equal(await page.locator('script').count(), 0);
    await press(/Express/);
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('SEPA Direct Debit').check();
    await page.getByLabel('IBAN').fill(goodIban);
    await page.getByLabel('Full name').fill('Ada');
    await page.getByLabel('IBAN').press('Enter');  // the form's own button answers, none of the others
    await atShop('/thanks');
    const paid = await now(session);
    assert.deepEqual([paid.status, paid.payment_status, paid.amount_total], ['complete', 'unpaid', 4690 + 1290]);
  });

  test('is gone through by the Tab key in the order it is read', async () => {
    await open({ allowed_payment_method_types: ['card'], allow_promotion_codes: true });
    assert.deepEqual(await tabOrder(page), [
      'back', 'promotionCode', 'Apply', 'email', 'cardNumber', 'cardExpiry', 'cardCvc', 'billingName', 'billingCountry', 'billingPostalCode', 'pay',
    ]);
  });

  test('says what goods, discount, shipping and tax cost, and charges just that', async () => {
    const { code, ...extras } = await everything();
    const session = await open(extras);
    assert.match(await text(), /Pay Tea House/);
    await giveAddress();
    await page.getByLabel('Promotion code').fill(code.toLowerCase());
    await press('Apply');
    await press(/Express/);
    const rows = await page.locator('dl').innerText();
    // 46.90, less 10 %, and 12.90; 19 % of 37.80, 4.41 and 12.90.
    assert.deepEqual(rows.split('\n').filter(Boolean), [
      'Subtotal', '€46.90', code, '-€4.69', 'Shipping: Express', '€12.90', 'Tax', '€10.47', 'Total due', '€65.58',
    ]);
    assert.match(await page.getByRole('button', { name: /Express/ }).innerText(), /1 to 3 business days/);
    assert.equal(await page.getByRole('button', { name: /Express/ }).getAttribute('aria-pressed'), 'true');
    await page.getByLabel('Email').fill('ada@example.com');
    await fillInCard(page, '4242424242424242');
    await press('Pay €65.58');
    await atShop('/thanks');
    const paid = await now(session);
    assert.equal(paid.payment_intent.amount_received, 6558);
    assert.equal(paid.collected_information.shipping_details.address.city, 'Berlin');
  });

  test('asks for a phone number where the shop wants one', async () => {
    const session = await open({ phone_number_collection: { enabled: true }, allowed_payment_method_types: ['card'] });
    await page.getByLabel('Email').fill('ada@example.com');
    await fillInCard(page, '4242424242424242');
    await press(/^Pay/);
    await page.getByText('Enter a phone number').waitFor();
    assert.deepEqual(await barriers(page), []);
    await page.getByLabel('Phone').fill('+49 30 1234567');
    await fillInCard(page, '4242424242424242');
    await press(/^Pay/);
    await atShop('/thanks');
    assert.equal((await now(session)).customer_details.phone, '+49 30 1234567');
  });

  test('is judged by a check that sees barriers where there are some', async () => {
    await page.setViewportSize({ width: 320, height: 600 });
    await page.setContent(`<html><body style="background: #fff">
      <h2 style="color: #999">Pay</h2><input id="card" placeholder="Number"><img src="data:,">
      <label for="b" style="width: 60px; display: block; line-height: 20px">A label that is long</label>
      <input id="b" autocomplete="off" aria-invalid="true" tabindex="-1">
      <a href="/" style="display: block; width: 500px">Back</a>`);
    const found = (await barriers(page)).join('\n');
    for (const barrier of [
      'the page has no language', 'the page has no title', 'h1 comes 0 times', 'headings skip a level', 'input "card" has no label',
      'input "card" has no autocomplete', "is invalid and doesn't say why", "can't be reached by keyboard", 'no alternative text',
      'a "Back" is only', 'label "A label that is long" wraps', 'the text of h2 "Pay" has a contrast of 2.85',
    ]) assert.ok(found.includes(barrier), `${barrier} is among:\n${found}`);
    await assert.rejects(fitsItsWidth(page), /in a window of 320 px/);
    await page.setContent('<button id="x" style="outline: none">Pay</button>');
    await assert.rejects(tabOrder(page), /the focus on x can be seen/);
  });

  test('has no subtotal where nothing comes on top of it', async () => {
    await open();
    assert.deepEqual((await page.locator('dl').innerText()).split('\n').filter(Boolean), ['Total due', '€46.90']);
  });

  test('lets go of a code again, and lets the address be changed', async () => {
    const { code, ...extras } = await everything();
    await open(extras);
    await giveAddress();
    await page.getByLabel('Promotion code').fill(code);
    await press('Apply');
    await press('Remove code');
    assert.doesNotMatch(await text(), new RegExp(code));
    await page.getByRole('link', { name: 'Change address' }).click();
    assert.equal(await page.getByLabel('City').inputValue(), 'Berlin');
    await page.getByLabel('Country').selectOption('AT');
    await press('Continue to payment');
    assert.match(await text(), /Hauptstraße 1, 10115 Berlin, Austria/);
    assert.match(await page.locator('dl').innerText(), /Tax\s+€10\.36/);  // 20 % of 46.90 and 4.90
  });

  test('keeps what was typed, but for the card, and puts the keyboard where something is wrong', async () => {
    await open({ allowed_payment_method_types: ['card'] });
    await page.getByLabel('Email').fill('ada@example');
    await fillInCard(page, '4242424242424241', { name: 'Ada Lovelace' });
    await page.getByLabel('Postal code').fill('10115');
    await press(/^Pay/);
    await page.getByText('Your card number is not valid.').waitFor();
    const value = (label) => page.getByLabel(label).inputValue();
    assert.deepEqual([await value('Email'), await value('Full name'), await value('Postal code')], ['ada@example', 'Ada Lovelace', '10115']);
    assert.deepEqual([await value('Card number'), await value('Expiry date'), await value('Security code')], ['', '', '']);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'email');
    assert.match(await page.title(), /check/i);
    assert.doesNotMatch(await page.content(), /4242424242424241/);
  });

  test('stays after a decline, and takes the next card', async () => {
    const session = await open();
    await page.getByLabel('Email').fill('ada@example.com');
    await fillInCard(page, '4000000000009995');
    await press(/^Pay/);
    await page.getByText('Your card has insufficient funds. Try another card.').waitFor();
    await page.reload();  // as a customer who comes back later
    await page.goto(session.url);
    await page.getByText('Your card has insufficient funds.').waitFor();
    await page.getByLabel('Email').fill('ada@example.com');
    await fillInCard(page, '5555555555554444');
    await press(/^Pay/);
    await atShop('/thanks');
    assert.equal(new URL(page.url()).searchParams.get('session'), session.id);
  });

  for (const [button, ends] of [['Complete authentication', 'paid'], ['Fail authentication', 'unpaid']]) {
    test(`asks for 3-D Secure: "${button}"`, async () => {
      const session = await open();
      await page.getByLabel('Email').fill('ada@example.com');
      await fillInCard(page, '4000002760003184');
      await press(/^Pay/);
      assert.match(await text(), /€46\.90/);
      await press(button);
      if (ends === 'paid') await atShop('/thanks');
      else await page.getByText('We could not verify that this is your card').waitFor();
      assert.equal((await now(session)).payment_status, ends);
    });
  }

  test('takes a direct debit, whose money comes later', async () => {
    const session = await open();
    await page.getByLabel('Email').fill('ada@example.com');
    await page.getByLabel('SEPA Direct Debit').check();
    await page.getByLabel('IBAN').fill(wrongIban);
    await page.getByLabel('Full name').fill('Ada');
    await press(/^Pay/);
    await page.getByText('Your IBAN is not valid.').waitFor();
    assert.equal(await page.getByLabel('IBAN').inputValue(), wrongIban);
    await page.getByLabel('IBAN').fill(goodIban);
    await press(/^Pay/);
    await atShop('/thanks');
    assert.deepEqual([(await now(session)).payment_status, (await now(session)).payment_intent.status], ['unpaid', 'processing']);
    await simulator.advance(600);
    assert.equal((await now(session)).payment_status, 'paid');
  });

  test('pays once when it is sent twice', async () => {
    const session = await open();
    const form = new URLSearchParams({
      email: 'ada@example.com', cardNumber: '4242424242424242', cardExpiry: '12/34', cardCvc: '123', billingName: 'Ada', total: '4690',
    });
    const send = () => fetch(session.url, { method: 'POST', body: form, redirect: 'manual' });
    const answers = await Promise.all([send(), send(), send()]);
    assert.deepEqual(answers.map(({ status }) => status), [303, 303, 303]);
    assert.deepEqual(new Set(answers.map(({ headers }) => headers.get('location'))), new Set([`${shop.url}/thanks?session=${session.id}`]));
    const { data: charges } = await stripe.charges.list({ payment_intent: (await now(session)).payment_intent.id });
    assert.equal(charges.length, 1);
    await page.goBack().catch(() => {});
    await page.goto(session.url);
    await page.getByText('This order has been paid.').waitFor();
    await page.getByRole('link', { name: 'Back to the shop' }).click();
    await atShop('/thanks');
  });

  test('charges no total that was not on the screen', async () => {
    const session = await open({ shipping_options: [parcel('Parcel', 490, 3), parcel('Express', 1290, 1)] });
    const other = await context.newPage();  // the same customer, in another tab
    await other.goto(session.url);
    await other.getByRole('button', { name: /Express/ }).click();
    await page.getByLabel('Email').fill('ada@example.com');
    await fillInCard(page, '4242424242424242');
    await press('Pay €51.80');
    await page.getByText('The total has changed to €59.80. Nothing was charged.').waitFor();
    assert.equal((await now(session)).payment_status, 'unpaid');
    await fillInCard(page, '4242424242424242');
    await press('Pay €59.80');
    await atShop('/thanks');
  });

  test('leads back to the shop, before and after it has expired', async () => {
    const session = await open();
    await page.getByRole('link', { name: /back to shop/i }).click();
    await atShop('/cart');
    await simulator.advance(24 * 3600 + 1);
    await page.goto(session.url);
    await page.getByRole('heading', { name: 'This payment page has expired' }).waitFor();
    await page.getByRole('link', { name: 'Back to the shop' }).click();
    await atShop('/cart');
  });
});
