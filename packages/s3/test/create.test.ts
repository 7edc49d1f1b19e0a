import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, test } from 'vitest';
import { FailedAttempt, type Failure } from '@holdfast/vfs/adapter';
import { create } from '../src/create/create.js';
import { Proof } from '../src/create/proof.js';
import { nextCreateState, type CreateEvent, type CreateState } from '../src/create/state.js';
import { BY_CODE, BY_STATUS, TIMED_OUT } from '../src/store/failures.js';
import type { Store } from '../src/store/store.js';

const DEADLINE_MS = 15_000;

const attempt = (failure: Failure | undefined): FailedAttempt => {
  if (failure === undefined) throw new Error('no such row');
  return new FailedAttempt(failure);
};
const lost = attempt(TIMED_OUT);
const denied = attempt(BY_STATUS[403]);
const conflict = attempt(BY_CODE['ConditionalRequestConflict']);
const exists = attempt(BY_STATUS[412]);
const absent = attempt(BY_STATUS[404]);

describe('the states of a create', () => {
  const put: CreateState = { at: 'put', doubt: false };
  const doubtful: CreateState = { at: 'put', doubt: true };
  const look: CreateState = { at: 'look', failed: lost };
  const failure = (of: FailedAttempt): CreateEvent => ({ saw: 'failure', failed: of });

  test.each<[name: string, from: CreateState, event: CreateEvent, last: boolean, to: Partial<CreateState>]>([
    ['accepted is won', put, { saw: 'accepted' }, false, { at: 'won' }],
    ['refused at the first try is lost', put, { saw: 'refused' }, false, { at: 'lost' }],
    ['refused after a lost answer needs a look', doubtful, { saw: 'refused' }, false, { at: 'look' }],
    ['accepted after a lost answer is won', doubtful, { saw: 'accepted' }, false, { at: 'won' }],
    ['a lost answer is tried again, in doubt', put, failure(lost), false, { at: 'put', doubt: true }],
    ['a conflict is tried again without doubt', put, failure(conflict), false, { at: 'put', doubt: false }],
    ['a conflict clears no doubt', doubtful, failure(conflict), false, { at: 'put', doubt: true }],
    ['a lost answer at the last try needs a look', put, failure(lost), true, { at: 'look' }],
    ['a conflict at the last try has failed', put, failure(conflict), true, { at: 'failed' }],
    ['denied has failed', put, failure(denied), false, { at: 'failed' }],
    ['denied after a lost answer needs a look', doubtful, failure(denied), false, { at: 'look' }],
    ['a look that finds the own nonce is won', look, { saw: 'mine' }, true, { at: 'won' }],
    ["a look that finds another's nonce is lost", look, { saw: 'foreign' }, true, { at: 'lost' }],
    ['a look that finds nothing has failed', look, { saw: 'nothing' }, true, { at: 'failed' }],
    ['a look that fails is tried again', look, failure(lost), false, { at: 'look' }],
    ['a look that fails at the last try has failed', look, failure(lost), true, { at: 'failed' }],
    ['won stays won', { at: 'won' }, { saw: 'refused' }, false, { at: 'won' }],
  ])('%s', (_, from, event, last, to) => {
    expect(nextCreateState(from, event, last)).toMatchObject(to);
  });

  test('whatever ends in failure with an answer missing is in doubt', () => {
    const ends = [
      nextCreateState({ at: 'look', failed: denied.inDoubt() }, { saw: 'nothing' }, true),
      nextCreateState(nextCreateState(doubtful, { saw: 'refused' }, true), { saw: 'nothing' }, true),
      nextCreateState(nextCreateState(put, failure(lost), true), failure(absent), true),
    ];
    for (const end of ends) {
      expect(end.at === 'failed' && end.failed.failure.outcome).toBe('unknown');
    }
  });
});

/** A store that answers creates as told, one after the other; `undefined` is an acceptance. */
function scripted(
  answers: (FailedAttempt | undefined)[],
  nonces: (string | undefined)[] = [],
): Store & { sent: string[] } {
  const sent: string[] = [];
  const never = (): never => {
    throw new Error('not part of a create');
  };
  return {
    sent,
    create(_key, _body, nonce) {
      sent.push(nonce);
      const answer = answers.shift();
      return answer === undefined ? Promise.resolve() : Promise.reject(answer);
    },
    head() {
      const nonce = nonces.shift();
      if (nonce === undefined) return Promise.reject(absent);
      return Promise.resolve({ info: {}, nonce: nonce === 'own' ? sent[0] : nonce });
    },
    put: never,
    get: never,
    list: never,
    remove: never,
    removeAll: never,
    close: () => undefined,
  };
}

