// What is copied from enums of Stripe's own SDK is still all of it: an SDK of a newer API version makes these tests say
// what somebody has to decide about.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from './support/server.mjs';
import { enumOf } from './support/stripe_types.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');

test('each documented error code has its meaning in src/stripe/error_codes.cpp', () => {
  const ours = [...read('src/stripe/error_codes.cpp').matchAll(/\{"(\w+)",\s*M::\w+/g)].map(([, code]) => code);
  const documented = enumOf('Stripe.PaymentIntent.LastPaymentError.Code').sort();
  assert.ok(documented.length > 200, `${documented.length} codes are listed`);
  assert.deepEqual(documented.filter((code) => !ours.includes(code)), [], 'without a meaning');
  assert.deepEqual(ours.filter((code) => !documented.includes(code)), [], 'no longer documented');
});

test('a confirmation may allow every type of payment method that can be used without a terminal', () => {
  const { inputSchema } = JSON.parse(read('schemas/tools/postPaymentIntentsIntentConfirm.json'));
  const ours = inputSchema.properties.allowed_payment_method_types.items.enum;
  const allowed = enumOf('Stripe.PaymentIntentConfirmParams.AllowedPaymentMethodType');
  const methods = enumOf('Stripe.PaymentMethod.Type');
  const atATerminal = ['card_present', 'interac_present'];
  const notYetMethods = ['wero']; // can be allowed, while the SDK has no PaymentMethod of that type
  const expected = allowed.filter((type) => (methods.includes(type) || notYetMethods.includes(type)) && !atATerminal.includes(type));
  assert.deepEqual(ours, expected.sort());
});
