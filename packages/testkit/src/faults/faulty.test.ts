import { memoryStore, memoryVFS } from '@holdfast/memory';
import { isVFSError, type VFS, type VFSError } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../clock/index.js';
import { FaultPlan, faulty, type Fault, type FaultRule } from './index.js';

function broken(...rules: FaultRule[]): { vfs: VFS; inner: VFS; plan: FaultPlan; clock: VirtualClock } {
  const clock = new VirtualClock();
  const inner = memoryVFS({ clock });
  const plan = new FaultPlan(rules);
  return { vfs: faulty(inner, plan, { actor: 'A', clock }), inner, plan, clock };
}

const names = async (vfs: VFS): Promise<string[]> => (await vfs.ls('/')).map(({ name }) => name);

/** The error of `call`, which must fail. */
async function errorOf(call: Promise<unknown>): Promise<VFSError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isVFSError(error)) throw new Error('the call did not reject with a VFSError');
  return error;
}

/** Whether `promise` has settled once all else has. */
async function settled(promise: Promise<unknown>, clock: VirtualClock): Promise<boolean> {
  let done = false;
  const mark = (): void => {
    done = true;
  };
  promise.then(mark, mark);
  await clock.settle();
  return done;
}

describe('a faulty VFS', () => {
  test('is as the one inside where no rule matches', async () => {
    const { vfs, inner } = broken(
      { actor: 'B', fault: { kind: 'lose-call' } },
      { op: 'rm', fault: { kind: 'lose-call' } },
      { op: ['stat', 'readFile'], fault: { kind: 'lose-call' } },
      { path: '/other', fault: { kind: 'lose-call' } },
      { path: /^\/d\/.*x$/, fault: { kind: 'lose-call' } },
    );
    await vfs.mkdir('/d');
    await vfs.mkdir('/d/y');
    expect(await inner.ls('/')).toEqual(await vfs.ls('/'));
    expect((await errorOf(vfs.mkdir('/other'))).code).toBe('ECONN');
    expect((await errorOf(vfs.mkdir('/d/x'))).code).toBe('ECONN');
    expect((await errorOf(vfs.rm('/d/y'))).code).toBe('ECONN');
    expect((await errorOf(vfs.stat('/d'))).code).toBe('ECONN');
  });

  test('matches a pattern in a path anew each time, whatever its flags', async () => {
    const { vfs, inner } = broken({ path: /d/g, fault: { kind: 'lose-call' } });
    for (let time = 0; time < 3; time++) expect((await errorOf(vfs.mkdir('/d'))).code).toBe('ECONN');
    expect(await names(inner)).toEqual([]);
  });

  test('lets so many calls pass before a fault, and so many after it', async () => {
    const { vfs, inner } = broken({ op: 'mkdir', skip: 1, times: 2, fault: { kind: 'lose-call' } });
    const made = await Promise.allSettled(['/a', '/b', '/c', '/d'].map((path) => vfs.mkdir(path)));
    expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(await names(inner)).toEqual(['a', 'd']);
  });

  test('hits a call with the first rule that matches, and takes a rule out again', async () => {
    const { vfs, plan } = broken();
    const takeOut = plan.add({ op: 'mkdir', fault: { kind: 'fail', code: 'EACCES' } });
    plan.add({ op: 'mkdir', fault: { kind: 'fail', code: 'EBUSY' } });
    expect((await errorOf(vfs.mkdir('/d'))).code).toBe('EACCES');
    takeOut();
    takeOut();
    expect((await errorOf(vfs.mkdir('/d'))).code).toBe('EBUSY');
  });
});

