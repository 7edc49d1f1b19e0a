import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { main } from './program.js';

let printed = { stdout: '', stderr: '' };
beforeEach(() => {
  printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      printed[name] += String(text);
      return true;
    });
  }
});
afterEach(() => vi.restoreAllMocks());

it.each([
  ['no command', ['run']],
  ['an unknown option', ['run', '--retries', '3', '--', 'true']],
  ['an option without its value', ['run', '--id']],
  ['an unknown subcommand', ['rum']],
  ['no subcommand', []],
  ['a word too many', ['status', 'now']],
  ['a time in no unit', ['run', '--timeout', '5x', '--', 'true']],
  ['a handle that is none', ['release', '--on', 'memory:x', 'abc']],
  ['a lock for no time', ['acquire', '--on', 'memory:x']],
  ['a timeout beside --no-wait', ['run', '--no-wait', '--timeout', '5s', '--', 'true']],
  ['an empty id', ['run', '--id', '', '--', 'true']],
  ['an unknown scheme', ['status', '--on', 'gopher://host/x']],
  ['a place that is neither URL nor path', ['status', '--on', 'locks']],
  ['an unknown option of the storage', ['status', '--on', 'file:///tmp?speed=9']],
  ['an id that is too long', ['status', '--on', 'memory:x', '--id', 'x'.repeat(500)]],
  ['a token that is none', ['break', '--id', 'a', '--token', 'x', '--yes']],
  ['break without a token', ['break', '--id', 'a', '--yes']],
  ['text that would drive the terminal', ['run', '--\u001B[2J', '--', 'true']],
])('ends with 64 for %s, and says what was wrong', async (_, args) => {
  expect(await main(args)).toBe(64);
  expect(printed.stdout).toBe('');
  expect(printed.stderr).toMatch(/^(?:holdfast: |Usage: )/);
  expect(printed.stderr.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

it('shows an empty place as what it is', async () => {
  expect(await main(['status', '--on', 'memory:empty'])).toBe(0);
  expect(printed.stdout).toContain('memory:empty');
  expect(await main(['status', '--on', 'memory:empty', '--json'])).toBe(0);
});

it('does not break what is not held', async () => {
  expect(await main(['break', '--on', 'memory:empty', '--id', 'a', '--token', '1', '--yes'])).toBe(1);
});
