import { describe, expect, it } from 'vitest';
import { Slots, type Slot } from '../src/transport/slots.js';

const never = new AbortController().signal;

/** Takes a slot, and tells whether it has one yet. */
function taking(slots: Slots, signal = never) {
  const state: { slot?: Slot; refusal?: unknown } = {};
  slots.take(signal).then(
    (slot) => (state.slot = slot),
    (error: unknown) => (state.refusal = error),
  );
  return state;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('slots', () => {
  it('are given in order of arrival, no more than there are', async () => {
    const slots = new Slots(2);
    const all = Array.from({ length: 4 }, () => taking(slots));
    const have = (): boolean[] => all.map(({ slot }) => slot !== undefined);
    await turn();
    expect(have()).toEqual([true, true, false, false]);
    all[1]?.slot?.leave();
    all[1]?.slot?.leave();
    await turn();
    expect(have()).toEqual([true, true, true, false]);
    all[0]?.slot?.leave();
    await turn();
    expect(have()).toEqual([true, true, true, true]);
  });

  it('are free again when all have left', async () => {
    const slots = new Slots(1);
    for (let n = 0; n < 3; n++) (await slots.take(never)).leave();
    expect(await slots.take(never)).toBeDefined();
  });

  it('make room for others while their request has no answer', async () => {
    const slots = new Slots(1);
    const first = await slots.take(never);
    const second = taking(slots);
    first.stepAside(() => undefined);
    await turn();
    expect(second.slot).toBeDefined();
    const third = taking(slots);
    first.leave();
    await turn();
    expect(third.slot).toBeUndefined();
  });

  it('are not waited for by who has left', async () => {
    const slots = new Slots(1);
    const first = await slots.take(never);
    const caller = new AbortController();
    const second = taking(slots, caller.signal);
    const third = taking(slots);
    caller.abort('enough');
    first.leave();
    await turn();
    expect([second.refusal, third.slot !== undefined]).toEqual(['enough', true]);
    await expect(slots.take(caller.signal)).rejects.toBe('enough');
  });

  it('give up those that stepped aside first when they come to be too many', async () => {
    const slots = new Slots(1);
    const givenUp: number[] = [];
    for (let n = 0; n < 18; n++) {
      const slot = await slots.take(never);
      slot.stepAside(() => {
        givenUp.push(n);
        slot.leave();
      });
    }
    expect(givenUp).toEqual([0, 1]);
  });
});