describe('a rule for what listings show', () => {
  const views: Fault[] = [
    { kind: 'coarse-mtime', ms: 1000 },
    { kind: 'frozen-mtime' },
    { kind: 'old-answer' },
  ];

  test.each(views)('of $kind leaves all other calls to the rules behind it', async (fault) => {
    const { vfs, plan } = broken({ fault });
    const gate = plan.park('before', { op: 'mkdir' });
    const call = vfs.mkdir('/d');
    await gate.reached;
    gate.open();
    await call;
    plan.add({ op: 'mkdir', fault: { kind: 'fail', code: 'EACCES' } });
    expect((await errorOf(vfs.mkdir('/e'))).code).toBe('EACCES');
  });

  test.each(views)('of $kind does not use itself up on other calls', async (fault) => {
    const { vfs, inner, plan, clock } = broken();
    await clock.advance(1500);
    await inner.writeFile('/f', 'x');
    // What is frozen or old has to have been seen before.
    const thaw = plan.add({ fault: { kind: 'frozen-mtime' } });
    const old = await vfs.stat('/f');
    thaw();
    await inner.writeFile('/f', 'longer');
    await clock.advance(1000);
    await inner.writeFile('/f', 'longer still');
    const real = await inner.stat('/f');
    const { mtimeMs } = fault.kind === 'coarse-mtime' ? { mtimeMs: clock.wall() - 500 } : old;
    plan.add({ times: 1, fault });
    await vfs.writeFile('/g', 'x');
    expect((await vfs.stat('/f')).mtimeMs).toBe(mtimeMs);
    expect(await vfs.stat('/f')).toEqual(real);
  });

  test.each(views)('of $kind lets chance strike', async (fault) => {
    const { vfs, plan } = broken({ fault });
    plan.random({ seed: 1, rate: 1, kinds: ['lose-call'] });
    expect((await errorOf(vfs.mkdir('/d'))).code).toBe('ECONN');
    expect((await errorOf(vfs.stat('/'))).code).toBe('ECONN');
  });

  test('goes together with another fault of the same call', async () => {
    const { vfs, inner, plan, clock } = broken({ fault: { kind: 'coarse-mtime', ms: 1000 } });
    await clock.advance(1500);
    await inner.writeFile('/f', 'x');
    const gate = plan.park('after', { op: 'stat' });
    const call = vfs.stat('/f');
    await gate.reached;
    await inner.rm('/f');
    gate.open();
    expect((await call).mtimeMs).toBe(clock.wall() - 500);
    expect((await errorOf(vfs.stat('/f'))).code).toBe('ENOENT');
  });
});