function trusted(): Proof {
  const proof = new Proof();
  proof.refused();
  proof.raced();
  return proof;
}

const run = (store: Store, proof: Proof, signal?: AbortSignal): Promise<boolean> => {
  const clock = new VirtualClock();
  return clock.runUntil(
    create('key', new Uint8Array(), { store, proof, clock, deadlineMs: DEADLINE_MS, signal }),
  );
};

describe('a create at a store that is trusted', () => {
  test('sends one request', async () => {
    const store = scripted([undefined]);
    expect(await run(store, trusted())).toBe(true);
    expect(store.sent).toHaveLength(1);
  });

  test('has one nonce for all its attempts, and another for each call', async () => {
    const store = scripted([lost, conflict, undefined, undefined]);
    await run(store, trusted());
    await run(store, trusted());
    expect(new Set(store.sent.slice(0, 3)).size).toBe(1);
    expect(new Set(store.sent).size).toBe(2);
  });

  test('is won if the lost attempt had made the object', async () => {
    expect(await run(scripted([lost, exists], ['own']), trusted())).toBe(true);
  });

  test("is lost if another's is there", async () => {
    expect(await run(scripted([lost, exists], ['other']), trusted())).toBe(false);
  });

  test('takes "no such key" for a conflict, as the losers of a race may be told', async () => {
    expect(await run(scripted([absent, exists]), trusted())).toBe(false);
  });

  test('takes 500 for a lost answer, as the losers of a race may be told', async () => {
    expect(await run(scripted([attempt(BY_STATUS[500]), exists], ['other']), trusted())).toBe(false);
  });

  test('ends when its tries are used up', async () => {
    const store = scripted(Array.from({ length: 9 }, () => lost));
    await expect(run(store, trusted())).rejects.toMatchObject({ failure: { outcome: 'unknown' } });
    expect(store.sent).toHaveLength(4);
  });

  test('does not wait beyond its deadline, however long the store asks to wait', async () => {
    const clock = new VirtualClock();
    const busy: Failure = { code: 'EBUSY', outcome: 'failed', retryable: true };
    const hours = new FailedAttempt(busy, { retryAfterMs: 3_600_000 });
    const options = {
      store: scripted([hours]),
      proof: trusted(),
      clock,
      deadlineMs: DEADLINE_MS,
      signal: undefined,
    };
    await expect(clock.runUntil(create('key', new Uint8Array(), options))).rejects.toMatchObject({
      failure: { code: 'EBUSY', outcome: 'failed' },
    });
    expect(clock.now).toBe(0);
  });

  test('sends nothing more for a caller who has gone', async () => {
    const store = scripted([lost, undefined]);
    await expect(run(store, trusted(), AbortSignal.abort())).rejects.toMatchObject({
      failure: { outcome: 'unknown' },
    });
    expect(store.sent).toHaveLength(1);
  });
});

