import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const EXAMPLES = fileURLToPath(new URL('../../examples/coordination/', import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-examples-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ending {
  readonly status: number;
  readonly output: string;
}

/** Runs one of the examples on the common folder. */
function run(example: string, ...args: readonly string[]): Promise<Ending> {
  const all = [join(EXAMPLES, example), pathToFileURL(folder).href, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { timeout: 60_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ status, output: stdout + stderr });
    });
  });
}

test('at most three workers have a slot at once', async () => {
  const workers = await Promise.all([1, 2, 3, 4, 5].map(() => run('slots.js')));
  for (const { status, output } of workers) expect({ status, output }).toMatchObject({ status: 0 });
  const atOnce = workers.map(({ output }) => Number(/encoding as one of (\d)/.exec(output)?.[1]));
  expect(Math.max(...atOnce)).toBeLessThanOrEqual(3);
  expect(Math.min(...atOnce)).toBeGreaterThanOrEqual(1);
});

test('instances of a service lead one after the other, and all find who does', async () => {
  const start = (address: string): Promise<Ending> => run('leader.js', address);
  const [one, two] = await Promise.all([start('http://one'), start('http://two')]);
  expect([one.status, two.status], one.output + two.output).toEqual([0, 0]);
  const tokens = [one, two].map(({ output }) => Number(/leads, token (\d+)/.exec(output)?.[1]));
  expect(new Set(tokens).size).toBe(2);
  const [a = 0, b = 0] = tokens;
  const later = a < b ? two : one;
  // The one that waited was told of both.
  expect(later.output).toMatch(/asks http:\/\/one/);
  expect(later.output).toMatch(/asks http:\/\/two/);
});

test('those who read a report see one whole', async () => {
  const start = (what: string): Promise<Ending> => run('readers.js', what);
  await start('write');
  const endings = await Promise.all(['read', 'write', 'read', 'write', 'read', 'read'].map(start));
  for (const { status, output } of endings) expect({ status, output }).toMatchObject({ status: 0 });
  for (const { output } of endings.filter((ending) => ending.output !== '')) {
    const [head, body] = output.trim().split(' | ');
    expect(head).toMatch(/^written under \d+$/);
    expect(body).toBe(head);
  }
});

test('what was written for navigator.locks runs over a storage', async () => {
  expect(await run('web-locks.js')).toEqual({ status: 0, output: 'exclusive: sync\n' });
});

test('two transfers in opposite directions do not wait for each other for ever', async () => {
  const start = (from: string, to: string): Promise<Ending> => run('transfer.js', from, to);
  const endings = await Promise.all([start('alice', 'bob'), start('bob', 'alice')]);
  for (const { status, output } of endings) expect({ status, output }).toMatchObject({ status: 0 });
});
