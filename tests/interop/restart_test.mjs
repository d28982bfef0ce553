// A question to the customer outlives the process that asked it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { modernRequest } from './support/raw_http.mjs';
import { newHome, root, startHttp } from './support/server.mjs';
import { newId, shop } from './support/shopping.mjs';
import { wireSchema } from './support/wire_schemas.mjs';

const config = join(root, 'tests/interop/fixtures/approval.json');

async function call(server, name, args, more = {}) {
  const params = {
    name, arguments: { tenant_id: shop, ...args }, ...more,
    _meta: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } },
  };
  const response = await fetch(server.url, { method: 'POST', ...modernRequest(1, 'tools/call', params) });
  const answer = await response.json();
  assert.deepEqual(wireSchema('2026-07-28').violations(answer, 'tools/call'), []);
  return answer;
}

test('an approval that was asked for before a restart is taken after it, at its own store only', async () => {
  const home = newHome();
  const other = await startHttp({ config });
  const purchase = { cartId: newId('cart'), userId: newId('user'), email: 'ann@example.com', paymentMethodId: 'pm_card_visa' };
  const refusal = { approval: { action: 'decline' } };
  try {
    let server = await startHttp({ config, home });
    await call(server, 'cart_add_item', { cartId: purchase.cartId, productId: 'course' });
    const { result: asked } = await call(server, 'checkout_start', purchase);
    assert.equal(asked.resultType, 'input_required');
    await server.stop();

    server = await startHttp({ config, home });
    const answer = { inputResponses: refusal, requestState: asked.requestState };
    const { result } = await call(server, 'checkout_start', purchase, answer);
    assert.equal(result.resultType, 'complete');
    assert.match(result.structuredContent.nextAction.message, /did not approve the payment, so the payment method was not charged/);
    const foreign = await call(other, 'checkout_start', purchase, answer);
    assert.equal(foreign.error.code, -32602);
    await server.stop();
  } finally {
    await other.stop();
    home.dispose();
  }
});
