import { describe, expect, test } from 'vitest';
import { eventually } from '../processes/eventually.js';
import { lives } from '../processes/lives.js';
import { Bench, MAIN } from './holdfast.js';

const bench = new Bench();

describe('a lock across steps', () => {
  test('is held after acquire has ended, until it is released, and by that handle alone', async () => {
    const acquired = await bench.run(['acquire', '--id', 'a', '--ttl', '30m', '--format', 'env']);
    expect(acquired.status).toBe(0);
    const [, handle = '', token] =
      /^HOLDFAST_LEASE=([\w.-]+)\nHOLDFAST_TOKEN=(\d+)\n$/.exec(acquired.stdout) ?? [];
    expect(await bench.inspect('a')).toMatchObject({
      holders: [{ token: Number(token), state: 'detached' }],
    });
    const busy = ['acquire', '--id', 'a', '--ttl', '1m', '--no-wait', '--conflict-status', '9'];
    expect(await bench.run(busy)).toMatchObject({ status: 9, stdout: '' });
    const renewed = await bench.run(['renew', '--ttl', '1h'], { HOLDFAST_LEASE: handle });
    expect(renewed.status).toBe(0);
    // The handle from before counts no more.
    expect(await bench.run(['release', handle])).toMatchObject({ status: 76 });
    expect(await bench.inspect('a')).toMatchObject({ state: 'held' });
    expect(await bench.run(['release', renewed.stdout.trim()])).toMatchObject({ status: 0, stderr: '' });
    expect(await bench.inspect('a')).toMatchObject({ state: 'free' });
    expect(await bench.run(['release', renewed.stdout.trim()])).toMatchObject({ status: 76 });
  });

  test.each([
    ['none', [], {}],
    ['an empty one', ['release'], { HOLDFAST_LEASE: '' }],
    ['a made-up one', ['release', 'hf1.e30'], {}],
  ])('is not released by %s', async (_, args, env) => {
    const result = await bench.run(args.length === 0 ? ['release'] : args, env);
    expect(result).toMatchObject({ status: 64, stdout: '' });
  });
});

test('a handle that cannot be printed is of no use to anybody, so the lock is given back', async () => {
  const acquire = `${process.execPath} ${MAIN} acquire --id full --ttl 1h > /dev/full`;
  const result = await bench.run(['run', '--id', 'a', '--pass-env', 'HOLDFAST_URL', '--shell', acquire]);
  expect(result).toMatchObject({ status: 74 });
  expect(result.stderr).toContain('could not be printed, and the lock was given back');
  expect(await bench.inspect('full')).toMatchObject({ state: 'free' });
});

test('so many run at once as there are permits, and no more', async () => {
  const take = ['acquire', '--id', 's', '--permits', '2', '--ttl', '1h', '--no-wait'];
  const taken = [await bench.run(take), await bench.run(take), await bench.run(take)];
  expect(taken.map(({ status }) => status)).toStrictEqual([0, 0, 75]);
  const run = ['run', '--id', 's', '--permits', '2', '--no-wait', '--', 'echo', 'ran'];
  expect(await bench.run(run)).toMatchObject({ status: 75, stdout: '' });
  expect(await bench.run(['release', taken[0]?.stdout.trim() ?? ''])).toMatchObject({ status: 0 });
  expect(await bench.run(run)).toMatchObject({ status: 0, stdout: 'ran\n' });
});

test('status and wait tell by their exit status whether a lock is held', async () => {
  const { stdout } = await bench.run(['acquire', '--id', 'a', '--ttl', '1h']);
  const ask = (...ids: string[]): string[] => [
    'status',
    '--exit-status',
    ...ids.flatMap((id) => ['--id', id]),
  ];
  expect(await bench.run(ask('b', 'a'))).toMatchObject({ status: 1 });
  expect(await bench.run(ask('b', 'c'))).toMatchObject({ status: 0 });
  expect(await bench.run(['wait', '--id', 'a', '--timeout', '0'])).toMatchObject({ status: 75 });
  expect(await bench.run(['release', stdout.trim()])).toMatchObject({ status: 0 });
  expect(await bench.run(['wait', '--id', 'a'])).toMatchObject({ status: 0, stderr: '' });
});

test('a shell runs a script, and a conflict ends as was asked for', async () => {
  expect(await bench.run(['run', '--shell', 'echo a | tr a b'])).toMatchObject({ status: 0, stdout: 'b\n' });
  await bench.hold('read -r _');
  const run = ['run', '--no-wait', '--conflict-status', '0', '--', 'echo', 'ran'];
  expect(await bench.run(run)).toMatchObject({ status: 0, stdout: '' });
});

test('a run within a run of the same lock is refused at once, and none within one of another', async () => {
  const inner = (id: string): string[] => [process.execPath, MAIN, 'run', '--id', id, '--', 'echo', 'ran'];
  const outer = ['run', '--id', 'a', '--pass-env', 'HOLDFAST_URL', '--'];
  const refused = await bench.run([...outer, ...inner('a')]);
  expect(refused).toMatchObject({ status: 64, stdout: '' });
  expect(refused.stderr).toContain('lock "a"');
  expect(await bench.run([...outer, ...inner('b')])).toMatchObject({ status: 0, stdout: 'ran\n' });
});

test('the lock is kept after a short command, until a signal asks for it', async () => {
  const run = bench.start(['run', '--hold-at-least', '1h', '--', 'sh', '-c', 'echo $$ over; exit 3']);
  await run.prints('over');
  await eventually(() => !lives(Number.parseInt(run.stdout, 10)), 'the command has ended');
  expect(await bench.run(['run', '--no-wait', '--', 'true'])).toMatchObject({ status: 75 });
  run.kill('SIGTERM');
  expect(await run.ended).toMatchObject({ status: 3 });
  expect(await bench.inspect('default')).toMatchObject({ state: 'free' });
});
