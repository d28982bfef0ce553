// Every error code that Stripe's own SDK lists has a line in src/stripe/error_codes.cpp, and no other has one: an SDK
// of a newer API version makes this test say which codes somebody has to decide about.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from './support/server.mjs';
import { enumOf } from './support/stripe_types.mjs';

test('each documented error code has its meaning here', () => {
  const ours = [...readFileSync(join(root, 'src/stripe/error_codes.cpp'), 'utf8').matchAll(/\{"(\w+)",\s*M::\w+/g)].map(([, code]) => code);
  const documented = enumOf('Stripe.PaymentIntent.LastPaymentError.Code').sort();
  assert.ok(documented.length > 200, `${documented.length} codes are listed`);
  assert.deepEqual(documented.filter((code) => !ours.includes(code)), [], 'without a meaning');
  assert.deepEqual(ours.filter((code) => !documented.includes(code)), [], 'no longer documented');
});