describe('a create at a store that is not proven', () => {
  test('is sent twice at once with one nonce, and trusted if one of the two is refused', async () => {
    const proof = new Proof();
    const store = scripted([undefined, exists]);
    expect(await run(store, proof)).toBe(true);
    expect(store.sent).toHaveLength(2);
    expect(new Set(store.sent).size).toBe(1);
    expect(proof.trusted).toBe(true);
    await run(scripted([undefined]), proof);
  });

  test('counts as refused, not as lost in doubt, if both are refused', async () => {
    expect(await run(scripted([exists, exists]), new Proof())).toBe(false);
  });

  test('is won also if the other of the two was the one accepted', async () => {
    expect(await run(scripted([exists, undefined]), new Proof())).toBe(true);
  });

  test('needs a look if one answer is lost and the other a refusal', async () => {
    expect(await run(scripted([lost, exists], ['own']), new Proof())).toBe(true);
  });

  test('is unsafe if both are accepted, and stays so for every later one without a request', async () => {
    const proof = new Proof();
    await expect(run(scripted([undefined, undefined]), proof)).rejects.toMatchObject({
      failure: { code: 'ENOTSUP', outcome: 'unknown' },
    });
    const later = scripted([undefined]);
    await expect(run(later, proof)).rejects.toMatchObject({
      failure: { code: 'ENOTSUP', outcome: 'failed' },
    });
    expect(later.sent).toHaveLength(0);
  });

  test('is unsafe if the store does not implement it', async () => {
    const notBuilt = attempt(BY_CODE['NotImplemented']);
    await expect(run(scripted([notBuilt, notBuilt]), new Proof())).rejects.toMatchObject({
      failure: { code: 'ENOTSUP', outcome: 'failed' },
    });
  });

  test('is refused, and asked again the next time, if it was not the store that said 501', async () => {
    const proof = new Proof();
    const page = attempt(BY_STATUS[501]);
    await expect(run(scripted([page, page]), proof)).rejects.toMatchObject({ failure: { code: 'ENOTSUP' } });
    expect(await run(scripted([undefined, exists]), proof)).toBe(true);
  });

  test('waits where a store takes one write a second to one key, and is trusted after that', async () => {
    const proof = new Proof();
    const slower = new FailedAttempt(
      { code: 'EBUSY', outcome: 'failed', retryable: true },
      { retryAfterMs: 1_000 },
    );
    const clock = new VirtualClock();
    const store = scripted([undefined, slower, slower, exists]);
    const options = { store, proof, clock, deadlineMs: DEADLINE_MS, signal: undefined };
    expect(await clock.runUntil(create('key', new Uint8Array(), options))).toBe(true);
    expect(clock.now).toBe(1_000);
    expect(proof.trusted).toBe(true);
    // One pair has shown as much as there is to see of such a store.
    expect(proof.takeRival()).toBe(false);
  });

  test('is in doubt if one of the two is refused for good and of the other nothing is heard', async () => {
    await expect(run(scripted([denied, lost]), new Proof())).rejects.toMatchObject({
      failure: { outcome: 'unknown' },
    });
  });

  test('is won if one of the two was stopped on its way', async () => {
    const page = attempt(BY_STATUS[501]);
    expect(await run(scripted([page, undefined, exists]), new Proof())).toBe(true);
  });

  test('is asked about once more if the pair says nothing of the condition', async () => {
    const proof = new Proof();
    expect(await run(scripted([undefined, attempt(BY_STATUS[500]), exists]), proof)).toBe(true);
    expect(proof.trusted).toBe(true);
    const unsafe = scripted([undefined, attempt(BY_STATUS[500]), undefined]);
    await expect(run(unsafe, new Proof())).rejects.toMatchObject({ failure: { code: 'ENOTSUP' } });
  });

  test('is not trusted for giving way to another request alone', async () => {
    const unsafe = scripted([undefined, conflict, undefined]);
    await expect(run(unsafe, new Proof())).rejects.toMatchObject({ failure: { code: 'ENOTSUP' } });
    const proof = new Proof();
    expect(await run(scripted([undefined, conflict, exists]), proof)).toBe(true);
    expect(proof.takeRival()).toBe(false);
  });

  test('does not count as won while the store cannot be asked', async () => {
    const silent = [undefined, ...Array.from({ length: 9 }, () => lost)];
    await expect(run(scripted(silent), new Proof())).rejects.toMatchObject({
      failure: { outcome: 'unknown' },
    });
  });

  test('costs at most two requests more, however many creates there are', async () => {
    const proof = new Proof();
    const store = scripted([exists, exists, exists, exists, exists, exists]);
    for (let n = 0; n < 4; n++) await run(store, proof);
    expect(store.sent).toHaveLength(6);
  });

  test('is not trusted before the pair that another create has sent is back', async () => {
    const proof = new Proof();
    const clock = new VirtualClock();
    const accept: (() => void)[] = [];
    const store: Store = {
      ...scripted([]),
      create: () => new Promise<void>((resolve) => accept.push(resolve)),
    };
    const calls = [1, 2, 3].map(() =>
      create('key', new Uint8Array(), { store, proof, clock, deadlineMs: DEADLINE_MS, signal: undefined }),
    );
    const outcomes = Promise.allSettled(calls);
    await clock.settle();
    // Two pairs, and a third that has no rival and is answered first.
    accept[4]?.();
    await clock.settle();
    expect(accept).toHaveLength(5);
    for (const answer of accept) answer();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
