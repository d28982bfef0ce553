// Plays the flows of a recording again, with the recording in Stripe's place.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { flows } from './flows.mjs';
import { startPlayer } from './player.mjs';
import { openShop } from './shop.mjs';
import { makeStage, playFlow } from './stage.mjs';

const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));

/** [{flow, recorded, outcome, learnt, problems}]: a problem is a request that differs, or an outcome that does. */
export async function replay({ folder, binary, only = [] }) {
  const summary = readJson(folder, 'summary.json');
  const recordings = readdirSync(join(folder, 'flows')).sort().map((file) => readJson(folder, 'flows', file));
  const player = await startPlayer(recordings);
  const key = 'sk_test_replay';
  const shop = await openShop({ binary, key, stripeUrl: player.url, currency: summary.currency });
  const stage = makeStage({ shop, stripeUrl: player.url, key, currency: summary.currency, run: summary.run, personDeadlineMs: 60_000 });
  try {
    const results = [];
    for (const { flow: name, outcome: recorded } of summary.flows) {
      if (recorded === 'skipped' || (only.length > 0 && !only.includes(name))) continue;
      player.begin(name);
      const result = await playFlow(flows.find((flow) => flow.name === name), stage);
      const problems = [...player.problems.splice(0), ...player.left().map((request) => `not asked any more: ${request}`)];
      if (result.outcome !== recorded) problems.push(`recorded as ${recorded}, now ${result.outcome}: ${result.learnt}`);
      results.push({ ...result, recorded, problems });
    }
    return results;
  } finally {
    await shop.close();
    await player.close();
  }
}
