import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty directory for one test, as a real path. */
export interface Temporary extends Disposable {
  readonly dir: string;
}

/** Makes a directory that is removed with all in it when its block ends: `using temporary = makeTemporary()`. */
export function makeTemporary(): Temporary {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-local-')));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}
