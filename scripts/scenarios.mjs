/**
 * The scenarios of the lock, for scripts: they are tests, so no package that is built has them. Compiles
 * packages/lock/test/explore after the packages themselves.
 */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const tsc = `${root}node_modules/typescript/bin/tsc`;

const OPTIONS = {
  composite: false,
  declaration: false,
  declarationMap: false,
  isolatedDeclarations: false,
  noUnusedLocals: false,
  noUnusedParameters: false,
  types: ['node'],
};

/** Builds all packages, and the scenarios for them. @returns what packages/lock/test/explore/index.ts exports */
export async function builtScenarios() {
  execFileSync(process.execPath, [tsc, '-b', 'packages/testkit'], { cwd: root, stdio: 'inherit' });
  const folder = `${root}node_modules/.cache/holdfast-scenarios-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(`${folder}/package.json`, '{"type":"module"}');
    writeProject(folder, `${root}packages/lock/test/explore`);
    execFileSync(process.execPath, [tsc, '-p', folder], { cwd: root, stdio: 'inherit' });
    return await import(pathToFileURL(`${folder}/dist/index.js`).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a tsconfig.json into `folder` that compiles `sources` to `dist` in it. */
export function writeProject(folder, sources) {
  const project = {
    extends: `${root}tsconfig.base.json`,
    compilerOptions: { ...OPTIONS, rootDir: sources, outDir: 'dist' },
    include: [sources],
    exclude: [`${sources}/**/*.test.ts`, `${sources}/**/*.fixture.ts`],
  };
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(project));
}
