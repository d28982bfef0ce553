// A browser for tests, and what every page has to get right in it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

import { root } from './server.mjs';

const pictures = join(root, 'tests/artifacts');

export function launchBrowser() {
  mkdirSync(pictures, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
           '--disable-component-update', '--disable-sync'],
  });
}

export const picture = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });

/** Types as a person does, key by key. */
export async function fillInCard(page, card, { name = 'Ada Lovelace' } = {}) {
  const type = async (label, value) => {
    const field = page.getByLabel(label).first();
    await field.fill('');
    await field.pressSequentially(value);
  };
  await type(/card number/i, card);
  await type(/expir/i, '12 / 34');
  await type(/cvc|security code/i, '123');
  if (name) await type(/name/i, name);
}

export async function fitsItsWidth(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
}

/** What is wrong with a page for someone who can't see well, point well, or use a mouse. */
export const barriers = (page) => page.evaluate(() => {
  const found = [];
  const visible = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === 'visible';
  const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);
  const name = (element) => `${element.tagName.toLowerCase()} "${(element.innerText || element.id || element.name || '').trim().slice(0, 40)}"`;

  if (!document.documentElement.lang) found.push('the page has no language');
  if (!document.title) found.push('the page has no title');
  const headings = all('h1,h2,h3').map((heading) => Number(heading.tagName[1]));
  if (headings.filter((level) => level === 1).length !== 1) found.push(`h1 comes ${headings.filter((l) => l === 1).length} times`);
  if (headings.some((level, i) => level > (headings[i - 1] ?? 0) + 1)) found.push(`headings skip a level: ${headings}`);

  for (const field of all('input:not([type=hidden]),select')) {
    if (field.labels.length === 0) found.push(`${name(field)} has no label`);
    if (!field.autocomplete && field.type !== 'radio') found.push(`${name(field)} has no autocomplete`);
    if (field.getAttribute('aria-invalid') === 'true') {
      const text = document.getElementById(field.getAttribute('aria-describedby'))?.innerText;
      if (!text) found.push(`${name(field)} is invalid and doesn't say why`);
    }
    if (field.tabIndex < 0) found.push(`${name(field)} can't be reached by keyboard`);
  }
  for (const image of all('img')) if (!image.hasAttribute('alt')) found.push('a picture has no alternative text');

  for (const target of all('button,select,input:not([type=hidden]):not([type=radio]),a[href],label:has(input[type=radio])')) {
    const { height, width } = target.getBoundingClientRect();
    if (height < 44 || width < 44) found.push(`${name(target)} is only ${Math.round(width)}x${Math.round(height)} px`);
  }
  for (const label of all('label,legend')) {
    const lineHeight = parseFloat(getComputedStyle(label).lineHeight);
    if (!label.querySelector('input') && label.getBoundingClientRect().height > lineHeight * 1.5) found.push(`${name(label)} wraps`);
  }

  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => channels(colour).slice(0, 3)
    .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) === 1) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const contrast = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const judge = (element, colour, what) => {
    const ratio = contrast(colour, behind(element));
    if (ratio < 4.5) found.push(`${what} of ${name(element)} has a contrast of ${ratio.toFixed(2)}`);
  };
  for (const element of all('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (own || element.matches('input:not([type=radio]),select')) judge(element, getComputedStyle(element).color, 'the text');
    if (element.placeholder) judge(element, getComputedStyle(element, '::placeholder').color, 'the placeholder');
  }
  return found;
});

/** Goes through the page by the Tab key; the ids or names of what gets the focus, each with a ring around it. */
export async function tabOrder(page) {
  const order = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const [id, ring] = await page.evaluate(() => {
      const { activeElement: at } = document;
      const { outlineStyle, outlineWidth } = getComputedStyle(at);
      return [at === document.body ? '' : at.id || at.innerText.trim(), outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2];
    });
    if (!id || order.includes(id)) return order;
    assert.ok(ring, `the focus on ${id} can be seen`);
    order.push(id);
  }
}
