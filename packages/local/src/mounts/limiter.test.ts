import { getEventListeners } from 'node:events';
import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, it } from 'vitest';
import { Limiter, type LimiterOptions, type Cancellation } from './limiter.js';

/** Calls that end when they are told to, on a clock that stands still. */
function bench(options: LimiterOptions = { limit: 2 }) {
  const clock = new VirtualClock();
  const limiter = new Limiter(options);
  const begun: string[] = [];
  const ends = new Map<string, { resolve(value: string): void; reject(error: Error): void }>();
  const run = (name: string, patience: Partial<Cancellation> = {}): Promise<string> => {
    const promise = limiter.run(
      () => {
        begun.push(name);
        return new Promise<string>((resolve, reject) => ends.set(name, { resolve, reject }));
      },
      {
        deadlineMs: 1000,
        clock,
        signal: undefined,
        timedOut: (settled) =>
          Object.assign(new Error(settled === undefined ? 'not begun' : 'begun'), { settled }),
        ...patience,
      },
    );
    promise.catch(() => undefined);
    return promise;
  };
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.resolve(name);
    await clock.settle();
  };
  const fail = async (name: string, error: Error): Promise<void> => {
    ends.get(name)?.reject(error);
    await clock.settle();
  };
  return { clock, limiter, begun, run, end, fail };
}

describe('the limiter', () => {
  it('lets two calls through, and the others in their order as those end', async () => {
    const { run, end, begun } = bench();
    const calls = ['a', 'b', 'c', 'd'].map((name) => run(name));
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('a');
    await end('c');
    await end('d');
    expect(await Promise.all(calls)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives the place of a call that failed to the next one', async () => {
    const { run, fail, begun } = bench({ limit: 1 });
    const failing = run('a');
    void run('b');
    await fail('a', new Error('no'));
    await expect(failing).rejects.toThrow('no');
    expect(begun).toEqual(['a', 'b']);
  });

  it('gives the place of a call that throws at once to the next one', async () => {
    const { limiter, clock, run, begun } = bench({ limit: 1 });
    const patience = { deadlineMs: Infinity, clock, signal: undefined, timedOut: () => new Error('late') };
    const thrown = limiter.run(() => {
      throw new TypeError('a defect');
    }, patience);
    void run('b');
    await expect(thrown).rejects.toBeInstanceOf(TypeError);
    await clock.settle();
    expect(begun).toEqual(['b']);
    expect(limiter.inFlight).toBe(1);
  });

  it('keeps the place of a call that hangs past its deadline until it really ends', async () => {
    const { run, end, begun, clock, limiter } = bench();
    const hanging = [run('a'), run('b')];
    await clock.advance(1000);
    for (const call of hanging) await expect(call).rejects.toThrow(/^begun/);
    const waiting = run('c', { deadlineMs: 5000 });
    await clock.advance(4000);
    expect(begun).toEqual(['a', 'b']);
    expect(limiter.inFlight).toBe(2);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('c');
    expect(await waiting).toBe('c');
  });

  it('tells a caller whose time is up in the queue that its call was not begun, and never makes it', async () => {
    const { run, end, begun, clock, limiter } = bench({ limit: 1 });
    void run('a', { deadlineMs: Infinity });
    const queued = run('b');
    await clock.advance(1000);
    await expect(queued).rejects.toMatchObject({ message: 'not begun', settled: undefined });
    await end('a');
    expect(begun).toEqual(['a']);
    expect([limiter.inFlight, limiter.queued]).toEqual([0, 0]);
  });

  it('counts the time in the queue towards the deadline', async () => {
    const { run, end, clock } = bench({ limit: 1 });
    void run('a', { deadlineMs: Infinity });
    const late = run('b');
    await clock.advance(900);
    await end('a');
    await clock.advance(100);
    await expect(late).rejects.toThrow(/^begun/);
  });

  it('does not begin a call that has next to no time left, so that its outcome stays known', async () => {
    const { run, end, clock, begun } = bench({ limit: 1 });
    void run('a', { deadlineMs: Infinity });
    const late = run('b');
    await clock.advance(901);
    await end('a');
    await expect(late).rejects.toThrow('not begun');
    expect(begun).toEqual(['a']);
  });

  it('shows through `settled` what became of a call after its deadline', async () => {
    const { run, end, fail, clock } = bench();
    const settledOf = async (call: Promise<unknown>): Promise<{ settled: Promise<void> }> => {
      const [result] = await Promise.allSettled([call]);
      return (result as PromiseRejectedResult).reason as { settled: Promise<void> };
    };
    const late = Promise.all([settledOf(run('a')), settledOf(run('b'))]);
    await clock.advance(1000);
    const [good, bad] = await late;
    const outcomes = Promise.allSettled([good.settled, bad.settled]);
    await end('a');
    await fail('b', new Error('no'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('never begins the call of a caller that aborted in the queue', async () => {
    const { run, end, begun } = bench({ limit: 1 });
    const controller = new AbortController();
    void run('a');
    const queued = run('b', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(queued).rejects.toThrow('enough');
    await end('a');
    expect(begun).toEqual(['a']);
  });

  it('does not begin a call whose signal is aborted already', async () => {
    const { run, begun } = bench();
    await expect(run('a', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    expect(begun).toEqual([]);
  });

  it('lets the caller of a running call go at an abort, and keeps the place', async () => {
    const { run, end, begun } = bench({ limit: 1 });
    const controller = new AbortController();
    const running = run('a', { signal: controller.signal });
    void run('b');
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(begun).toEqual(['a']);
    await end('a');
    expect(begun).toEqual(['a', 'b']);
  });

  it('leaves no timer and no listener behind, however a call ended', async () => {
    const { run, end, fail, clock } = bench({ limit: 1 });
    const { signal } = new AbortController();
    for (const name of ['a', 'b', 'c', 'd']) void run(name, { signal });
    await end('a');
    await fail('b', new Error('no'));
    await clock.advance(1000);
    expect([clock.pendingTimers, getEventListeners(signal, 'abort')]).toEqual([0, []]);
  });
});

describe('the limiter with spare places', () => {
  it('gives the place of a call that was given up to the next one, as long as it has a spare one', async () => {
    const { run, end, begun, clock, limiter } = bench({ limit: 2, spare: 1 });
    void run('a');
    void run('b');
    await clock.advance(1000);
    const c = run('c');
    const d = run('d', { deadlineMs: 3000 });
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('c');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
    expect(limiter.inFlight).toBe(3);
    expect(await c).toBe('c');
    await end('d');
    expect(await d).toBe('d');
  });

  it('does not use a place that a deadline sets free for a call whose deadline is near', async () => {
    const { run, begun, clock } = bench({ limit: 1, spare: 1 });
    const calls = [run('a'), run('b', { deadlineMs: 1050 })];
    await clock.advance(1000);
    await expect(calls[0]).rejects.toThrow(/^begun/);
    await expect(calls[1]).rejects.toThrow('not begun');
    expect(begun).toEqual(['a']);
  });

  it('has its spare place back when the call ends after all', async () => {
    const { run, end, begun, clock } = bench({ limit: 1, spare: 1 });
    for (const name of ['a', 'b']) {
      void run(name);
      await clock.advance(1000);
      await end(name);
    }
    void run('c');
    await clock.advance(1000);
    void run('d');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });
});
