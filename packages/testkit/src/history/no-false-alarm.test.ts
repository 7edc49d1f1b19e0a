import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkHistory, describeHistory, type HistoryEvent } from './index.js';

const LEASE_MS = 50;

/** One turn of a lock that works, in milliseconds. */
const anyTurn = fc.record({
  /** Which of three processes it is of; they ask for the lock several times at once. */
  process: fc.nat(2),
  /** Tokens that nobody got before this one. */
  skipped: fc.constantFrom(0, 0, 0, 1),
  askedBefore: fc.nat(120),
  /** How long after the claim its process hears of it: maybe longer than the lease. */
  heardAfter: fc.oneof(fc.nat(5), fc.nat(80)),
  /** What each change adds, and how late it is written down. */
  changes: fc.array(fc.record({ by: fc.integer({ min: 1, max: 3 }), late: fc.nat(60) }), { maxLength: 3 }),
  saysSince: fc.boolean(),
  end: fc.constantFrom('released', 'lost', 'lost and let go', 'killed'),
  endLate: fc.nat(90),
  /** Another request of the process, so long before the claim and its refusal after it. */
  refusal: fc.option(fc.record({ before: fc.nat(60), after: fc.nat(60) })),
});

type Turn = typeof anyTurn extends fc.Arbitrary<infer T> ? T : never;

/** What the processes write down: some of it late, and nothing once they are killed. */
class Chronicle {
  readonly #lives = [0, 0, 0];
  #events: HistoryEvent[] = [];
  #freeAt = 200;
  #token = 0;
  counter = 0;

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  play({ process: number, skipped, changes, endLate, ...turn }: Turn): void {
    const name = `${number}.${this.#lives[number]}`;
    const head = (at: number) => ({ process: name, lock: 'l', at });
    const token = (this.#token += 1 + skipped);
    const claimedAt = this.#freeAt + 1;
    const overAt = claimedAt + LEASE_MS;
    const heardAt = claimedAt + turn.heardAfter;
    const killedAt = turn.end === 'killed' ? claimedAt + endLate : Infinity;
    this.#events.push({ ...head(claimedAt - turn.askedBefore), type: 'acquire' });
    if (turn.refusal !== null) {
      this.#events.push({ ...head(claimedAt - turn.refusal.before), type: 'acquire' });
      this.#events.push({ ...head(claimedAt + turn.refusal.after), type: 'refused' });
    }
    this.#events.push({ ...head(heardAt), type: 'acquired', token });

    let time = heardAt;
    for (const { by, late } of changes) {
      const since = time;
      time += 2;
      if (time >= Math.min(overAt, killedAt)) break;
      const change = { token, from: this.counter, to: (this.counter += by) };
      const begun = turn.saysSince ? { since } : {};
      this.#events.push({ ...head(time), type: 'held', token });
      // Who means to give the lock back writes each change down first; a loss is heard of in between.
      if (turn.end === 'released') time += late;
      const toldAt = turn.end === 'released' ? time : time + late;
      this.#events.push({ ...head(toldAt), type: 'update', ...change, ...begun });
    }
    if (turn.end === 'released' && time < overAt) {
      this.#events.push({ ...head(time), type: 'release', token });
      this.#events.push({ ...head(time + endLate), type: 'released', token });
      this.#freeAt = time;
      return;
    }
    this.#freeAt = overAt;
    if (turn.end === 'killed') {
      this.#events = this.#events.filter(({ process, at }) => process !== name || at <= killedAt);
      this.#lives[number] = (this.#lives[number] ?? 0) + 1;
      return;
    }
    const lostAt = Math.max(overAt, heardAt) + endLate;
    this.#events.push({ ...head(lostAt), type: 'lost', token });
    if (turn.end === 'lost and let go') this.#events.push({ ...head(lostAt + 1), type: 'released', token });
  }
}

test('a lock that works raises no alarm, whatever is late, lost or killed', () => {
  fc.assert(
    fc.property(fc.array(anyTurn, { maxLength: 8 }), fc.boolean(), (turns, endKnown) => {
      const chronicle = new Chronicle();
      for (const each of turns) chronicle.play(each);
      const counters = endKnown ? { l: chronicle.counter } : {};
      const report = checkHistory(chronicle.events, { counters });
      expect(report.ok, describeHistory(report)).toBe(true);
    }),
    { numRuns: 3000 },
  );
});
