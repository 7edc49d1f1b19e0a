import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { RunnerTestSuite as Suite } from 'vitest';

const README = fileURLToPath(new URL('../../packages/local/README.md', import.meta.url));
const BEGIN = '<!-- measured: written by npm run test:mounts -->';
const END = '<!-- /measured -->';

/** Whether every test of `suite` has run, and none has failed. */
export function whole(suite: Readonly<Suite>): boolean {
  return (
    suite.tasks.length > 0 &&
    suite.tasks.every((task) => {
      if (task.mode !== 'run' || task.result?.state === 'fail') return false;
      return task.type === 'suite' ? whole(task) : task.result?.state === 'pass';
    })
  );
}

/** Puts `table` into the README of the local adapter, in the place of what stood there. */
export async function quote(table: string): Promise<void> {
  const text = await readFile(README, 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${README} has no place for the results: ${BEGIN} … ${END}`);
  const quoted = `${text.slice(0, from + BEGIN.length)}\n\n${table}\n\n${text.slice(to)}`;
  await writeFile(README, await format(quoted, { ...(await resolveConfig(README)), parser: 'markdown' }));
}
