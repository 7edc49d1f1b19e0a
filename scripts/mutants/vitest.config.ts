import { readdirSync } from 'node:fs';
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
  return [
    { find: new RegExp(`^${name}$`), replacement: `${source}/index.ts` },
    { find: new RegExp(`^${name}/([a-z-]+)$`), replacement: `${source}/$1.ts` },
  ];
});

export default defineConfig({
  resolve: { alias },
  root,
  test: {
    include: [`${mutant}/src/**/*.test.ts`, `${packages}/testkit/src/never/*.test.ts`],
    exclude: [],
    bail: 1,
    testTimeout: 60_000,
    reporters: [new Reporter()],
  },
});
