import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MAIN } from './holdfast.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-start-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a program imports, of whatever it imports. */
function importsOf(...args: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const hooked = ['--import', join(HERE, 'print-imports.mjs'), ...args];
    execFile(process.execPath, hooked, { cwd: HERE, timeout: 60_000 }, (error, _, stderr) => {
      if (error !== null) return reject(error);
      const lines = stderr.split('\n').filter((line) => line.startsWith('import: '));
      resolve(lines.map((line) => line.slice('import: '.length)));
    });
  });
}

/** What takes longest to load, and few ask for. */
const OTHERS = /^(?:@holdfast\/(?:memory|sftp|webdav|s3)|memfs|ssh2\b.*|webdav|@aws-sdk\/.*)$/;
/** What shows things to people. */
const SHOWING = /^(?:cli-table3|cli-truncate|log-update)$/;

const program = (source: string): Promise<string[]> => importsOf('--input-type=module', '--eval', source);

test('a program loads no adapter but that of the URL that it opens', async () => {
  const plain = await program(`await import('holdfast')`);
  expect(plain).toContain('@holdfast/lock');
  expect(plain.filter((name) => OTHERS.test(name))).toStrictEqual([]);
  const memory = await program(`const { openVFS } = await import('holdfast'); await openVFS('memory:x')`);
  expect(memory.filter((name) => OTHERS.test(name))).toContain('@holdfast/memory');
  expect(memory.filter((name) => OTHERS.test(name) && !/memory|memfs/.test(name))).toStrictEqual([]);
});

test('a run on a folder loads no other adapter, nor what would show that it waits', async () => {
  const names = await importsOf(MAIN, 'run', '--on', folder, '--', 'true');
  expect(names).toContain('@holdfast/local');
  expect(names.filter((name) => OTHERS.test(name) || SHOWING.test(name))).toStrictEqual([]);
});
