import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { lives } from '../processes/lives.js';

const SCRIPT = fileURLToPath(new URL('../../packages/holdfast/guardian.sh', import.meta.url));
const SHELLS = ['sh', 'bash'];

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
  const process_ = spawn(file, args, {
    detached,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  started.push(process_);
  return process_;
}

/** What `holdfast run` says to its guardian before it is killed. */
async function guarded(shell: string, words: string): Promise<void> {
  const guardian = start(shell, [SCRIPT, '0.2', 'mark-4711']);
  guardian.stdin?.end(words);
  expect(await once(guardian, 'exit')).toStrictEqual([0, null]);
}

async function saying(script: string, env?: NodeJS.ProcessEnv, detached?: boolean): Promise<ChildProcess> {
  const process_ = start('sh', ['-c', `echo up; ${script}`], env, detached);
  if (process_.stdout !== null) await once(process_.stdout, 'data');
  return process_;
}

const STUBBORN = `trap '' TERM; sleep 600 & while :; do sleep 0.05; done`;

describe.each(SHELLS)('a guardian in %s', (shell) => {
  test('ends a whole group, and itself only after it', async () => {
    const command = await saying(STUBBORN, {}, true);
    await guarded(shell, `begin\ngroup ${command.pid}\n`);
    expect(lives(command.pid ?? 0)).toBe(false);
  });

  test('ends a tree of processes that shares its group with others', async () => {
    const command = await saying(`sh -c "${STUBBORN}" & echo $!; wait; wait`);
    await guarded(shell, `begin\ntree ${command.pid}\n`);
    expect(lives(command.pid ?? 0)).toBe(false);
  });

  test('ends a stopped command', async () => {
    const command = await saying('exec sleep 600', {}, true);
    command.kill('SIGSTOP');
    await guarded(shell, `begin\ngroup ${command.pid}\n`);
    expect(lives(command.pid ?? 0)).toBe(false);
  });

  test.runIf(process.platform === 'linux')(
    'finds the command by its environment if holdfast was killed before it could name it',
    async () => {
      const command = await saying(STUBBORN, { HOLDFAST_GUARDIAN: 'mark-4711' });
      const other = await saying('exec sleep 600', { HOLDFAST_GUARDIAN: 'mark-4712' });
      await guarded(shell, 'begin\n');
      expect(lives(command.pid ?? 0)).toBe(false);
      expect(lives(other.pid ?? 0)).toBe(true);
    },
  );

  test('touches nothing if nothing was begun, or all is done', async () => {
    const command = await saying('exec sleep 600', { HOLDFAST_GUARDIAN: 'mark-4711' }, true);
    await guarded(shell, '');
    await guarded(shell, `begin\ngroup ${command.pid}\ndone\n`);
    expect(lives(command.pid ?? 0)).toBe(true);
  });
});
