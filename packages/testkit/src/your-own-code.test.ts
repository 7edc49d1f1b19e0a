import { Lock } from '@holdfast/lock';
import { memoryStore, memoryVFS } from '@holdfast/memory';
import { faulty, FaultPlan, makeStale, VirtualClock } from '@holdfast/testkit';
import { expect, test } from 'vitest';

/** Your own code: a report of three parts, written by one process at a time, and by nobody without the lock. */
const report = (lock: Lock, write: (part: number) => Promise<unknown>): Promise<void> =>
  lock.with(async ({ signal }) => {
    for (let part = 1; part <= 3 && !signal.aborted; part++) await write(part);
  });

const clock = new VirtualClock();
const store = memoryStore({ clock });
const lock = (vfs = memoryVFS({ store })): Lock =>
  new Lock(vfs, { id: 'report', clock, staleAfterMs: 10_000 });
const seconds = (n: number): Promise<void> => new Promise((done) => clock.schedule(done, n * 1_000));

test('two machines write one report after the other, not both at once', async () => {
  const parts: string[] = [];
  const write = (who: string) => (part: number) => seconds(5).then(() => parts.push(`${who}${part}`));
  await clock.runUntil(Promise.all([report(lock(), write('a')), report(lock(), write('b'))]));
  expect(['a1a2a3b1b2b3', 'b1b2b3a1a2a3']).toContain(parts.join(''));
});

test('after a crash of the holder the next one goes on, ten seconds later', async () => {
  await makeStale(memoryVFS({ store }), { id: 'report', clock, staleAfterMs: 10_000 });
  const crashedAt = clock.now;
  await clock.runUntil(report(lock(), () => Promise.resolve()));
  expect(clock.now - crashedAt).toBeLessThan(11_000);
});

test('whoever loses the lock writes no further part', async () => {
  const [parts, plan]: [number[], FaultPlan] = [[], new FaultPlan()];
  const cutOff = (): unknown => plan.add({ fault: { kind: 'fail', code: 'ECONN' } });
  const write = (part: number): Promise<unknown> => seconds(5 * parts.push(part)).then(cutOff);
  const work = report(lock(faulty(memoryVFS({ store }), plan)), write);
  await expect(clock.runUntil(work)).rejects.toMatchObject({ code: 'ELOCKLOST', reason: 'expired' });
  expect(parts).toEqual([1, 2]);
});
