import { describe, expect, it } from 'vitest';
import { Queue } from './queue.js';

const never = new Promise<never>(() => undefined);

describe('the queue', () => {
  it('lets one to the front at a time, in the order of entry', async () => {
    const queue = new Queue();
    const order: string[] = [];
    const first = await queue.enter(never);
    const others = ['b', 'c'].map(async (name) => {
      const turn = await queue.enter(never);
      order.push(name);
      turn.leave();
    });
    expect([queue.busy, order]).toEqual([true, []]);
    first.leave();
    first.leave();
    await Promise.all(others);
    expect(order).toEqual(['b', 'c']);
    expect(queue.busy).toBe(false);
  });

  it('forgets who gave up', async () => {
    const queue = new Queue();
    const first = await queue.enter(never);
    const gone = queue.enter(Promise.reject(new Error('gave up')));
    const last = queue.enter(never);
    await expect(gone).rejects.toThrow('gave up');
    first.leave();
    (await last).leave();
    expect(queue.busy).toBe(false);
  });
});
