import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import { lives } from '../processes/lives.js';
import { Bench, type Holding } from './holdfast.js';

const bench = new Bench();

/** A loss is noticed with the next heartbeat, a fifth of this. */
const SOON = ['--stale-after', '3s'];

const breakIt = ({ token }: Holding): Promise<unknown> =>
  bench.run(['break', '--id', 'default', '--token', String(token), '--yes']);

describe('when the lock is lost', () => {
  test('the command gets TERM, and may tidy up; what it started ends too', async () => {
    const holding = await bench.hold(
      `trap 'echo tidy; exit 0' TERM; sleep 600 & echo $! > "$FOLDER/child"; while :; do sleep 0.05; done`,
      SOON,
    );
    await bench.written('child', '\n');
    await breakIt(holding);
    expect(await holding.run.ended).toMatchObject({ status: 76, stdout: 'ready\ntidy\n' });
    expect(lives(Number(bench.read('child')))).toBe(false);
    expect(lives(holding.guardian)).toBe(false);
  });

  test('a command that does not listen gets KILL after five seconds, with what it started', async () => {
    const holding = await bench.hold(
      `trap '' TERM; sh -c 'echo $$ > "$FOLDER/child"; while :; do sleep 0.05; done' & wait; wait`,
      SOON,
    );
    await bench.written('child', '\n');
    const lost = breakIt(holding).then(() => performance.now());
    expect(await holding.run.ended).toMatchObject({ status: 76 });
    expect(performance.now() - (await lost)).toBeGreaterThan(4_900);
    expect(lives(Number(bench.read('child')))).toBe(false);
  });

  test('because its folder was removed, the command is ended, and the folder does not come back', async () => {
    const holding = await bench.hold('while :; do sleep 0.05; done', SOON);
    rmSync(join(bench.folder, 'lockfile-default'), { recursive: true });
    expect(await holding.run.ended).toMatchObject({ status: 76 });
    expect(await bench.inspect('default')).toBeUndefined();
  });

  test('with its guardian, the command is killed before others can go on', async () => {
    const holding = await bench.hold('trap "" TERM; while :; do echo a >> "$FOLDER/log"; sleep 0.02; done');
    await bench.written('log', 'a');
    process.kill(holding.guardian, 'SIGKILL');
    expect(await holding.run.ended).toMatchObject({ status: 76 });
  });
});

describe('when holdfast itself is killed', () => {
  test.each([
    ['ends when told to', 'trap "sleep 0.3; echo end >> $FOLDER/log; exit" TERM;', []],
    ['does not listen', 'trap "" TERM;', ['--stale-after', '3s']],
  ])('a command that %s never overlaps with the next one', async (_, trap, options) => {
    const first = await bench.hold(
      `${trap} while :; do echo first >> "$FOLDER/log"; sleep 0.02; done`,
      options,
    );
    await bench.written('log', 'first');
    const second = bench.start([
      'run',
      ...options,
      '--',
      'sh',
      '-c',
      'echo second >> "$FOLDER/log"; sleep 0.3',
    ]);
    await second.prints('waiting');
    first.run.kill('SIGKILL');
    expect(await second.ended).toMatchObject({ status: 0 });
    const lines = bench.read('log').trimEnd().split('\n');
    expect(lines.indexOf('second')).toBe(lines.length - 1);
    expect(lives(first.guardian)).toBe(false);
    // Taken over at once, since its end was proved, and not after the window.
    expect(second.stderr).toContain('which is dead');
  });

  test('while it waits, its place in the queue holds nobody up', async () => {
    const { run } = await bench.hold('read -r _');
    const waiting = bench.start(['run', '--', 'sh', '-c', 'echo killed >> "$FOLDER/log"']);
    await bench.waiting('default', 1);
    const behind = bench.start(['run', '--', 'sh', '-c', 'echo behind >> "$FOLDER/log"']);
    await bench.waiting('default', 2);
    waiting.kill('SIGKILL');
    await waiting.ended;
    run.type('\n');
    expect(await run.ended).toMatchObject({ status: 0 });
    const { status, stderr } = await behind.ended;
    expect(status).toBe(0);
    expect(stderr).toContain('which is dead');
    expect(bench.read('log')).toBe('behind\n');
    expect(await bench.inspect('default')).toMatchObject({ state: 'free', waiters: [] });
  });
});

describe('the guardian', () => {
  test('ends with the command, and heeds no signal before', async () => {
    const { run, guardian } = await bench.hold('read -r _');
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1'] as const)
      process.kill(guardian, signal);
    run.type('\n');
    expect(await run.ended).toMatchObject({ status: 0, stderr: '' });
    await eventually(() => !lives(guardian), 'the guardian has ended');
  });
});
