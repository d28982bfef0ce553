// The customer is asked through the client: to pay on the page (URL mode), and whether a stored payment method may be
// charged (form mode). 2026-07-28 asks by input_required results, the revisions before by requests of the server.
import assert from 'node:assert/strict';
import { join } from 'node:path';

import { inEachDialect } from './support/dialects.mjs';
import { proves } from './support/proofs.mjs';
import { payOnPage, root } from './support/server.mjs';
import { customerWith, goodCard, shop, statusOf, untilStatus } from './support/shopping.mjs';

const config = join(root, 'tests/interop/fixtures/approval.json');
const [cheap, dear] = ['guide', 'course'];  // below and above the shop's approval_threshold
const modes = { elicitation: { form: {}, url: {} } };

const startWith = async (agent, productId, extra = {}) =>
  agent.call('checkout_start', { ...await customerWith(agent, productId), ...extra });
const openPage = (agent, { sagaId }) => agent.call('checkout_create_payment_session', { tenant_id: shop, sagaId });

/** What `body` gave, and the one question that the customer was asked meanwhile and answered by `answer(question)`. */
async function askedBy(agent, body, answer) {
  Object.assign(agent, { asked: [], answer });
  const result = await body();
  assert.equal(agent.asked.length, 1);
  return [result, agent.asked[0]];
}

inEachDialect({ config, capabilities: modes }, (agent, dialect) => {
  const prove = (name, body) => proves('elicitation: the payment page', dialect, name, () => body(agent()));

  prove('who opens the page and pays gets the completed checkout from the same call', async (client) => {
    const saga = await startWith(client, cheap);
    const [result, question] = await askedBy(client, () => openPage(client, saga), async ({ url }) => {
      assert.equal((await payOnPage(client.sandbox, /cs_\w+/.exec(url)[0], goodCard)).status, 200);
      return { action: 'accept' };
    });
    assert.equal(question.mode, 'url');
    assert.match(question.message, /\$19\.00.*Careful Store/);
    if (!dialect.isModern) assert.ok(question.elicitationId);
    assert.equal(result.status, 'completed');
    assert.equal(result.payment.state, 'paid');
    assert.equal(result.url, undefined, 'a paid page is not shown any more');
  });

  for (const action of ['decline', 'cancel']) {
    prove(`after a ${action} the page stays open, and the agent has its URL`, async (client) => {
      const saga = await startWith(client, cheap);
      const [result, question] = await askedBy(client, () => openPage(client, saga), () => ({ action }));
      assert.equal(result.status, 'payment_pending');
      assert.equal(result.url, question.url);
      assert.match(result.nextAction.message, /did not open the payment page/);
    });
  }
}, ({ revision }) => revision >= '2025-11-25');

inEachDialect({ config, capabilities: modes }, (agent, dialect) => {
  const prove = (name, body) => proves('elicitation: approval', dialect, name, () => body(agent()));
  const payment = { paymentMethodId: 'pm_card_visa' };

  prove('a dear purchase is paid once the customer approves it', async (client) => {
    const [result, question] = await askedBy(client, () => startWith(client, dear, payment),
                                             () => ({ action: 'accept', content: { approve: true } }));
    assert.match(question.message, /\$89\.00/);
    assert.deepEqual(question.requestedSchema.required, ['approve']);
    assert.equal((await untilStatus(client, result.sagaId, 'completed')).payment.state, 'paid');
  });

  for (const answer of [{ action: 'decline' }, { action: 'cancel' }, { action: 'accept', content: { approve: false } }]) {
    prove(`nothing is charged after ${JSON.stringify(answer)}`, async (client) => {
      const [result] = await askedBy(client, () => startWith(client, dear, payment), () => answer);
      assert.equal(result.status, 'pending');
      assert.match(result.nextAction.message, /did not approve/);
      assert.equal((await statusOf(client, result.sagaId)).payment?.paymentIntentId, undefined);
    });
  }

  prove('a card whose bank asks for more is approved once, however often the call is repeated', async (client) => {
    const { sagaId, totals: { total: { amount, currency } } } = await startWith(client, dear);
    const pay = () => client.call('checkout_pay', {
      tenant_id: shop, sagaId, paymentMethodId: 'pm_card_authenticationRequired', expectedTotal: { amount, currency },
    });
    const [result] = await askedBy(client, pay, () => ({ action: 'accept', content: { approve: true } }));
    assert.equal(result.nextAction.type, 'authenticate');
    Object.assign(client, { asked: [] });
    const again = await pay();
    assert.deepEqual(client.asked, []);
    assert.equal(again.nextAction.url, result.nextAction.url, "the bank's page stays as it is");
  });

  prove('a cheap purchase asks nobody', async (client) => {
    Object.assign(client, { asked: [] });
    const { sagaId } = await startWith(client, cheap, payment);
    await untilStatus(client, sagaId, 'completed');
    assert.deepEqual(client.asked, []);
  });
}, ({ revision }) => revision >= '2025-06-18');

inEachDialect({ config }, (agent, dialect) => {
  const prove = (name, body) => proves('plain results for clients that can\'t be asked', dialect, name, () => body(agent()));

  prove('the URL comes with the result', async (client) => {
    const session = await openPage(client, await startWith(client, cheap));
    assert.equal(session.status, 'payment_pending');
    assert.equal(session.nextAction.url, session.url);
  });

  prove('a dear purchase is not charged without approval, and the agent is told why', async (client) => {
    const result = await startWith(client, dear, { paymentMethodId: 'pm_card_visa' });
    assert.equal(result.status, 'pending');
    assert.match(result.nextAction.message, /needs the customer's approval/);
  });
});
