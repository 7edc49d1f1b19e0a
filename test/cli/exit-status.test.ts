import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Bench } from './holdfast.js';

const bench = new Bench();
const STACK = /\n\s+at /;

describe('holdfast run ends with', () => {
  test.each([
    ['the status of the command', ['sh', '-c', 'exit 7'], 7],
    ['128 and the number of the signal that ended the command', ['sh', '-c', 'kill -TERM $$'], 143],
    ['127 if there is no such command', ['holdfast-no-such-command'], 127],
    ['126 if it cannot be run', ['/etc/passwd'], 126],
    ['126 if it is a folder', ['/'], 126],
  ])('%s', async (_, command, status) => {
    const result = await bench.run(['run', '--', ...command]);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).not.toMatch(STACK);
    expect(await bench.inspect('default')).toMatchObject({ state: 'free', holders: [], waiters: [] });
  });

  test.each([
    ['an unknown option', ['run', '--retries', '3', '--', 'true']],
    ['an id that is too long', ['run', '--id', 'x'.repeat(500), '--', 'true']],
    ['break without a terminal to ask on', ['break', '--id', 'a', '--token', '1']],
  ])('64 for %s', async (_, args) => {
    const result = await bench.run(args);
    expect(result).toMatchObject({ status: 64, stdout: '' });
    expect(result.stderr).toMatch(/^holdfast: /);
    expect(result.stderr).not.toMatch(STACK);
  });

  test('69 if the storage cannot be reached, or is no folder', async () => {
    writeFileSync(join(bench.folder, 'file'), '');
    mkdirSync(join(bench.folder, 'folder'));
    writeFileSync(join(bench.folder, 'folder', 'lockfile-default'), 'no ledger');
    for (const place of ['missing', 'file', 'file/below', 'folder']) {
      const result = await bench.run([
        'run',
        '--on',
        join(bench.folder, place),
        '--',
        'sh',
        '-c',
        'echo ran',
      ]);
      expect(result, place).toMatchObject({ status: 69, stdout: '' });
      expect(result.stderr).not.toMatch(STACK);
    }
  });

  test('75 if somebody else holds the lock, at once or after a while, and says who it is', async () => {
    const { guardian } = await bench.hold('read -r _', ['--label', 'nightly']);
    const [atOnce, later] = await Promise.all([
      bench.run(['run', '--no-wait', '--', 'sh', '-c', 'echo ran']),
      bench.run(['run', '--timeout', '200ms', '--', 'sh', '-c', 'echo ran']),
    ]);
    for (const result of [atOnce, later]) {
      expect(result).toMatchObject({ status: 75, stdout: '' });
      expect(result.stderr).toContain(`pid ${guardian}`);
      expect(result.stderr).toContain('nightly');
    }
  });

  test('the status of a shell if a signal ends the waiting, and leaves nothing behind', async () => {
    const { token } = await bench.hold('read -r _');
    const waiting = bench.start(['run', '--', 'true']);
    await waiting.prints('waiting');
    waiting.kill('SIGTERM');
    expect(await waiting.ended).toMatchObject({ status: 143, stdout: '' });
    expect(await bench.inspect('default')).toMatchObject({
      state: 'held',
      holders: [{ token }],
      waiters: [],
    });
  });
});

test('help and version are results, and no failures', async () => {
  const [version, ...helps] = await Promise.all([
    bench.run(['--version']),
    bench.run(['--help']),
    ...['run', 'status', 'break'].map((name) => bench.run([name, '--help'])),
  ]);
  expect(version).toMatchObject({ status: 0, stderr: '' });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  for (const help of helps) {
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage: /);
  }
});
