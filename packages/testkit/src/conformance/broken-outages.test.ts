import { memoryStore, memoryVFS } from '@holdfast/memory';
import {
  intercept,
  isVFSError,
  VFSError,
  withDeadline,
  type Call,
  type Outcome,
  type VFS,
  type VFSErrorCode,
} from '@holdfast/vfs';
import { outcomeOfSilence } from '@holdfast/vfs/adapter';
import { expect, test } from 'vitest';
import { conformanceFailures } from './failures.js';
import type { Place } from './place.js';
import { vfsConformance } from './vfs-conformance.js';

const DEADLINE =
  'a call to a stopped server ends at its deadline; a change has an unknown outcome, a look has failed';
const LATE = 'a change that its caller gave up on may land later, and was never reported as failed';
const ABORT = 'an abort during a call to a stopped server lets the caller go at once';
const CUT =
  'after connections were cut, each call has told the truth about its outcome, and the client recovers';

/** A server that can be stopped: requests pile up then, and are all carried out when it goes on, wanted or not. */
class Server implements Place {
  readonly #store = memoryStore();
  readonly #piled: (() => void)[] = [];
  readonly #cuts = new Set<() => void>();
  #stopped = false;
  readonly #client: (raw: VFS, deadlineMs: number) => VFS;

  constructor(client: (raw: VFS, deadlineMs: number) => VFS) {
    this.#client = client;
  }

  async open({ deadlineMs = 1000 } = {}): Promise<VFS> {
    const raw = intercept(memoryVFS({ store: this.#store }), (call, next) => this.#request(call, next));
    return this.#client(raw, deadlineMs);
  }

  stop(): () => Promise<void> {
    this.#stopped = true;
    return async () => {
      this.#stopped = false;
      for (const carryOut of this.#piled.splice(0)) carryOut();
    };
  }

  cut(): void {
    for (const cut of this.#cuts) cut();
  }

  async cleanup(): Promise<void> {
    this.#piled.length = 0;
  }

  /** Every request takes effect at once or when the server goes on; every reply may get lost on its way. */
  async #request(call: Call, next: (call: Call) => Promise<unknown>): Promise<unknown> {
    if (this.#stopped) {
      await new Promise<void>((resolve) => {
        this.#piled.push(resolve);
      });
    }
    const reply = next({ ...call, options: { ...call.options, signal: undefined } });
    return new Promise((resolve, reject) => {
      const { op, path } = call;
      const lost = (): void =>
        reject(new VFSError({ code: 'ECONN', op, path, adapter: 'server', outcome: outcomeOfSilence(op) }));
      this.#cuts.add(lost);
      const arrive = (): void => {
        setTimeout(() => {
          this.#cuts.delete(lost);
          reply.then(resolve, reject);
        }, 5);
      };
      reply.then(arrive, arrive);
    });
  }
}

const failing = (vfs: VFS, change: (error: unknown, call: Call) => unknown): VFS =>
  intercept(vfs, async (call, next) => {
    try {
      return await next(call);
    } catch (error) {
      throw change(error, call);
    }
  });

/** A client of the server as it should be. */
const honest = (raw: VFS, deadlineMs: number): VFS => withDeadline(raw, deadlineMs);

const DEFECTS: readonly (readonly [name: string, client: typeof honest, found: readonly string[]])[] = [
  ['a call has no deadline', (raw) => raw, [DEADLINE, LATE, ABORT]],
  [
    'an abort waits for the answer',
    (raw, deadlineMs) => {
      const vfs = honest(raw, deadlineMs);
      return intercept(vfs, (call, next) =>
        next({ ...call, options: { ...call.options, signal: undefined } }),
      );
    },
    [ABORT],
  ],
  [
    'a timeout counts as a failure',
    (raw, deadlineMs) =>
      failing(honest(raw, deadlineMs), (error, call) => about(error, call, 'ETIMEDOUT', 'failed')),
    [DEADLINE, LATE],
  ],
  [
    'nothing is known of a look that timed out',
    (raw, deadlineMs) =>
      failing(honest(raw, deadlineMs), (error, call) => about(error, call, 'ETIMEDOUT', 'unknown')),
    [DEADLINE],
  ],
  [
    'a timeout has the code of another error',
    (raw, deadlineMs) =>
      failing(honest(raw, deadlineMs), (error, { op, path }) =>
        isVFSError(error, 'ETIMEDOUT')
          ? new VFSError({ code: 'EIO', op, path, adapter: 'server', outcome: 'unknown' })
          : error,
      ),
    [DEADLINE],
  ],
  [
    'a lost reply counts as a failure',
    (raw, deadlineMs) =>
      failing(honest(raw, deadlineMs), (error, call) => about(error, call, 'ECONN', 'failed')),
    [CUT],
  ],
  [
    'a lost reply is answered by making the call again',
    (raw, deadlineMs) =>
      intercept(honest(raw, deadlineMs), async (call, next) => {
        try {
          return await next(call);
        } catch (error) {
          if (isVFSError(error, 'ECONN')) return next(call);
          throw error;
        }
      }),
    [CUT],
  ],
  [
    'a dead connection is used again',
    (raw, deadlineMs) => {
      let dead: unknown;
      return intercept(honest(raw, deadlineMs), async (call, next) => {
        if (dead !== undefined) throw dead;
        try {
          return await next(call);
        } catch (error) {
          if (isVFSError(error, 'ECONN', 'ETIMEDOUT')) dead = error;
          throw error;
        }
      });
    },
    [DEADLINE, LATE, CUT],
  ],
];

test('a client that keeps the contract passes, also when the server is stopped or cut off', async () => {
  expect([...(await failuresOf(honest, 10_000, [DEADLINE, LATE, ABORT, CUT]))]).toEqual([]);
});

test.each(DEFECTS)('the suite finds that %s', async (_, client, found) => {
  const failures = await failuresOf(client, 300, found);
  expect([...failures.keys()].sort()).toEqual([...found].sort());
});

test('rules that need a hook are named as not shown without it', () => {
  const shown: string[] = [];
  const skipped: string[] = [];
  vfsConformance({
    test: (name) => shown.push(name),
    skip: (name) => skipped.push(name),
    factory: async () => new Server(honest),
  });
  for (const name of [DEADLINE, LATE, ABORT, CUT, 'mkdir is exclusive among several processes']) {
    expect(shown).not.toContain(name);
    expect(skipped.some((text) => text.startsWith(name))).toBe(true);
  }
});

function about(error: unknown, { op, path }: Call, code: VFSErrorCode, outcome: Outcome): unknown {
  return isVFSError(error, code) ? new VFSError({ code, op, path, adapter: 'server', outcome }) : error;
}

function failuresOf(
  client: typeof honest,
  patienceMs: number,
  only: readonly string[],
): ReturnType<typeof conformanceFailures> {
  return conformanceFailures({
    factory: async () => new Server(client),
    stall: async (server) => server.stop(),
    cut: async (server) => server.cut(),
    stalledDeadlineMs: 50,
    patienceMs,
    only,
  });
}
