import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import { lives } from '../processes/lives.js';
import { Bench } from './holdfast.js';

const bench = new Bench();

describe('a command under a lock', () => {
  test('knows the lock and its token, which grows', async () => {
    const say = ['--', 'sh', '-c', 'echo "$HOLDFAST_ID $HOLDFAST_TOKEN"'];
    const runs = [];
    for (const id of ['a b', 'a b', 'default']) runs.push(await bench.run(['run', '--id', id, ...say]));
    for (const { status, stderr } of runs) expect([status, stderr]).toStrictEqual([0, '']);
    const [first, second, other] = runs.map(({ stdout }) => /^(.*) (\d+)\n$/.exec(stdout) ?? []);
    expect([first?.[1], second?.[1], other?.[1]]).toStrictEqual(['a b', 'a b', 'default']);
    expect(Number(second?.[2])).toBe(Number(first?.[2]) + 1);
  });

  test('gets its arguments as they are, options included, with and without a double dash', async () => {
    const words = ['printf', '%s|', '--id', '-q', '', 'a b', '$HOME', '--'];
    expect(await bench.run(['run', '--', ...words])).toMatchObject({ stdout: '--id|-q||a b|$HOME|--|' });
    expect(await bench.run(['run', '-q', ...words])).toMatchObject({ stdout: '--id|-q||a b|$HOME|--|' });
  });

  test('reads the input of holdfast, and the locks of a user are kept without any configuration', async () => {
    const run = bench.start(['run', '--', 'sh', '-c', 'read -r line; echo "<$line>"'], {
      HOLDFAST_URL: undefined,
    });
    run.type('hello\n');
    expect(await run.ended).toMatchObject({ status: 0, stdout: '<hello>\n' });
    const state = process.platform === 'darwin' ? 'Library/Application Support' : '.local/state';
    const locks = join(bench.folder, state, 'holdfast/locks');
    const there = await bench.run(['status', '--on', locks]);
    expect(there.stdout).toContain('default');
    expect(statSync(locks).mode & 0o777).toBe(0o700);
  });

  test('keeps variables that a shell would drop', async () => {
    const { stdout } = await bench.run(['run', '--', 'env'], { 'strange.name-1': 'kept' });
    expect(stdout).toContain('strange.name-1=kept');
  });

  test('runs when the one before has ended, and the wait is told of, unless --quiet', async () => {
    const { run } = await bench.hold('read -r _');
    const next = bench.start(['run', '--', 'echo', 'second']);
    const quiet = bench.start(['run', '--quiet', '--', 'echo', 'third']);
    await next.prints('waiting for lock "default" behind pid');
    await bench.waiting('default', 2);
    run.type('\n');
    expect(await run.ended).toMatchObject({ status: 0 });
    expect(await next.ended).toMatchObject({ status: 0, stdout: 'second\n' });
    expect(await quiet.ended).toMatchObject({ status: 0, stdout: 'third\n', stderr: '' });
  });

  test('leaves little behind, however often and short it runs, and does not speak of what it tidies up', async () => {
    for (let run = 0; run < 14; run++) {
      expect(await bench.run(['run', '--', 'true'])).toMatchObject({ status: 0, stderr: '' });
    }
    expect(readdirSync(join(bench.folder, 'lockfile-default')).length).toBeLessThan(26);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)(
    'gets %s, once, and may end as it likes',
    async (signal) => {
      const name = signal.slice(3);
      const { run } = await bench.hold(`trap 'echo got' ${name}; echo set; read -r _; read -r _; exit 3`);
      await run.prints('set');
      run.kill(signal);
      await run.prints('got');
      run.type('\n\n\n');
      expect(await run.ended).toMatchObject({ status: 3, stdout: 'ready\nset\ngot\n' });
      expect(await bench.inspect('default')).toMatchObject({ state: 'free' });
    },
  );

  test('that a signal ends takes what it started with it, and frees the lock', async () => {
    const { run } = await bench.hold('sleep 600 & echo $! > "$FOLDER/child"; wait');
    await bench.written('child', '\n');
    run.kill('SIGTERM');
    expect(await run.ended).toMatchObject({ status: 128 + constants.signals.SIGTERM });
    await eventually(() => !lives(Number(bench.read('child'))), 'what the command started has ended');
    expect(await bench.inspect('default')).toMatchObject({ state: 'free' });
  });
});

test('hostile names reach neither the terminal nor another lock', async () => {
  const id = '../\u001B]0;pwned\u0007\u001B[2J\u202Eevil 🔒';
  const label = '\u001B[31mred\r\n\u0000'.replace('\0', '') + '\u009B5n'.repeat(20);
  const { run } = await bench.hold('read -r _', ['--label', label], id);
  const control = /[\p{Cc}\p{Cf}]/u;
  const [table, json, refused] = await Promise.all([
    bench.run(['status']),
    bench.run(['status', '--json']),
    bench.run(['run', '--no-wait', '--id', id, '--', 'true']),
  ]);
  for (const text of [table.stdout, json.stdout, refused.stderr]) {
    expect(text.replaceAll('\n', '')).not.toMatch(control);
  }
  expect(JSON.parse(json.stdout)).toMatchObject({ locks: [{ id, holders: [{ holder: { label } }] }] });
  run.type('\n');
  expect(await run.ended).toMatchObject({ status: 0 });
  expect((await bench.inspect(id.slice(3)))?.state).toBeUndefined();
});

test('what a stranger put among the claims does not disturb', async () => {
  const say = ['run', '--stale-after', '1s', '--', 'sh', '-c', 'echo $HOLDFAST_TOKEN'];
  const first = await bench.run(say);
  const folder = join(bench.folder, 'lockfile-default');
  const next = String(Number(first.stdout) + 1).padStart(16, '0');
  for (const name of ['\u001B[2J', `${next}.beat.1000`, '9999999999999999']) {
    writeFileSync(join(folder, name), '{"token":7,"label":"\u001B[2J"}');
  }
  const { status, stdout, stderr } = await bench.run(say);
  expect(status).toBe(0);
  expect(Number(stdout)).toBeGreaterThan(Number(first.stdout));
  expect(stderr).not.toContain('\u001B');
});
