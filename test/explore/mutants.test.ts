import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 1_200_000;

// One or two weakenings of the lock for each of its rules, against what is known to catch them. `npm run mutants` has all.
test(
  'no weakening of the lock goes unnoticed',
  async () => {
    const { failed, output } = await new Promise<{ failed: boolean; output: string }>((resolve) => {
      execFile(
        process.execPath,
        ['scripts/mutants/run.mjs', '--always'],
        { cwd: ROOT, timeout: PATIENCE_MS },
        (error, stdout, stderr) => resolve({ failed: error !== null, output: stdout + stderr }),
      );
    });
    expect(output).toContain('mutants are accounted for');
    expect(output).not.toContain('SURVIVES');
    expect(failed).toBe(false);
  },
  PATIENCE_MS,
);
