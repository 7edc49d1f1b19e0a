import type { Clock } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { FAULTLESS, findingsIn, idle, only, rule, SOUND, verdictOn, type Hole } from './hole.fixture.js';
import type { ActorScript, Hold } from './index.js';

// Protocols that are right as long as nothing comes from outside: as long as nobody removes their directory, clocks are
// not set and run alike, and directories are read at one moment. And leases that end although nothing happened.

/** Held for so many milliseconds from `since`, by what `elapsed` says. */
const heldFor = (ms: number, elapsed: () => number): Hold => ({
  get held() {
    return elapsed() < ms;
  },
});

const byMonotonic = (clock: Clock): (() => number) => {
  const since = clock.monotonic();
  return () => clock.monotonic() - since;
};

const byWall = (clock: Clock): (() => number) => {
  const since = clock.wall();
  return () => clock.wall() - since;
};

const heir: ActorScript = async ({ clock, granted }) => {
  await idle(clock, 95);
  granted({ held: true });
};

/** Never renews its lease. */
const heartless: ActorScript = async ({ clock, granted, releasing, step }) => {
  const hold = heldFor(90, byMonotonic(clock));
  granted(hold);
  await step('work');
  releasing(hold);
};

const HEARTBEAT: ActorScript = async ({ vfs, clock, granted, releasing, step }) => {
  let alive = clock.monotonic();
  const hold = {
    get held() {
      return clock.monotonic() - alive < 90;
    },
  };
  let timer = clock.schedule(() => undefined, 0);
  const beat = (): void => {
    timer = clock.schedule(() => {
      const startedAt = clock.monotonic();
      vfs.writeFile('/beat', '').then(
        () => {
          if (hold.held) alive = startedAt;
          beat();
        },
        () => beat(),
      );
    }, 45);
  };
  beat();
  granted(hold);
  await step('work');
  releasing(hold);
  timer.cancel();
};

/** Goes by a directory alone, and holds until it has worked. */
const byDirectory: ActorScript = async ({ vfs, granted, releasing, step }) => {
  await vfs.mkdir('/d', { recursive: true });
  try {
    await vfs.mkdir('/d/lock');
  } catch {
    return;
  }
  const hold = { held: true };
  granted(hold);
  await step('work');
  releasing(hold);
  hold.held = false;
  await vfs.rm('/d/lock').catch(() => undefined);
};

const endsAfter = (clock: Clock, ms: number): (() => boolean) => {
  const elapsed = byMonotonic(clock);
  return () => elapsed() < ms;
};

/** Holds on whatever happens. */
const stubborn =
  (token: number): ActorScript =>
  async ({ granted, step }) => {
    granted({ held: true, token });
    await step('hold');
  };

/** Breaks token 1, and holds the lock from then on. */
const breaker: ActorScript = async (world) => {
  await world.vfs.ls('/');
  world.breaking(1);
  await world.vfs.mkdir('/broken');
  world.granted({ held: true, token: 2 });
  await world.step('hold');
};

const HOLES: readonly Hole[] = [
  {
    name: 'a heart never beats',
    scenario: { keepsHolds: true, actors: { A: heartless } },
    options: FAULTLESS,
    schedule: '+ +',
    kind: 'lost-in-health',
  },
  {
    name: 'the fault of one costs another one the lock',
    scenario: {
      keepsHolds: true,
      actors: {
        A: async ({ vfs }) => vfs.mkdir('/x'),
        B: async ({ vfs, granted, step }) => {
          await step('wait');
          const hold = { held: true };
          granted(hold);
          hold.held = (await vfs.ls('/')).length > 0;
        },
      },
    },
    options: only('fail'),
    schedule: 'A1:fail Bs B1',
    kind: 'lost-in-health',
  },
  {
    name: 'the directory is removed while somebody holds',
    scenario: { events: [{ kind: 'removal', path: '/d' }], actors: { A: byDirectory, B: byDirectory } },
    options: FAULTLESS,
    schedule: 'A1 A2 * B1 B2',
    kind: 'two-holders',
  },
  {
    name: 'what a former holder removes lands in the new directory',
    scenario: {
      events: [{ kind: 'removal', path: '/d' }],
      actors: { A: byDirectory, B: byDirectory },
      rules: () => {
        let owner = '';
        return [
          {
            judge: ({ actor, call, ok }) =>
              ok && call.op === 'rm' && actor === 'A' && owner === 'B'
                ? 'A removes the lock of B'
                : undefined,
            remember: ({ actor, call, ok }) => {
              const before = owner;
              if (ok && call.path === '/d/lock') owner = actor;
              return () => (owner = before);
            },
            get memory() {
              return owner;
            },
          },
        ];
      },
      sharing: { permits: 2 },
    },
    options: FAULTLESS,
    schedule: 'A1 A2 As * B1 B2 A3',
    kind: 'rule',
  },
  {
    name: 'who has lost the directory does not notice for too long',
    scenario: {
      events: [{ kind: 'removal', path: '/d' }],
      noticesWithinMs: 90,
      actors: { A: byDirectory, B: byDirectory },
    },
    options: FAULTLESS,
    schedule: 'A1 A2 * B1 B2 + +',
    kind: 'two-holders',
  },
  {
    name: 'who was broken does not notice for too long',
    scenario: { noticesWithinMs: 90, actors: { A: stubborn(1), B: breaker } },
    options: FAULTLESS,
    schedule: 'B1 B2 + +',
    kind: 'two-holders',
  },
  {
    name: 'a wall clock is set back, and a lease goes by it',
    scenario: {
      events: [{ kind: 'wall-jump', actor: 'A', ms: -3_600_000 }],
      actors: {
        A: async ({ clock, granted, step }) => {
          granted(heldFor(90, byWall(clock)));
          await step('work');
        },
        B: heir,
      },
    },
    options: FAULTLESS,
    schedule: '* + + Bt',
    kind: 'two-holders',
  },
  {
    name: 'a wall clock jumps there and back around a beat',
    scenario: {
      events: [
        { kind: 'wall-jump', actor: 'A', ms: 3_600_000 },
        { kind: 'wall-jump', actor: 'A', ms: -3_600_000 },
      ],
      actors: {
        A: async ({ vfs, clock, granted, step }) => {
          const [monotonic, wall] = [byMonotonic(clock), byWall(clock)];
          const elapsed = (): number => Math.max(monotonic(), wall());
          let alive = 0;
          granted({
            get held() {
              return elapsed() - alive < 90;
            },
          });
          await vfs.writeFile('/beat', '');
          alive = elapsed();
          await step('work');
        },
        B: heir,
      },
    },
    options: FAULTLESS,
    schedule: '* A1 * + + Bt',
    kind: 'two-holders',
  },
  {
    name: 'a clock runs slower than the margin allows for',
    scenario: {
      actors: {
        A: {
          rate: 0.85,
          script: async ({ clock, granted, step }) => {
            granted(heldFor(90, byMonotonic(clock)));
            await step('work');
          },
        },
        B: heir,
      },
    },
    options: FAULTLESS,
    schedule: '+ + Bt',
    kind: 'two-holders',
  },
  {
    name: 'a crash is taken for the end of all that was sent before',
    scenario: {
      actors: {
        A: ({ vfs }) => vfs.mkdir('/late'),
        B: async ({ vfs, clock, gone }) => {
          await idle(clock, 45);
          if (!gone('A')) return;
          await vfs.mkdir('/sure');
        },
      },
      rules: rule(({ call, ok }, storage) =>
        ok && call.path === '/late' && storage.has('/sure') ? 'it came late' : undefined,
      ),
    },
    options: only('crash'),
    schedule: 'A:crash + Bt B1 A1!',
    kind: 'rule',
  },
];

