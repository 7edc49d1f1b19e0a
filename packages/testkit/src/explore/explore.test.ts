import { describe, expect, test } from 'vitest';
import {
  describeExploration,
  diagram,
  explore,
  exploreAtRandom,
  formatSchedule,
  parseSchedule,
  replay,
  replayLine,
  type ActorScript,
  type Scenario,
} from './index.js';

const common = { tickMs: 50, ticks: 2 } as const;

/** Looks whether the lock is taken, and takes it: what everyone writes first. */
const naive: ActorScript = async ({ vfs, granted, step }) => {
  if ((await vfs.ls('/')).length > 0) return;
  await vfs.mkdir('/lock', { recursive: true });
  const hold = { held: true };
  granted(hold);
  await step('work');
  hold.held = false;
  await vfs.rm('/lock');
};

/** The one thing that mkdir is good for. */
const exclusive: ActorScript = async ({ vfs, granted, step }) => {
  try {
    await vfs.mkdir('/lock');
  } catch {
    return;
  }
  const hold = { held: true };
  granted(hold);
  await step('work');
  hold.held = false;
  await vfs.rm('/lock');
};

const race: Scenario = { ...common, name: 'race', actors: { A: naive, B: naive } };

describe('explore', () => {
  test('finds the shortest run with two holders, and the same again by its schedule', async () => {
    for (const order of ['depth', 'breadth'] as const) {
      const { violation, complete } = await explore(race, { faults: 0, order });
      expect([complete, violation?.violation?.kind]).toEqual([false, 'two-holders']);
      const schedule = formatSchedule(violation?.schedule ?? []);
      expect(schedule.split(' ').sort()).toEqual(['A1', 'A2', 'B1', 'B2']);
      expect((await replay(race, schedule)).violation).toEqual(violation?.violation);
    }
  });

  test('goes through all there is where nothing is wrong, and counts it', async () => {
    const explored = await explore({ ...race, actors: { A: exclusive, B: exclusive } }, { faults: 0 });
    expect(explored).toMatchObject({ complete: true, violation: undefined, scenario: 'race' });
    expect(explored.states).toBeGreaterThan(10);
    expect(describeExploration(explored)).toContain(`${explored.states} states`);
  });

  test('stops where it is told to', async () => {
    const explored = await explore({ ...race, actors: { A: exclusive, B: exclusive } }, { maxStates: 5 });
    expect([explored.complete, explored.violation]).toEqual([false, undefined]);
    expect((await explore(race, { budgetMs: 0 })).states).toBe(1);
  });

  test('finds that somebody waits for ever', async () => {
    const waiting: ActorScript = async ({ vfs, clock }) => {
      for (;;) {
        if ((await vfs.ls('/')).length === 0) return;
        await new Promise<void>((resolve) => clock.schedule(resolve, 40));
      }
    };
    const scenario: Scenario = { ...common, name: 'crash', actors: { A: exclusive, B: waiting } };
    expect((await explore(scenario, { faults: 0 })).violation).toBe(undefined);
    const { violation } = await explore(scenario, { faultKinds: ['crash'] });
    expect(violation?.violation?.kind).toBe('lock-out');
    expect(formatSchedule(violation?.schedule ?? [])).toContain('A:crash');
  });

  test('finds that whoever comes next is locked out, or waits for too long', async () => {
    const scenario = (withinMs: number): Scenario => ({
      ...common,
      name: 'heir',
      actors: { A: exclusive },
      aftermath: {
        withinMs,
        script: async ({ vfs, clock, granted }) => {
          await new Promise<void>((resolve) => clock.schedule(resolve, 90));
          await vfs.mkdir('/lock');
          granted({ held: true });
        },
      },
    });
    expect((await explore(scenario(100), { faults: 0 })).violation).toBe(undefined);
    expect((await explore(scenario(50), { faults: 0 })).violation?.violation?.kind).toBe('lock-out');
    const crashed = await explore(scenario(100), { faultKinds: ['crash'] });
    expect(crashed.violation?.violation?.kind).toBe('lock-out');
  });

  test('finds an error that nothing explains, out of a script or out of a timer', async () => {
    const failing: ActorScript = async ({ vfs }) => {
      await vfs.ls('/');
      throw new TypeError('a defect');
    };
    const throwing: ActorScript = async ({ clock }) => {
      clock.schedule(() => {
        throw new TypeError('a defect');
      }, 10);
    };
    for (const script of [failing, throwing]) {
      const scenario: Scenario = { ...common, name: 'defect', actors: { A: script, B: exclusive } };
      expect((await explore(scenario, { faults: 0 })).violation?.violation?.kind).toBe('failure');
    }
  });

  test('takes an error that faults explain for none, and asks the scenario about others', async () => {
    const scenario: Scenario = {
      ...common,
      name: 'fail',
      actors: { A: async ({ vfs }) => void (await vfs.ls('/')) },
    };
    expect((await explore(scenario, { faultKinds: ['fail'] })).violation).toBe(undefined);
    const strict = { ...scenario, tolerates: () => false };
    expect((await explore(strict, { faultKinds: ['fail'] })).violation?.violation?.kind).toBe('failure');
  });

  test('finds a loop in which time stands still', async () => {
    const looping: ActorScript = async ({ clock }) => {
      const again = (): void => void clock.schedule(again, 0);
      again();
    };
    const scenario: Scenario = { ...common, name: 'loop', actors: { A: looping } };
    expect((await explore(scenario, { faults: 0 })).violation?.violation?.kind).toBe('livelock');
  });

  test('finds a token that is not higher than all before', async () => {
    const equal: ActorScript = async ({ vfs, granted }) => {
      await vfs.ls('/');
      granted({ held: false, token: 7 });
    };
    const scenario: Scenario = { ...common, name: 'tokens', actors: { A: equal, B: equal } };
    expect((await explore(scenario, { faults: 0 })).violation?.violation?.kind).toBe('token-order');
  });

  test('asks a lease that changes by being asked without the run taking notice', async () => {
    let asked = 0;
    const expiring: ActorScript = async ({ vfs, clock, granted, step }) => {
      const since = clock.monotonic();
      const state = { lost: false, timer: clock.schedule(() => undefined, 1_000) };
      granted({
        get held() {
          asked++;
          if (!state.lost && clock.monotonic() - since >= 50) {
            state.lost = true;
            state.timer.cancel();
          }
          return !state.lost;
        },
      });
      await step('work');
      // What it does depends on whether anyone has asked.
      if (state.lost) await vfs.mkdir('/somebody-asked');
    };
    const other: ActorScript = async ({ clock, granted }) => {
      await new Promise<void>((resolve) => clock.schedule(resolve, 45));
      granted({ held: true });
    };
    const scenario: Scenario = {
      ...common,
      name: 'asked',
      actors: { A: expiring, B: other },
      rules: () => [{ judge: ({ call }) => `somebody made ${call.path}` }],
    };
    const explored = await explore(scenario, { faults: 0 });
    expect([explored.complete, explored.violation]).toEqual([true, undefined]);
    expect(asked).toBeGreaterThan(0);
  });
});

