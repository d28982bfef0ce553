// The key of a shop becomes another account's.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { connectTo, libraries } from './support/clients.mjs';
import { binary, newHome, startHttp } from './support/server.mjs';
import { newKey, startSimulator } from './support/simulator.mjs';

const run = promisify(execFile);
const tenant_id = 'shop';

test('nothing is sent with the key of another account, and the right one goes on', async () => {
  const simulator = await startSimulator();
  const home = newHome();
  const config = join(home.path, 'config.json');
  writeFileSync(config, JSON.stringify({ tenants: [{
    id: tenant_id, name: 'Shop', currency: 'eur', catalog: { products: [{ id: 'course', name: 'Course', price: 4900, kind: 'digital' }] },
    stripe: { api_base: simulator.url, secret_key: { file: 'key' } },
  }] }));
  const serveWith = async (key, body) => {
    writeFileSync(join(home.path, 'key'), key);
    const server = await startHttp({ config, home, hasSandbox: false });
    const agent = await connectTo(libraries.modern, server);
    try {
      return await body(agent, server);
    } finally {
      await agent.close();
    }
  };
  const buy = async (agent, cartId) => {
    await agent.call('cart_add_item', { tenant_id, cartId, productId: 'course' });
    return agent.result('checkout_start', { tenant_id, cartId, userId: 'ann', email: 'ann@example.com', paymentMethodId: 'pm_card_visa' });
  };
  const refund = (sagaId) => run(
    binary, ['saga', 'refund', sagaId, '--amount', '500', '--reason', 'broken', '--store', `sqlite:${join(home.path, 'checkout.db')}`],
    { env: home.environment });
  try {
    const sold = await serveWith(simulator.key, (agent) => buy(agent, 'cart-1'));
    assert.ok(!sold.isError, JSON.stringify(sold));
    const { sagaId } = sold.structuredContent;

    await serveWith(newKey(), async (agent, server) => {
      const refused = await buy(agent, 'cart-2');
      assert.match(JSON.stringify(refused.structuredContent), /belongs to another account.*Nothing was sent/);
      await assert.rejects(refund(sagaId), /belongs to another account/);
      assert.match(server.said.text, /is of another account than this store's payments.*key_of=acct_.*payments_in=acct_/);
    });

    await serveWith(simulator.key, () => refund(sagaId));
    const { data } = await simulator.stripe().refunds.list();
    assert.deepEqual(data.map(({ amount }) => amount), [500]);
  } finally {
    home.dispose();
    await simulator.stop();
  }
});