describe('the fault', () => {
  test('park before holds a call up before it has an effect', async () => {
    const { vfs, inner, plan, clock } = broken();
    const gate = plan.park('before', { op: 'mkdir', path: '/d' });
    const call = vfs.mkdir('/d');
    await gate.reached;
    expect([await settled(call, clock), gate.waiting, await names(inner)]).toEqual([false, 1, []]);
    gate.open();
    await call;
    expect([gate.waiting, await names(inner)]).toEqual([0, ['d']]);
    await vfs.mkdir('/e');
  });

  test('park after holds the reply up, be it a success or an error', async () => {
    const { vfs, inner, plan, clock } = broken();
    for (const fulfils of [true, false]) {
      const gate = plan.park('after', { op: 'mkdir' });
      const call = vfs.mkdir('/d').then(
        () => true,
        () => false,
      );
      await gate.reached;
      expect([await settled(call, clock), await names(inner)]).toEqual([false, ['d']]);
      gate.open();
      expect(await call).toBe(fulfils);
    }
  });

  test('delay holds up for a time on the given clock', async () => {
    const { vfs, inner, clock } = broken({ op: 'mkdir', fault: { kind: 'delay', at: 'before', ms: 500 } });
    const call = vfs.mkdir('/d');
    await clock.advance(499);
    expect(await names(inner)).toEqual([]);
    await clock.advance(1);
    await call;
    expect(await names(inner)).toEqual(['d']);
  });

  test('fail has no effect, and says what it is told to', async () => {
    const { vfs, inner } = broken(
      { times: 1, fault: { kind: 'fail', code: 'EACCES' } },
      { times: 1, fault: { kind: 'fail', code: 'EIO', outcome: 'unknown' } },
    );
    expect(await errorOf(vfs.mkdir('/d'))).toMatchObject({ code: 'EACCES', outcome: 'failed', path: '/d' });
    expect(await errorOf(vfs.mkdir('/d'))).toMatchObject({ code: 'EIO', outcome: 'unknown', op: 'mkdir' });
    expect(await names(inner)).toEqual([]);
  });

  test('throw rejects with whatever it is given, and has no effect', async () => {
    const error = new TypeError('a defect');
    const { vfs, inner } = broken({ fault: { kind: 'throw', error } });
    await expect(vfs.mkdir('/d')).rejects.toBe(error);
    expect(await names(inner)).toEqual([]);
  });

  test('lose-reply has its effect, lose-call has none, and the caller cannot tell', async () => {
    const { vfs, inner } = broken(
      { path: '/made', fault: { kind: 'lose-reply' } },
      { path: '/lost', fault: { kind: 'lose-call' } },
    );
    for (const path of ['/made', '/lost'])
      expect(await errorOf(vfs.mkdir(path))).toMatchObject({ code: 'ECONN', outcome: 'unknown' });
    expect(await errorOf(vfs.stat('/lost'))).toMatchObject({ code: 'ECONN', outcome: 'failed' });
    expect(await names(inner)).toEqual(['made']);
  });

  test('late takes effect after the caller gave up, who is told of it', async () => {
    const { vfs, inner, plan, clock } = broken();
    const gate = plan.late({ op: 'mkdir' });
    const error = await errorOf(vfs.mkdir('/d'));
    expect(error).toMatchObject({ code: 'ETIMEDOUT', outcome: 'unknown' });
    expect([await names(inner), await settled(error.settled ?? Promise.resolve(), clock)]).toEqual([
      [],
      false,
    ]);
    gate.open();
    await error.settled;
    expect(await names(inner)).toEqual(['d']);
  });

  test('twice makes the call twice, and gives the second reply', async () => {
    const { vfs, inner } = broken({ times: 1, fault: { kind: 'twice' } });
    expect(await errorOf(vfs.mkdir('/d'))).toMatchObject({ code: 'EEXIST', outcome: 'failed' });
    expect(await names(inner)).toEqual(['d']);
  });

  test('old-answer shows a listing and a stat as they were', async () => {
    const { vfs, inner, plan } = broken();
    await inner.writeFile('/f', 'x');
    const before = [await vfs.ls('/'), await vfs.stat('/f')];
    await inner.writeFile('/f', 'longer');
    await inner.mkdir('/d');
    plan.add({ op: ['ls', 'stat'], fault: { kind: 'old-answer' } });
    expect([await vfs.ls('/'), await vfs.stat('/f')]).toEqual(before);
    expect((await vfs.stat('/d')).type).toBe('directory');
  });

  test('frozen-mtime shows a rewrite with the mtime of old, coarse-mtime with that of its second', async () => {
    const { vfs, inner, plan, clock } = broken();
    const seen = async (): Promise<unknown[]> => [
      (await vfs.stat('/f')).mtimeMs,
      (await vfs.ls('/'))[0]?.mtimeMs,
    ];
    const start = clock.wall();
    const thaw = plan.add({ fault: { kind: 'frozen-mtime' } });
    await inner.writeFile('/f', 'x');
    expect(await seen()).toEqual([start, start]);
    await clock.advance(1500);
    await inner.writeFile('/f', 'y');
    expect(await seen()).toEqual([start, start]);
    thaw();
    expect(await seen()).toEqual([start + 1500, start + 1500]);
    plan.add({ fault: { kind: 'coarse-mtime', ms: 1000 } });
    expect(await seen()).toEqual([start + 1000, start + 1000]);
    expect(await vfs.readFile('/f')).toHaveLength(1);
  });

  test('fail of chtimes is a storage that refuses it after all', async () => {
    const { vfs, inner } = broken({ op: 'chtimes', fault: { kind: 'fail', code: 'ENOTSUP' } });
    await inner.writeFile('/f', 'x');
    expect((await errorOf(vfs.chtimes('/f', new Date(), new Date()))).code).toBe('ENOTSUP');
  });
});

describe('chance', () => {
  async function outcomes(seed: number, rate: number): Promise<string[]> {
    const { vfs, plan, clock } = broken();
    plan.random({ seed, rate });
    const calls = Array.from({ length: 60 }, (_, at) => vfs.mkdir(`/${at}`));
    const all = Promise.allSettled(calls);
    await clock.advance(1000);
    const results = await all;
    return results.map((result) =>
      result.status === 'fulfilled' ? 'made' : isVFSError(result.reason) ? result.reason.code : 'other',
    );
  }

  test('is the same for the same seed, another for another, and as rare as told', async () => {
    const first = await outcomes(1, 0.5);
    expect(await outcomes(1, 0.5)).toEqual(first);
    expect(await outcomes(2, 0.5)).not.toEqual(first);
    expect(new Set(first)).toEqual(new Set(['made', 'ECONN', 'EEXIST']));
    expect(new Set(await outcomes(1, 0))).toEqual(new Set(['made']));
  });
});

describe('one plan', () => {
  test('serves several actors on one storage', async () => {
    const store = memoryStore();
    const plan = new FaultPlan([{ actor: 'B', fault: { kind: 'lose-call' } }]);
    const [a, b] = ['A', 'B'].map((actor) => faulty(memoryVFS({ store }), plan, { actor }));
    await a?.mkdir('/d');
    expect((await errorOf(b?.mkdir('/e') ?? Promise.resolve())).code).toBe('ECONN');
  });
});
