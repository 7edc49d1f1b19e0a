import { expect, test } from 'vitest';
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
  expect(head).toMatch(/^ID +TOKEN +STATE +HOLDER +HELD FOR +LAST BEAT +LABEL$/);
  expect(a).toMatch(new RegExp(`^a +${token} +held +${guardian}@\\S+ +\\S+ +\\S+ ago +nightly$`));
  expect(b).toMatch(/^b +1 +free/);
  expect(rest).toStrictEqual(['']);

  const json = await bench.run(['status', '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({
    locks: [
      { id: 'a', state: 'held', token, holder: { pid: guardian, label: 'nightly' }, windowMs: 10_000 },
      { id: 'b', state: 'free', token: 1, holder: null, since: null },
    ],
  });

  const one = await bench.run(['status', '--json', '--id', 'never']);
  expect(JSON.parse(one.stdout)).toMatchObject({ locks: [{ id: 'never', state: 'free', token: null }] });
});

test('status --watch prints a line of JSON each time something changes', async () => {
  const watch = bench.start(['status', '--watch', '--json']);
  await watch.prints('"locks":[]');
  await bench.run(['run', '--', 'true']);
  await watch.prints('"token":1');
  const lines = watch.stdout.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { locks: unknown[] }).locks.length)).toStrictEqual([0, 1]);
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
  expect(await bench.inspect('default')).toMatchObject({ state: 'held', token });
  const unasked = await bench.run(['break', '--id', 'default', '--token', String(token)]);
  expect(unasked).toMatchObject({ status: 64 });
  expect(await bench.inspect('default')).toMatchObject({ state: 'held', token });
  const right = await bench.run(['break', '--id', 'default', '--token', String(token), '--yes']);
  expect(right).toMatchObject({ status: 0 });
  expect(await run.ended).toMatchObject({ status: 76 });
  const again = await bench.run(['break', '--id', 'default', '--token', String(token), '--yes']);
  expect(again).toMatchObject({ status: 1 });
});
