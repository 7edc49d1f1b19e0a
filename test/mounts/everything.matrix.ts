import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Bench, LARGEST_CLOCK_ERROR_MS } from './bench/bench.js';
import type { FiguresByMount } from './bench/figures.js';
import { Table } from './bench/table.js';
import { DEFAULTS, isFresh, SSHFS, VARIANTS, type MountKind } from './lab/mounts.js';
import { noLab } from './lab/packages.js';
import { quote, whole } from './readme.js';
import { clockOff } from './trials/clock-off.js';
import { conformance } from './trials/conformance.js';
import { contention } from './trials/contention.js';
import { cutOff } from './trials/cut-off.js';
import { frozen } from './trials/frozen.js';
import { commandEnded, hanging, hangingInProcess } from './trials/hanging.js';
import { killed } from './trials/killed.js';
import { flushing, freshness, leased, rewriting, uncached } from './trials/needed.js';
import { serverFrozen, serverRestarted } from './trials/outage.js';
import { quiet } from './trials/quiet.js';
import { unmounted } from './trials/unmounted.js';

// Everything that is claimed of mounts, on every mount that it is claimed of. Run by `npm run test:mounts`, in three quarters of an hour.

const why = await noLab();
vi.setConfig({ testTimeout: 300_000 });
const table = new Table();

/** A fault, or none, and the mounts that it is tried on. */
interface Entry {
  readonly title: string;
  readonly name: string;
  readonly trial: (bench: Bench) => Promise<FiguresByMount | void>;
  readonly fits?: (kind: MountKind) => boolean;
}

/** What sshfs does without `reconnect` when its connection is lost is to end. */
const reconnects = ({ protocol, title }: MountKind): boolean =>
  protocol !== 'sshfs' || title.includes('reconnect');
const byDefault = (kind: MountKind): boolean => DEFAULTS.includes(kind);

const ENTRIES: readonly Entry[] = [
  { title: 'a lock passes among four processes of two hosts', name: 'contention', trial: contention },
  { title: 'a lock stays with a holder that lives', name: 'quiet', trial: quiet },
  { title: 'a holder stands still and goes on', name: 'frozen', trial: frozen },
  { title: 'a holder is killed', name: 'killed', trial: killed },
  { title: 'the servers stand still and go on', name: 'server-frozen', trial: serverFrozen },
  { title: 'a holder is cut off and comes back', name: 'cut-off', trial: cutOff, fits: reconnects },
  { title: 'a clock is 30 s off', name: 'clock-30', trial: (bench) => clockOff(bench, 30) },
  { title: 'a clock is 1 h off', name: 'clock-3600', trial: (bench) => clockOff(bench, 3600) },
  {
    title: 'the servers crash and start again',
    name: 'server-restarted',
    trial: serverRestarted,
    fits: reconnects,
  },
  { title: 'a mount goes away and comes back', name: 'unmounted', trial: unmounted, fits: reconnects },
  {
    title: 'a process goes on and ends while its mount hangs',
    name: 'hanging',
    trial: hanging,
    fits: reconnects,
  },
  {
    title: 'holdfast run ends its command while the mount hangs',
    name: 'command',
    trial: commandEnded,
    fits: reconnects,
  },
  {
    title: 'a process that calls a hung mount by itself cannot end',
    name: 'in-process',
    trial: hangingInProcess,
    fits: byDefault,
  },
  {
    title: 'answers are fresh where those of a local disk’s ways are not',
    name: 'fresh',
    trial: freshness,
    fits: byDefault,
  },
  {
    title: 'a rewrite that leaves all times as they were is read, as it is not from the cache',
    name: 'uncached',
    trial: uncached,
    fits: byDefault,
  },
  {
    title: 'nobody reads an empty file, as if it were truncated first',
    name: 'rewriting',
    trial: rewriting,
    fits: byDefault,
  },
  {
    title: 'the server’s time stands, as it does not without a flush',
    name: 'flushing',
    trial: flushing,
    fits: byDefault,
  },
  {
    title: 'a listing waits for no host that has a file leased, as an open does',
    name: 'leased',
    trial: leased,
    fits: byDefault,
  },
];

const of = (protocol: MountKind['protocol']): MountKind[] =>
  VARIANTS.filter((kind) => kind.protocol === protocol);
/** A few at a time: each is a process more on either host. */
const GROUPS: readonly { readonly group: string; readonly kinds: readonly MountKind[] }[] = [
  { group: 'default options', kinds: DEFAULTS },
  { group: 'NFSv4.2', kinds: of('NFSv4.2') },
  { group: 'NFSv3', kinds: of('NFSv3') },
  { group: 'SMB', kinds: of('SMB 3.1.1') },
  { group: 'sshfs', kinds: SSHFS },
];

describe.skipIf(why !== undefined).for(GROUPS)(
  `$group${why === undefined ? '' : ` (${why})`}`,
  ({ kinds }) => {
    let bench: Bench;
    beforeAll(async () => {
      bench = await Bench.up(kinds);
    });
    afterAll(() => bench?.down());

    // What is shown late cannot keep the contract. First, since an sshfs that does not reconnect is of no use after the rest.
    describe.for(kinds.filter(isFresh))('the contract on $title', (kind) => {
      conformance(() => bench, kind, { test });
    });

    const entries = ENTRIES.filter(({ fits = () => true }) => kinds.some(fits));
    test.for(entries)('$title', async ({ name, trial, fits = () => true }) => {
      const tried = kinds.filter(fits);
      const figures = await trial(bench.only(tried));
      if (figures !== undefined) table.add(name, figures);
      expect(figures?.size ?? tried.length).toBeGreaterThan(0);
    });

    test('the clocks that histories were judged by have stood to each other as measured', async () => {
      expect(await bench.clocksHold()).toBe(true);
      expect(bench.clockErrorMs).toBeLessThan(LARGEST_CLOCK_ERROR_MS);
    });
  },
);

// Of what failed, or was not asked for, there are no figures: then what was measured before stays.
// oxlint-disable-next-line no-empty-pattern -- Vitest takes nothing else for the fixtures, which come first.
afterAll(async ({}, file) => {
  if (whole(file)) await quote(table.markdown(GROUPS.flatMap(({ kinds }) => kinds)));
});
