import { describe, expect, test } from 'vitest';
import { FAULTLESS, findingsIn, idle, linger, only, rule, type Hole } from './hole.fixture.js';
import type { ActorScript, ActorWorld } from './index.js';

// Protocols that go wrong in one order of things only, each in another one: what a search that leaves out too much
// takes for sound. `replay` shows that the violation is there.

const claimNext: ActorScript = async ({ vfs, clock, granted }) => {
  let token = 1;
  for (; ; token++) {
    try {
      await vfs.mkdir(`/${token}`);
      break;
    } catch {
      // Somebody has it.
    }
  }
  await vfs.ls('/x').catch(() => undefined);
  granted({ held: false, token });
  linger(clock);
};

const waitUntilFree: ActorScript = async ({ vfs, clock }) => {
  while ((await vfs.ls('/')).length > 0) await idle(clock, 45);
};

const HOLES: readonly Hole[] = [
  {
    name: 'two are granted their tokens in the wrong order',
    scenario: { actors: { A: claimNext, B: claimNext } },
    options: FAULTLESS,
    schedule: 'A1 B1 B2 B3 A2',
    kind: 'token-order',
  },
  {
    name: 'an effect breaks a rule, on the way to a state that was seen before',
    scenario: {
      setup: (vfs) => vfs.mkdir('/x'),
      actors: {
        A: async ({ vfs, clock }) => {
          await vfs.rm('/x');
          linger(clock);
        },
        B: async ({ vfs, clock }) => {
          await vfs.mkdir('/y');
          linger(clock);
        },
      },
      rules: rule(({ call, ok }, storage) =>
        ok && call.op === 'rm' && storage.has('/y') ? 'x is gone after y came' : undefined,
      ),
    },
    options: FAULTLESS,
    schedule: 'B1 A1',
    kind: 'rule',
  },
  {
    name: 'a call that was lost never arrives, and somebody waits for it',
    scenario: {
      setup: (vfs) => vfs.mkdir('/lock'),
      actors: {
        A: async ({ vfs, step }) => {
          await step('work');
          await vfs.rm('/lock').catch(() => undefined);
        },
        B: waitUntilFree,
      },
    },
    options: only('unknown'),
    schedule: 'As A1:unknown B1',
    kind: 'lock-out',
  },
  {
    name: 'the last call of one who crashes never arrives, and somebody waits for it',
    scenario: {
      setup: (vfs) => vfs.mkdir('/lock'),
      actors: { A: ({ vfs }) => vfs.rm('/lock'), B: waitUntilFree },
    },
    options: only('crash'),
    schedule: 'A:crash B1',
    kind: 'lock-out',
  },
  {
    name: 'a machine sleeps for a part of a wait only',
    scenario: {
      actors: {
        A: async ({ clock, granted }) => {
          const since = clock.monotonic();
          await idle(clock, 45);
          if (clock.monotonic() - since < 90) granted({ held: false, token: 1 });
        },
        B: async ({ clock, granted }) => {
          await idle(clock, 145);
          granted({ held: false, token: 2 });
        },
      },
    },
    options: only('suspend'),
    schedule: '+ A:suspend + + Bt Aw At',
    kind: 'token-order',
  },
  {
    name: 'monotonic and wall time go apart by a part of a step',
    scenario: {
      actors: {
        A: async ({ clock, step }) => {
          const [monotonic, wall] = [clock.monotonic(), clock.wall()];
          await step('work');
          if (clock.monotonic() - monotonic === 50 && clock.wall() - wall === 100)
            throw new TypeError('apart');
        },
      },
    },
    options: only('suspend'),
    schedule: '+ A:suspend + As',
    kind: 'failure',
  },
  {
    name: 'a call fails after a while, and its caller counts from then',
    scenario: {
      actors: {
        A: async ({ vfs, clock, granted }) => {
          let alive = clock.monotonic();
          granted({
            get held() {
              return clock.monotonic() - alive < 90;
            },
          });
          try {
            await vfs.writeFile('/beat', '1');
          } catch {
            alive = clock.monotonic();
          }
          await vfs.ls('/');
        },
        B: async ({ clock, granted }) => {
          await idle(clock, 95);
          granted({ held: true });
        },
      },
    },
    options: only('fail', 'slow-call'),
    schedule: 'A1:slow-call + A1:fail A2 + Bt',
    kind: 'two-holders',
  },
  {
    name: 'a timer ends a hold, a moment late',
    scenario: {
      actors: {
        A: async ({ clock, granted }) => {
          const hold = { held: true };
          granted(hold);
          await idle(clock, 95);
          hold.held = false;
        },
        B: async ({ vfs, clock, granted }) => {
          await idle(clock, 95);
          await vfs.mkdir('/b');
          granted({ held: true });
        },
      },
    },
    options: FAULTLESS,
    schedule: '+ + Bt B1',
    kind: 'two-holders',
  },
  {
    name: 'a timer grants a token after another one has granted a higher one',
    scenario: {
      actors: {
        A: async ({ clock, granted }) => {
          await idle(clock, 45);
          granted({ held: false, token: 1 });
        },
        B: async ({ clock, granted }) => {
          await idle(clock, 45);
          granted({ held: false, token: 2 });
        },
      },
    },
    options: FAULTLESS,
    schedule: '+ Bt At',
    kind: 'token-order',
  },
  {
    name: 'a script ends and holds on',
    scenario: {
      actors: {
        A: async ({ vfs, granted }) => {
          await vfs.mkdir('/b');
          await vfs.ls('/');
          granted({ held: true });
        },
        B: async ({ vfs, granted }) => {
          if ((await vfs.ls('/')).length === 0) granted({ held: true });
        },
      },
    },
    options: FAULTLESS,
    schedule: 'B1 A1 A2',
    kind: 'two-holders',
  },
  {
    name: 'what a dead caller has sent differs by an option',
    scenario: {
      setup: async (vfs) => {
        await vfs.mkdir('/x');
        await vfs.mkdir('/d');
        await vfs.mkdir('/d/e');
      },
      actors: {
        A: async ({ vfs }) => {
          const there = await vfs.stat('/x').catch(() => undefined);
          await vfs.rm('/d', { recursive: there === undefined });
        },
        B: async ({ vfs, clock }) => {
          await vfs.rm('/x');
          await idle(clock, 45);
          await vfs.mkdir('/t');
        },
      },
      rules: rule(({ call, ok }, storage) =>
        ok && call.op === 'rm' && call.path === '/d' && storage.has('/t')
          ? 'd is gone after t came'
          : undefined,
      ),
    },
    options: only('crash'),
    schedule: 'B1 A1 A:crash + Bt B2 A2!',
    kind: 'rule',
  },
  {
    name: 'a timer runs before or after a step of the same moment',
    scenario: {
      actors: {
        A: async ({ vfs, clock, granted, step }) => {
          let [stepped, late] = [false, false];
          clock.schedule(() => (late = stepped), 45);
          await idle(clock, 1);
          await step('work');
          stepped = true;
          await vfs.ls('/');
          if (!late || clock.monotonic() % 1000 !== 50) return;
          granted({ held: true });
          await step('hold');
        },
        B: async ({ granted, step }) => {
          granted({ held: true });
          await step('hold');
        },
      },
    },
    options: FAULTLESS,
    schedule: '+ At As At A1',
    kind: 'two-holders',
  },
  ...[30, 60].map((hops): Hole => ({
    name: `an actor goes on for ${hops} promises before its next call`,
    scenario: {
      actors: {
        A: async ({ vfs }: ActorWorld) => {
          await vfs.ls('/');
          for (let hop = 0; hop < hops; hop++) await Promise.resolve();
          await vfs.mkdir('/x');
        },
        B: ({ vfs }) => vfs.mkdir('/y'),
      },
      rules: rule(({ call }, storage) =>
        call.path === '/y' && storage.has('/x') ? 'y came after x' : undefined,
      ),
    },
    options: FAULTLESS,
    schedule: 'A1 A2 B1',
    kind: 'rule',
  })),
];

describe('the explorer finds what goes wrong in one order only:', () => {
  test.each(HOLES)('$name', async (hole) => {
    expect(await findingsIn(hole)).toEqual([hole.kind, hole.kind]);
  });
});
