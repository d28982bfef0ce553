// What a flow gets to work with, and what came of it.
import { Unavailable } from './flows.mjs';

/** What the flows get to work with. `stripeUrl`: the recorder's, or the player's. */
export function makeStage({ shop, stripeUrl, key, currency, run, personDeadlineMs = 0, person = () => {} }) {
  return {
    tool: shop.tool, currency, run, person, personDeadlineMs,
    saga: (...words) => shop.command('saga', ...words, '--store', shop.store),
    doctor: () => shop.command('doctor', '--config', shop.config, '--probe', '--format', 'json'),
    /** A request of the test's own. */
    async stripe(method, path, form = {}, headers = {}) {
      const response = await fetch(stripeUrl + path, {
        method, body: method === 'GET' ? undefined : String(new URLSearchParams(form)), signal: AbortSignal.timeout(60_000),
        headers: {
          Authorization: `Bearer ${key}`, 'Stripe-Version': '2026-10-28.endive',
          ...(method === 'GET' ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' }), ...headers,
        },
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
  };
}

/** {flow, outcome: 'passed' | 'unavailable' | 'failed' | 'skipped', learnt} */
export async function playFlow(flow, stage) {
  try {
    return { flow: flow.name, outcome: 'passed', learnt: await flow.play(stage) };
  } catch (error) {
    const outcome = error instanceof Unavailable ? 'unavailable' : 'failed';
    return { flow: flow.name, outcome, learnt: error.message };
  }
}
