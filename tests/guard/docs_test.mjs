// docs/tools.md is what scripts/generate-tools-doc makes of the schemas.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';

test('docs/tools.md is up to date', () => {
  execFileSync(process.execPath, [resolve(import.meta.dirname, '../../scripts/generate-tools-doc'), '--check'], { stdio: 'inherit' });
});