describe('each fault', () => {
  /** Writes down what its one call came to, and when. */
  const outcomes = async (fault: string, scenario: Partial<Scenario> = {}): Promise<Set<string>> => {
    const seen = new Set<string>();
    const script: ActorScript = async ({ vfs, clock, name }) => {
      const from = clock.monotonic();
      const wallFrom = clock.wall();
      let result = 'made';
      try {
        await vfs.mkdir('/d');
      } catch (error) {
        const { code, outcome, settled } = error as {
          code: string;
          outcome: string;
          settled?: Promise<void>;
        };
        result = `${code} ${outcome}`;
        settled?.then(
          () => seen.add('settled: made'),
          () => seen.add('settled: not made'),
        );
      }
      if (name === 'A') seen.add(`${result} ${clock.monotonic() - from} ${clock.wall() - wallFrom}`);
    };
    await explore(
      { ...common, name: fault, actors: { A: script, B: script }, ...scenario },
      { faultKinds: [fault as 'crash'] },
    );
    return seen;
  };

  test('does what it says', async () => {
    const usual = ['made 0 0', 'EEXIST failed 0 0'];
    expect(await outcomes('crash')).toEqual(new Set(usual));
    expect(await outcomes('fail')).toEqual(new Set([...usual, 'ECONN failed 0 0']));
    expect(await outcomes('unknown')).toEqual(new Set([...usual, 'ECONN unknown 0 0']));
    expect(await outcomes('timeout')).toEqual(
      new Set([...usual, 'ETIMEDOUT unknown 0 0', 'settled: made', 'settled: not made']),
    );
    const later = ['made', 'EEXIST failed'].flatMap((result) => [`${result} 50 50`, `${result} 100 100`]);
    for (const slow of ['slow-reply', 'freeze'])
      expect(await outcomes(slow)).toEqual(new Set([...usual, ...later]));
    // Until then the other one has long been there.
    expect(await outcomes('slow-call')).toEqual(new Set([...usual, ...later.slice(2)]));
    expect(await outcomes('suspend')).toEqual(
      new Set([...usual, ...later.map((text) => text.replace(/(\d+) (\d+)$/, '0 $2'))]),
    );
  });
});

