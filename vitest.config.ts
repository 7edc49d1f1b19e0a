import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/**
 * Tests run the sources, not what was built: `@holdfast/lock/node` is packages/lock/src/node.ts, `@holdfast/testkit/clock`
 * packages/testkit/src/clock/index.ts.
 */
const packages = fileURLToPath(new URL('packages', import.meta.url));
const alias = readdirSync(packages).flatMap((folder) => {
  const name = folder === 'holdfast' ? 'holdfast' : `@holdfast/${folder}`;
  const faces = readdirSync(`${packages}/${folder}/src`).filter((inner) =>
    existsSync(`${packages}/${folder}/src/${inner}/index.ts`),
  );
  return [
    {
      find: new RegExp(`^${name}/(${faces.join('|')})$`),
      replacement: `${packages}/${folder}/src/$1/index.ts`,
    },
    { find: new RegExp(`^${name}$`), replacement: `${packages}/${folder}/src/index.ts` },
    { find: new RegExp(`^${name}/([a-z-]+)$`), replacement: `${packages}/${folder}/src/$1.ts` },
  ];
});

/** One lab of several machines is what two cores can carry, with nothing else beside it. */
const onMounts = {
  fileParallelism: false,
  sequence: { groupOrder: 3 },
  testTimeout: 600_000,
  hookTimeout: 300_000,
} as const;

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        // Nothing in here waits for time; a machine that is busy may still need many times longer than a quiet one.
        test: {
          name: 'unit',
          include: ['packages/*/{src,test}/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['test/mounts/**'],
          // These start servers and processes; two files at once is what two cores can carry.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // Real NFS and SMB clients under user-mode Linux, where there are root and Debian's packages.
        test: { ...onMounts, name: 'mounts', include: ['test/mounts/*.test.ts'] },
      },
      {
        extends: true,
        // All of it, in three quarters of an hour: `npm run test:mounts`.
        test: { ...onMounts, name: 'mounts-all', include: ['test/mounts/*.matrix.ts'] },
      },
    ],
  },
});
