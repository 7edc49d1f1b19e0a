import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { LockJSON } from '../../packages/holdfast/dist/cli/status/status-json.js';
import { eventually } from '../processes/eventually.js';
import { Bench } from './holdfast.js';

const bench = new Bench();

test('status shows every lock below the place, as a table and as JSON', async () => {
  expect(await bench.run(['status'])).toMatchObject({ status: 0, stderr: '' });
  await bench.run(['run', '--id', 'b', '--', 'true']);
  const { guardian, token } = await bench.hold('read -r _', ['--label', 'nightly'], 'a');

  const table = await bench.run(['status']);
  expect(table).toMatchObject({ status: 0, stderr: '' });
  const [head, a, b, ...rest] = table.stdout.split('\n');
  expect(head).toMatch(/^ID +TOKEN +STATE +WHO +ASKED +LAST BEAT +LABEL$/);
  expect(a).toMatch(new RegExp(`^a +${token} +held +${guardian}@\\S+ +\\S+ ago +\\S+ ago +nightly$`));
  expect(b).toMatch(/^b +- +free/);
  expect(rest).toStrictEqual(['']);

  const json = await bench.run(['status', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    locks: [
      {
        id: 'a',
        state: 'held',
        holders: [{ token, holder: { pid: guardian, label: 'nightly' }, windowMs: 10_000 }],
        waiters: [],
      },
      { id: 'b', state: 'free', holders: [], waiters: [] },
    ],
  });

  const one = await bench.run(['status', '--json', '--id', 'never']);
  expect(JSON.parse(one.stdout)).toMatchObject({ locks: [{ id: 'never', state: 'free', holders: [] }] });
});

test('status shows who waits, in the order in which they get the lock', async () => {
  const { run, token } = await bench.hold('read -r _');
  const labels = ['second', 'third', 'fourth'];
  const waiting = [];
  for (const label of labels) {
    const args = ['run', '--label', label, '--', 'sh', '-c', `echo ${label} >> "$FOLDER/order"`];
    waiting.push(bench.start(args));
    await bench.waiting('default', waiting.length);
  }
  const { stdout } = await bench.run(['status']);
  const lines = stdout.trimEnd().split('\n').slice(1);
  expect(lines.map((line) => /(held|waits, \d\w\w)/.exec(line)?.[0])).toStrictEqual([
    'held',
    'waits, 1st',
    'waits, 2nd',
    'waits, 3rd',
  ]);
  const [lock] = (JSON.parse((await bench.run(['status', '--json'])).stdout) as { locks: LockJSON[] }).locks;
  expect(lock?.holders.map((holder) => holder.token)).toStrictEqual([token]);
  expect(lock?.waiters.map(({ holder }) => holder?.label)).toStrictEqual(labels);
  run.type('\n');
  for (const one of waiting) expect(await one.ended).toMatchObject({ status: 0 });
  expect(bench.read('order')).toBe(`${labels.join('\n')}\n`);
});

test('those that share a lock hold it together, and status shows all of them', async () => {
  const hold = ['run', '--shared', '--', 'sh', '-c', 'echo ready; read -r _'];
  const runs = [bench.start(hold), bench.start(hold)];
  for (const run of runs) await run.prints('ready');
  const alone = await bench.run(['run', '--no-wait', '--', 'true']);
  expect(alone).toMatchObject({ status: 75 });
  expect((await bench.run(['status'])).stdout.match(/\bshared\b/g)).toHaveLength(2);
  for (const run of runs) run.type('\n');
  for (const run of runs) expect(await run.ended).toMatchObject({ status: 0 });
});

