// How to test what you guard with a lock: on storage in memory, with a clock that the test turns. Nothing sleeps, and
// a minute passes in a moment.
//
//   node --test takeover.test.js
import assert from 'node:assert/strict';
import test from 'node:test';
import { memoryStore, memoryVFS } from '@holdfast/memory';
import { VirtualClock } from '@holdfast/testkit/clock';
import { Lock } from 'holdfast';

/** The code under test: a job in steps of a second, none of which is done without the lock. */
async function job(lock, clock, log) {
  await lock.with(async (lease) => {
    for (let step = 1; step <= 30; step++) {
      if (!lease.held) throw lease.signal.reason;
      log.push({ token: lease.token, step });
      await new Promise((resolve) => clock.schedule(resolve, 1_000));
    }
  });
}

/** A host of its own: a clock and a view of the storage that no other has. */
function host(timeline, store) {
  const clock = timeline.actor();
  // Both are this very process; without an identity neither can find out.
  return { clock, lock: new Lock(memoryVFS({ store, clock }), { id: 'job', clock, identity: 'none' }) };
}

test('a host that stands still loses the job to another one, and does no more steps', async () => {
  const timeline = new VirtualClock();
  const store = memoryStore({ clock: timeline });
  const [a, b] = [host(timeline, store), host(timeline, store)];
  const log = [];

  const first = job(a.lock, a.clock, log);
  await timeline.advance(5_000);
  const second = job(b.lock, b.clock, log);
  await timeline.advance(1_000);
  const { token: before } = log[0];
  assert.ok(log.every(({ token }) => token === before));

  a.clock.suspend('process');
  await timeline.advance(20_000); // Longer than staleAfterMs, which is 10 000 by default.
  const { token: after } = log.at(-1);
  assert.ok(after > before);

  a.clock.resume();
  await assert.rejects(timeline.runUntil(first), { code: 'ELOCKLOST' });
  await timeline.runUntil(second);
  const tokens = log.map(({ token }) => token);
  assert.deepEqual(
    tokens,
    tokens.toSorted((x, y) => x - y),
    'no step of the first came after one of the second',
  );
  assert.equal(tokens.filter((token) => token === after).length, 30);
});
