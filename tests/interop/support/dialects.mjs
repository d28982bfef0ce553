// The ways in which the protocol is spoken here, and the record of what tests have proven about each: from it comes the
// table in README.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { allLibraries, connectFixtures, connectHttp, connectStdio } from './clients.mjs';
import { buildFolder } from './server.mjs';

/** Each revision over each transport, by an official client. */
export const dialects = allLibraries.flatMap((library) => [
  { library, transport: 'stdio', connect: connectStdio },
  { library, transport: 'HTTP', connect: connectHttp },
]).map((dialect) => ({ ...dialect, revision: dialect.library.revision, isModern: dialect.library.revision === '2026-07-28' }));

/**
 * Plays `scenario(agent, dialect)` in each of them, several at a time; `agent()` is connected when tests run. `fits`
 * chooses dialects; with `options.fixtures` it is not the product that is talked to, but the suite's fixtures.
 */
export function inEachDialect(options, scenario, fits = () => true) {
  describe('in each dialect:', { concurrency: 6 }, () => {
    for (const dialect of dialects.filter(fits)) {
      describe(`${dialect.library.name}, ${dialect.revision} over ${dialect.transport}`, { concurrency: 1 }, () => {
        let agent;
        before(async () => {
          agent = options.fixtures ? await connectFixtures(dialect.library, dialect.transport, options)
            : await dialect.connect(dialect.library, options);
        });
        after(() => agent?.close());
        scenario(() => agent, dialect);
      });
    }
  });
}

export const proofsFolder = join(buildFolder, 'protocol-proofs');
const proofs = new Map();  // {declared, passed} by what would be proven

/** A test that belongs to a feature of the protocol, which is proven where all its tests pass. */
export function proves(feature, { revision, transport }, name, body) {
  const key = JSON.stringify({ feature, revision, transport });
  if (!proofs.has(key)) proofs.set(key, { declared: 0, passed: 0 });
  const proof = proofs.get(key);
  ++proof.declared;
  test(name, async (t) => {
    await body(t);
    ++proof.passed;
  });
}

after(() => {
  if (proofs.size === 0) return;
  mkdirSync(proofsFolder, { recursive: true });
  const proven = [...proofs].filter(([, { declared, passed }]) => passed === declared).map(([key]) => JSON.parse(key));
  writeFileSync(join(proofsFolder, `${basename(process.argv[1], '_test.mjs')}.json`), JSON.stringify(proven, null, 1));
});
