import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import { lives } from '../processes/lives.js';
import { Bench, MAIN } from './holdfast.js';

const bench = new Bench();

test(
  'in a single minified file, elsewhere, it works, and guards its command',
  { timeout: 120_000 },
  async () => {
    const file = join(bench.folder, 'bundle.mjs');
    const bundle = await rolldown({
      input: MAIN,
      platform: 'node',
      external: [/\.node$/],
      logLevel: 'silent',
    });
    // With names kept, functions are wrapped in calls of a helper that the guardian does not have.
    await bundle.write({ file, format: 'esm', codeSplitting: false, minify: true, keepNames: true });
    await bundle.close();

    expect(await bench.run(['--version'], {}, file)).toMatchObject({ status: 0 });
    const run = bench.start(['run', '--', 'sh', '-c', 'echo "pid $$."; read -r _; sleep 600'], {}, file);
    await run.prints('.');
    const command = Number(/pid (\d+)/.exec(run.stdout)?.[1]);
    expect(lives(command)).toBe(true);
    run.kill('SIGKILL');
    await eventually(() => !lives(command), 'the command has ended');
    expect(await run.ended).toMatchObject({ stderr: '' });
  },
);