describe('a walk at random', () => {
  test('is the same for the same seed, and finds what is there to find', async () => {
    const walk = (seed: number): ReturnType<typeof exploreAtRandom> =>
      exploreAtRandom(race, { seed, runs: 100, faults: 0 });
    const [first, again] = [await walk(1), await walk(1)];
    expect(first.violation?.violation?.kind).toBe('two-holders');
    expect({ ...first, tookMs: 0 }).toEqual({ ...again, tookMs: 0 });
    const seeds = await Promise.all([2, 3, 4, 5].map(async (seed) => (await walk(seed)).schedules));
    expect(new Set(seeds).size).toBeGreaterThan(1);
    const right = { ...race, actors: { A: exclusive, B: exclusive } };
    expect(
      await exploreAtRandom(right, { seed: 1, runs: 50, faultKinds: ['slow-call', 'freeze'] }),
    ).toMatchObject({
      violation: undefined,
      schedules: 50,
    });
  });
});

describe('a schedule', () => {
  const text = 'A1 B12! At Bs + A:crash B3:slow-call';

  test('is written as it is read', () => {
    expect(formatSchedule(parseSchedule(text))).toBe(text);
    expect(parseSchedule('')).toEqual([]);
    for (const wrong of ['a1', 'A', 'A1x', 'A:nothing', '1'])
      expect(() => parseSchedule(wrong)).toThrow(SyntaxError);
  });

  test('must fit its scenario', async () => {
    await expect(replay(race, 'A1 A9')).rejects.toThrow(RangeError);
    await expect(replay(race, 'C1')).rejects.toThrow(RangeError);
  });
});

describe('the diagram', () => {
  test('shows who did what when, who held the lock, and how to see it again', async () => {
    const run = await replay(race, 'A1 B1 A2 B:freeze + B2! B2');
    const lines = diagram(run, { as: 'myScenario' }).split('\n');
    expect(lines.find((line) => line.includes('mkdir lock (all)'))).toMatch(/^\s+0 {2}█ mkdir/);
    expect(lines.findLast((line) => line.includes('mkdir lock (all)'))).toMatch(
      /^\s+50 {2}█ +█ mkdir.*\(reply\)$/,
    );
    expect(lines.some((line) => line.includes('⚡ stands still'))).toBe(true);
    expect(lines.at(-1)).toBe(`replay: ${replayLine(run, 'myScenario')}`);
    expect(replayLine(run)).toBe("await replay(scenario, 'A1 B1 A2 B:freeze + B2! B2')");
  });

  test('comes as Mermaid, and as SVG, in which nothing can be smuggled', async () => {
    const run = await replay({ ...race, name: '<script>;' }, 'A1 B1 A2 B2');
    const mermaid = diagram(run, { format: 'mermaid' });
    expect(mermaid.split('\n')[0]).toBe('sequenceDiagram');
    expect(mermaid).toContain('A->>storage: mkdir lock');
    expect(mermaid.match(/ activate /g)).toHaveLength(2);
    const svg = diagram(run, { format: 'svg' });
    expect(svg).toMatch(/^<svg [^]*<\/svg>$/);
    expect(svg).not.toContain('<script>');
  });
});
