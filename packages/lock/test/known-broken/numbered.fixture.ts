import { isVFSError, type VFS } from '@holdfast/vfs';
import type { ActorScript, ActorWorld, Hold, Scenario } from '@holdfast/testkit/explore';

/** The rules of numbered claims that can be left out, to see that each is needed. */
interface NumberedRules {
  /** Rule 2: look again after the claim. Default `true`. */
  readonly confirm?: boolean;
  /** Rule 5: go by the longest window that anyone declared. Default `true`. */
  readonly windowEntry?: boolean;
  /** Milliseconds. */
  readonly staleAfterMs: number;
  readonly heartbeatMs: number;
  /** How often to acquire and release. */
  readonly rounds: number;
}

/** The part of the window for which a holder trusts itself. */
const TRUSTED = 0.9;

const DIR = '/numbered';

interface Claim {
  readonly token: number;
  readonly aliveAt: number;
}

/** The protocol of numbered claims, as small as it can be written: a model of `Lock`, not a lock for use. */
function numbered(rules: NumberedRules): ActorScript {
  return async (world) => {
    for (let round = 0; round < rules.rounds; round++) {
      const claim = await acquire(world, rules);
      const end = keepAlive(world, rules, claim);
      await world.step('work');
      await end();
    }
  };
}

async function acquire(world: ActorWorld, rules: NumberedRules): Promise<Claim> {
  const { vfs, clock } = world;
  let seen: { readonly what: string; readonly since: number } | undefined;
  for (;;) {
    const begunAt = clock.monotonic();
    const view = await look(vfs);
    const what = `${view.highest} ${view.beat}`;
    if (seen?.what !== what) seen = { what, since: clock.monotonic() };
    const windowMs =
      rules.windowEntry === false ? rules.staleAfterMs : Math.max(view.windowMs, rules.staleAfterMs);
    if (!view.free && begunAt - seen.since < windowMs) {
      await pause(world, rules.heartbeatMs);
      continue;
    }
    if (rules.windowEntry !== false && view.windowMs < rules.staleAfterMs)
      await settled(vfs.mkdir(`${DIR}/window.${rules.staleAfterMs}`), 'EEXIST');
    const aliveAt = clock.monotonic();
    const token = view.highest + 1;
    if (!(await settled(vfs.mkdir(`${DIR}/${token}`), 'EEXIST'))) continue;
    if (rules.confirm !== false) {
      const again = await look(vfs);
      if (again.highest > token) {
        await settled(vfs.rm(`${DIR}/${token}`), 'ENOENT');
        continue;
      }
    }
    if (clock.monotonic() - aliveAt >= rules.staleAfterMs * TRUSTED) {
      await settled(vfs.mkdir(`${DIR}/${token}.free`), 'EEXIST');
      continue;
    }
    return { token, aliveAt };
  }
}

/** Beats and cleans up in the background. @returns what ends it and releases */
function keepAlive(world: ActorWorld, rules: NumberedRules, claim: Claim): () => Promise<void> {
  const { vfs, clock } = world;
  const state = { aliveAt: claim.aliveAt, over: false };
  const hold: Hold = {
    token: claim.token,
    get held() {
      return !state.over && clock.monotonic() - state.aliveAt < rules.staleAfterMs * TRUSTED;
    },
  };
  world.granted(hold);
  let beats = 0;
  let inFlight: Promise<void> | undefined;
  const beat = async (): Promise<void> => {
    const startedAt = clock.monotonic();
    await vfs.writeFile(`${DIR}/${claim.token}.beat`, '.'.repeat(++beats));
    if (!hold.held) return;
    state.aliveAt = startedAt;
    const { numbers } = await look(vfs);
    for (const old of numbers.filter((number) => number < claim.token - 1)) {
      for (const name of [`${old}`, `${old}.beat`, `${old}.free`])
        await settled(vfs.rm(`${DIR}/${name}`), 'ENOENT');
    }
    timer = clock.schedule(run, rules.heartbeatMs);
  };
  const run = (): void => {
    inFlight = beat().catch(() => undefined);
  };
  let timer = clock.schedule(run, rules.heartbeatMs);
  return async () => {
    state.over = true;
    timer.cancel();
    await inFlight;
    await settled(vfs.mkdir(`${DIR}/${claim.token}.free`), 'EEXIST');
  };
}

async function look(
  vfs: VFS,
): Promise<{ highest: number; free: boolean; beat: number; windowMs: number; numbers: number[] }> {
  const entries = await vfs.ls(DIR);
  const numbers = [...new Set(entries.map(({ name }) => Number.parseInt(name, 10)).filter((n) => n > 0))];
  const highest = Math.max(0, ...numbers);
  const sizeOf = (name: string): number | undefined => entries.find((entry) => entry.name === name)?.size;
  const windows = entries.flatMap(({ name }) => (name.startsWith('window.') ? [Number(name.slice(7))] : []));
  return {
    highest,
    free: highest === 0 || entries.some(({ name }) => name === `${highest}.free`),
    beat: sizeOf(`${highest}.beat`) ?? 0,
    windowMs: Math.max(0, ...windows),
    numbers: numbers.sort((a, b) => a - b),
  };
}

function pause({ clock }: ActorWorld, ms: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(resolve, ms));
}

/** Whether `call` succeeded, or failed with `code`. */
async function settled(call: Promise<void>, code: 'EEXIST' | 'ENOENT'): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (isVFSError(error, code)) return false;
    throw error;
  }
}

const FULL: NumberedRules = { staleAfterMs: 100, heartbeatMs: 45, rounds: 1 };

const together = (
  name: string,
  ticks: number,
  a: Partial<NumberedRules>,
  b: Partial<NumberedRules>,
): Scenario => ({
  name: `numbered claims, ${name}`,
  setup: (vfs) => vfs.mkdir(DIR),
  actors: { A: numbered({ ...FULL, ...a }), B: numbered({ ...FULL, ...b }) },
  tickMs: 50,
  ticks,
});

/** Our own protocol, whole and with one rule left out; the two scenarios in which that shows. */
export const numberedClaims: {
  readonly lateClaim: { readonly whole: Scenario; readonly withoutRule2: Scenario };
  readonly windows: { readonly whole: Scenario; readonly withoutEntry: Scenario };
} = {
  /** One goes through several numbers and cleans up, while the other's claim is on its way. */
  lateClaim: {
    whole: together('a late claim', 1, { rounds: 3 }, {}),
    withoutRule2: together(
      'a late claim, without rule 2',
      1,
      { rounds: 3, confirm: false },
      { confirm: false },
    ),
  },
  /** One works with a long window, the other with a short one. */
  windows: {
    whole: together('two windows', 3, { staleAfterMs: 250, heartbeatMs: 95 }, { staleAfterMs: 100 }),
    withoutEntry: together(
      'two windows, without the window entry',
      3,
      { staleAfterMs: 250, heartbeatMs: 95, windowEntry: false },
      { staleAfterMs: 100, windowEntry: false },
    ),
  },
};
