import { VirtualClock } from '@holdfast/testkit/clock';
import { describe, expect, it } from 'vitest';
import { cancellation } from '../time/index.js';
import { Queue } from './queue.js';

const clock = new VirtualClock();
const forEver = cancellation(clock, undefined, undefined);

describe('the queue', () => {
  it('lets one to the front at a time, in the order of entry', async () => {
    const queue = new Queue();
    const order: string[] = [];
    expect(queue.tryEnter()).toBe(true);
    expect(queue.tryEnter()).toBe(false);
    const others = ['b', 'c'].map(async (name) => {
      await queue.enter(forEver);
      order.push(name);
    });
    await clock.settle();
    expect(order).toEqual([]);
    queue.leave();
    await clock.settle();
    expect(order).toEqual(['b']);
    expect(queue.tryEnter()).toBe(false);
    queue.leave();
    await Promise.all(others);
    expect(order).toEqual(['b', 'c']);
    queue.leave();
    expect(queue.tryEnter()).toBe(true);
  });

  it('forgets who gave up, wherever it stood', async () => {
    const queue = new Queue();
    queue.tryEnter();
    const leaving = new AbortController();
    const gone = queue.enter(cancellation(clock, undefined, leaving.signal));
    const last = queue.enter(forEver);
    leaving.abort('gave up');
    await expect(gone).rejects.toBe('gave up');
    queue.leave();
    await expect(last).resolves.toBeUndefined();
  });

  it('lets nobody in who gave up before', async () => {
    const queue = new Queue();
    queue.tryEnter();
    await expect(queue.enter(cancellation(clock, undefined, AbortSignal.abort('no')))).rejects.toBe('no');
    queue.leave();
    expect(queue.tryEnter()).toBe(true);
  });

  it('may have several in front, and lets the next one there for each that leaves', async () => {
    const queue = new Queue(2);
    expect([queue.tryEnter(), queue.tryEnter(), queue.tryEnter()]).toEqual([true, true, false]);
    const order: number[] = [];
    const waiting = [1, 2].map((at) => queue.enter(forEver).then(() => order.push(at)));
    queue.leave();
    await waiting[0];
    expect([order, queue.tryEnter()]).toEqual([[1], false]);
    queue.leave();
    await waiting[1];
    queue.leave();
    queue.leave();
    expect([queue.tryEnter(), queue.tryEnter(), queue.tryEnter()]).toEqual([true, true, false]);
  });
});
