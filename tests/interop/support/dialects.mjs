// The ways in which the protocol is spoken here.
import { after, before, describe } from 'node:test';

import { allLibraries, connectFixtures, connectHttp, connectStdio } from './clients.mjs';

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