test('status shows all other locks beside one that cannot be read', async () => {
  await bench.run(['run', '--id', 'a', '--', 'true']);
  // As the first edition of the protocol left it.
  mkdirSync(join(bench.folder, 'lockfile-b', '000000000001'), { recursive: true });
  symlinkSync('/etc', join(bench.folder, 'lockfile-c'));
  await bench.run(['run', '--id', 'd', '--', 'true']);
  const { status, stdout } = await bench.run(['status', '--json']);
  expect(status).toBe(0);
  const { locks } = JSON.parse(stdout) as { locks: LockJSON[] };
  expect(locks.map(({ id, state, error }) => [id, state, error === null])).toStrictEqual([
    ['a', 'free', true],
    ['b', 'unreadable', false],
    ['c', 'unreadable', false],
    ['d', 'free', true],
  ]);
  expect((await bench.run(['status'])).stdout).toContain('unreadable');
  for (const id of ['b', 'c']) {
    const before = readdirSync(bench.folder, { recursive: true });
    expect(await bench.run(['run', '--id', id, '--', 'echo', 'ran'])).toMatchObject({
      status: 69,
      stdout: '',
    });
    expect(readdirSync(bench.folder, { recursive: true })).toStrictEqual(before);
  }
});

test('status --watch prints a line of JSON each time something changes', async () => {
  const watch = bench.start(['status', '--watch', '--json']);
  await watch.prints('"locks":[]');
  const { run } = await bench.hold('read -r _');
  await watch.prints('"held"');
  const waiting = bench.start(['run', '--label', 'next', '--', 'true']);
  await watch.prints('"next"');
  run.type('\n');
  expect(await waiting.ended).toMatchObject({ status: 0 });
  await watch.prints('"free"');
  const lines = watch.stdout.trimEnd().split('\n');
  expect(new Set(lines).size).toBe(lines.length);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('locks');
});

test('a holder that shows no life is suspect', async () => {
  const { run } = await bench.hold('read -r _', ['--stale-after', '2s']);
  run.kill('SIGSTOP');
  await eventually(async () => (await bench.inspect('default'))?.state === 'suspect', 'it is suspect');
  expect((await bench.run(['status'])).stdout).toContain('suspect');
  run.kill('SIGCONT');
  expect(await run.ended).toMatchObject({ status: 76 });
});

test('break frees the lock of that token alone', async () => {
  const { run, token } = await bench.hold('while :; do sleep 0.05; done', ['--stale-after', '3s']);
  const wrong = await bench.run(['break', '--id', 'default', '--token', String(token + 1), '--yes']);
  expect(wrong).toMatchObject({ status: 1, stdout: '' });
  expect(await bench.inspect('default')).toMatchObject({ state: 'held', holders: [{ token }] });
  const unasked = await bench.run(['break', '--id', 'default', '--token', String(token)]);
  expect(unasked).toMatchObject({ status: 64 });
  expect(await bench.inspect('default')).toMatchObject({ state: 'held', holders: [{ token }] });
  const right = await bench.run(['break', '--id', 'default', '--token', String(token), '--yes']);
  expect(right).toMatchObject({ status: 0 });
  expect(await run.ended).toMatchObject({ status: 76 });
  const again = await bench.run(['break', '--id', 'default', '--token', String(token), '--yes']);
  expect(again).toMatchObject({ status: 1 });
});

test('break takes the place in the queue from one that waits, which then queues behind the others', async () => {
  const { run } = await bench.hold('read -r _');
  const waiting = [];
  for (const label of ['first', 'second']) {
    const script = `echo ${label} >> "$FOLDER/order"`;
    waiting.push(bench.start(['run', '--stale-after', '3s', '--label', label, '--', 'sh', '-c', script]));
    await bench.waiting('default', waiting.length);
  }
  const [first] = (await bench.inspect('default'))?.waiters ?? [];
  const broken = await bench.run(['break', '--id', 'default', '--token', String(first?.token), '--yes']);
  expect(broken).toMatchObject({ status: 0 });
  const labels = async (): Promise<unknown> =>
    (await bench.inspect('default'))?.waiters.map(({ holder }) => holder?.label).join();
  await eventually(async () => (await labels()) === 'second,first', 'the first queues again', labels);
  run.type('\n');
  for (const one of waiting) expect(await one.ended).toMatchObject({ status: 0 });
  expect(bench.read('order')).toBe('second\nfirst\n');
});
