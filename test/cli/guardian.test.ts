import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { guardianSource } from '../../packages/holdfast/dist/cli/run/guardian/source.js';
import { lives } from '../processes/lives.js';

const MARK = 'mark-4711';
const GRACE_MS = 200;
const linux = process.platform === 'linux';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const process of started.splice(0)) process.kill('SIGKILL');
});

function start(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  detached = false,
): ChildProcess {
  const process_ = spawn(file, args, { detached, env, stdio: ['pipe', 'pipe', 'ignore'] });
  started.push(process_);
  return process_;
}

/** Where a guardian finds out what runs: as usual, or not at all. */
const SOURCES = {
  'a list of processes': {},
  'no list of processes': { proc: '/nonexistent', ps: [] },
} as const;
type Sources = (typeof SOURCES)[keyof typeof SOURCES];

/** What `holdfast run` says to its guardian before it is killed; fulfils when that has ended. */
async function guarded(words: string, sources: Sources = {}): Promise<void> {
  // It gets nothing to find other programs with.
  const guardian = start(process.execPath, ['-e', guardianSource({ mark: MARK, ...sources })]);
  guardian.stdin?.end(words);
  expect(await once(guardian, 'exit')).toStrictEqual([0, null]);
}

async function saying(script: string, env?: NodeJS.ProcessEnv, detached?: boolean): Promise<ChildProcess> {
  const process_ = start(
    '/bin/sh',
    ['-c', `echo up; ${script}`],
    { PATH: process.env['PATH'], ...env },
    detached,
  );
  if (process_.stdout !== null) await once(process_.stdout, 'data');
  return process_;
}

function startOf(pid = 0): string {
  if (!linux) return '-';
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
}

const STUBBORN = `trap '' TERM; sleep 600 & while :; do sleep 0.05; done`;

describe.each(Object.entries(SOURCES))('a guardian that has %s', (_, sources) => {
  test('ends a whole group, and itself only after it', async () => {
    const { pid } = await saying(STUBBORN, {}, true);
    await guarded(`begin ${GRACE_MS}\ngroup ${pid} ${startOf(pid)}\n`, sources);
    expect(lives(pid ?? 0)).toBe(false);
  });

  test('ends a stopped command', async () => {
    const command = await saying('exec sleep 600', {}, true);
    command.kill('SIGSTOP');
    await guarded(`begin ${GRACE_MS}\ngroup ${command.pid} ${startOf(command.pid)}\n`, sources);
    expect(lives(command.pid ?? 0)).toBe(false);
  });

  test('ends a command that shares its group with others', async () => {
    const { pid } = await saying('exec sleep 600');
    await guarded(`begin ${GRACE_MS}\ntree ${pid} ${startOf(pid)}\n`, sources);
    expect(lives(pid ?? 0)).toBe(false);
  });

  test('touches nothing if nothing was begun, the command is over, or all is done', async () => {
    const { pid } = await saying('exec sleep 600', { HOLDFAST_GUARDIAN: MARK }, true);
    const group = `group ${pid} ${startOf(pid)}`;
    await guarded('', sources);
    await guarded(`begin ${GRACE_MS}\n${group}\nover\n`, sources);
    await guarded(`begin ${GRACE_MS}\n${group}\ndone\n`, sources);
    expect(lives(pid ?? 0)).toBe(true);
  });

  test('ends at once where the command has ended already', async () => {
    const command = await saying('exec sleep 600', {}, true);
    const start_ = startOf(command.pid);
    const ended = once(command, 'close');
    command.kill('SIGKILL');
    await ended;
    await guarded(`begin 600000\ngroup ${command.pid} ${start_}\n`, sources);
    await guarded(`begin 600000\ntree ${command.pid} ${start_}\n`, sources);
    expect(lives(command.pid ?? 0)).toBe(false);
  });
});

test('a guardian gives a command the time that it was told to, and not more', async () => {
  const command = await saying(
    `trap 'sleep 0.3; echo tidy; exit' TERM; while :; do sleep 0.05; done`,
    {},
    true,
  );
  const said = command.stdout && once(command.stdout, 'data');
  await guarded(`begin 600000\ngroup ${command.pid} ${startOf(command.pid)}\n`);
  expect(String(await said)).toBe('tidy\n');
});

test('a guardian ends a tree of processes that shares its group with others', async () => {
  const command = await saying(`sh -c "${STUBBORN}" & echo $!; wait; wait`);
  await guarded(`begin ${GRACE_MS}\ntree ${command.pid} ${startOf(command.pid)}\n`);
  expect(lives(command.pid ?? 0)).toBe(false);
});

describe.runIf(linux)('on Linux, a guardian', () => {
  test('leaves a process alone that got the number of the command, which had ended', async () => {
    const { pid } = await saying('exec sleep 600', {}, true);
    const other = Number(startOf(pid)) - 1;
    await guarded(`begin ${GRACE_MS}\ngroup ${pid} ${other}\n`);
    await guarded(`begin ${GRACE_MS}\ntree ${pid} ${other}\n`);
    expect(lives(pid ?? 0)).toBe(true);
  });

  test('finds the command by its environment if holdfast was killed before it could name it', async () => {
    const command = await saying(STUBBORN, { HOLDFAST_GUARDIAN: MARK });
    const other = await saying('exec sleep 600', { HOLDFAST_GUARDIAN: `${MARK}2` });
    await guarded(`begin ${GRACE_MS}\n`);
    expect(lives(command.pid ?? 0)).toBe(false);
    expect(lives(other.pid ?? 0)).toBe(true);
  });

  test('knows a child of the command when its parent has ended', async () => {
    const command = await saying(
      `sh -c 'trap "" TERM; while :; do echo $$; sleep 0.05; done' & read -r _; wait`,
    );
    // Again and again, since the first may have come together with what was waited for.
    const [child = 0] = String(await once(command.stdout ?? command, 'data'))
      .split('\n')
      .map(Number);
    await guarded(`begin ${GRACE_MS}\ntree ${command.pid} ${startOf(command.pid)}\n`);
    expect(lives(child)).toBe(false);
  });
});
