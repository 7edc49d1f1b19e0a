import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';

const README = fileURLToPath(new URL('../../packages/local/README.md', import.meta.url));
const BEGIN = '<!-- measured: written by npm run test:mounts -->';
const END = '<!-- /measured -->';

/** Puts `table` into the README of the local adapter, in the place of what stood there. */
export async function quote(table: string): Promise<void> {
  const text = await readFile(README, 'utf8');
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`${README} has no place for the results: ${BEGIN} … ${END}`);
  const quoted = `${text.slice(0, from + BEGIN.length)}\n\n${table}\n\n${text.slice(to)}`;
  await writeFile(README, await format(quoted, { parser: 'markdown', printWidth: 110 }));
}