describe('the explorer finds what goes wrong by what comes from outside:', () => {
  test.each(HOLES)('$name', async (hole) => {
    expect(await findingsIn(hole)).toEqual([hole.kind, hole.kind]);
  });
});

describe('and minds nothing', () => {
  test.each<[string, Hole['scenario'], Hole['options']]>([
    ['of a lease that a heart keeps', { keepsHolds: true, actors: { A: HEARTBEAT } }, FAULTLESS],
    ['of one that its own fault ends', { keepsHolds: true, actors: { A: HEARTBEAT } }, {}],
    [
      'where a directory goes that nobody uses',
      { events: [{ kind: 'removal', path: '/d' }], actors: { A: byDirectory } },
      FAULTLESS,
    ],
    [
      'of a lease that ends because its clock was set forth',
      {
        keepsHolds: true,
        events: [{ kind: 'wall-jump', actor: 'A', ms: 3_600_000 }],
        actors: {
          A: async ({ clock, granted, releasing, step }) => {
            const hold = heldFor(3_600_000, byWall(clock));
            granted(hold);
            await step('work');
            releasing(hold);
          },
        },
      },
      FAULTLESS,
    ],
    [
      'of one that is broken on purpose',
      {
        keepsHolds: true,
        actors: {
          A: async ({ vfs, granted, step }) => {
            const hold = { held: true };
            granted(hold);
            await step('work');
            if ((await vfs.ls('/')).length > 0) hold.held = false;
          },
          B: async ({ vfs, breaking }) => {
            breaking();
            await vfs.mkdir('/broken');
          },
        },
      },
      FAULTLESS,
    ],
    [
      'of one who was broken and notices in time',
      {
        noticesWithinMs: 190,
        actors: {
          A: async ({ clock, granted, step }) => {
            granted(Object.defineProperty({ token: 1, held: true }, 'held', { get: endsAfter(clock, 140) }));
            await step('hold');
          },
          B: breaker,
        },
      },
      FAULTLESS,
    ],
    [
      'of clocks that differ by less than the margin',
      {
        actors: {
          A: {
            rate: 0.92,
            script: async ({ clock, granted, step }) => {
              granted(heldFor(90, byMonotonic(clock)));
              await step('work');
            },
          },
          B: heir,
        },
      },
      FAULTLESS,
    ],
    [
      'of the order of what comes from outside',
      {
        events: [
          { kind: 'removal', path: '/d' },
          { kind: 'removal', path: '/e' },
        ],
        setup: async (vfs) => {
          await vfs.mkdir('/d');
          await vfs.mkdir('/e');
        },
        rules: rule(({ actor, call }, storage) =>
          actor === '*' && call.path === '/e' && storage.has('/d') ? 'e went first' : undefined,
        ),
        actors: { A: async ({ vfs }) => void (await vfs.ls('/')) },
      },
      FAULTLESS,
    ],
  ])('%s', async (_, scenario, options) => {
    expect(await verdictOn(scenario, options)).toEqual(SOUND);
  });
});
