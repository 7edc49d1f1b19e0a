import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { Reporter } from './reporter.mjs';

/** Runs the tests of the lock, and of what must never happen, against the mutant in the folder `MUTANT`. */
const mutant = process.env['MUTANT'] ?? '';
const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = `${root}packages`;
const alias = readdirSync(packages).flatMap((folder) => {
  const name = folder === 'holdfast' ? 'holdfast' : `@holdfast/${folder}`;
  const source = folder === 'lock' ? `${mutant}/src` : `${packages}/${folder}/src`;
  const faces = readdirSync(source).filter((inner) => existsSync(`${source}/${inner}/index.ts`));
  return [
    { find: new RegExp(`^${name}/(${faces.join('|')})$`), replacement: `${source}/$1/index.ts` },
    { find: new RegExp(`^${name}$`), replacement: `${source}/index.ts` },
    { find: new RegExp(`^${name}/([a-z-]+)$`), replacement: `${source}/$1.ts` },
  ];
});

export default defineConfig({
  resolve: { alias },
  root,
  test: {
    include: [
      `${mutant}/src/**/*.test.ts`,
      `${packages}/lock/test/{regressions,claim,lease,wait,ledger}/**/*.test.ts`,
      `${packages}/lock/test/*.test.ts`,
    ],
    exclude: [],
    bail: 1,
    testTimeout: 60_000,
    reporters: [new Reporter()],
  },
});
