import { scoped, type VFS } from '@holdfast/vfs';
import type { Case, Context, Hook, Settings } from './case.js';
import { contentCases } from './cases/content.js';
import { freshnessCases } from './cases/freshness.js';
import { givingUpCases } from './cases/giving-up.js';
import { linkCases } from './cases/linking.js';
import { listingCases } from './cases/listing.js';
import { mkdirCases } from './cases/mkdir.js';
import { outageCases } from './cases/outages.js';
import { pathCases } from './cases/paths.js';
import { removalCases } from './cases/removal.js';
import { timesCases } from './cases/times.js';
import { watchCases } from './cases/watching.js';
import { readAnswer } from './job.js';
import { demandInTable, type Refusals } from './names.js';
import type { OpenOptions, Place } from './place.js';
import { ConformanceError } from './verdict.js';

/** Where the suite finds the storage, how thorough it is, and which exceptions from the contract are declared. */
export interface ConformanceOptions<P extends Place = Place> {
  /** Registers a test: that of vitest, `node:test`, or anything with this shape. */
  readonly test: (name: string, run: () => Promise<void>) => void;
  /** Hears of each case that cannot be shown for want of a hook, and why. Default: nobody. */
  readonly skip?: (name: string) => void;
  /** Makes an empty place. Called for every case. */
  readonly factory: () => Promise<P>;

  /** Stops the server, so that it takes requests and answers none; resolves to what lets it go on. */
  readonly stall?: (place: P) => Promise<() => Promise<void>>;
  /** Cuts every connection to the server, which goes on. */
  readonly cut?: (place: P) => Promise<void>;
  /** Runs `contend(vfs, job)` on a client of `place` in a process of its own, and resolves to its answer. */
  readonly inProcess?: (place: P, job: string) => Promise<string>;

  /**
   * Names of the table of names, or whole kinds of them, that this storage refuses, and the code of the refusal.
   * A storage that takes two names for one (`nfd`, `case`) refuses the second with `EEXIST`. Default: none.
   */
  readonly refuses?: Refusals;
  /** As `refuses`, for names of files alone: a server may write a file by a longer name first. Default: none. */
  readonly refusesFiles?: Refusals;
  /**
   * Names of the table, or kinds of them, that this storage keeps but leaves out of its listings: a defect that its
   * adapter cannot mend. Default: none.
   */
  readonly hides?: readonly string[];
  /** The etag follows from size and mtime, so that two writes of one size may share it. Default `false`. */
  readonly weakEtag?: boolean;

  /** Whether each case is run on a `scoped` view, too, which says nothing of a server. Default `true`. */
  readonly scoped?: boolean;

  /** Concurrent callers in a race. Default 8. */
  readonly callers?: number;
  /** Clients that they are spread over. Default 4. */
  readonly clients?: number;
  /** Races run one after the other. Default 20. */
  readonly rounds?: number;
  /** Entries of the large directory. Default 2000. */
  readonly listingSize?: number;
  /** The deadline, in milliseconds, that clients of a stopped server are given. Default 500. */
  readonly stalledDeadlineMs?: number;
  /** How long, in milliseconds, to wait for what must come in the end. Default 15,000. */
  readonly patienceMs?: number;
}

const CASES: readonly Case[] = [
  ...mkdirCases,
  ...contentCases,
  ...listingCases,
  ...removalCases,
  ...linkCases,
  ...freshnessCases,
  ...timesCases,
  ...watchCases,
  ...pathCases,
  ...givingUpCases,
  ...outageCases,
];

const HOOKS: Readonly<Record<Hook, string>> = {
  stall: 'no hook "stall" was given, which stops the server',
  cut: 'no hook "cut" was given, which cuts the connections',
  inProcess: 'no hook "inProcess" was given, which starts a process',
};

/** Where the scoped run has its place: a view must also hold when its base is an awkward name. */
const SCOPE = '/scope %2e#?';

/**
 * Registers a test for every rule of the VFS contract, and once more for each on a `scoped` view, unless that is left out.
 *
 * A rule that depends on a capability is tested as declared: what is offered has to work, what is not has to be
 * refused with `ENOTSUP`.
 *
 * @throws `ConformanceError` if an exception is declared for what is neither a name of the table nor a kind
 *
 * @example
 * describe('the contract', () => {
 *   vfsConformance({
 *     test,
 *     factory: async () => {
 *       const store = memoryStore();
 *       return { open: async () => memoryVFS({ store }), cleanup: async () => {} };
 *     },
 *   });
 * });
 */
export function vfsConformance<P extends Place>(options: ConformanceOptions<P>): void {
  const settings: Settings = {
    callers: options.callers ?? 8,
    clients: options.clients ?? 4,
    rounds: options.rounds ?? 20,
    listingSize: options.listingSize ?? 2000,
    stalledDeadlineMs: options.stalledDeadlineMs ?? 500,
    patienceMs: options.patienceMs ?? 15_000,
    refuses: options.refuses ?? {},
    refusesFiles: options.refusesFiles ?? {},
    hides: options.hides ?? [],
    weakEtag: options.weakEtag ?? false,
  };
  const { refuses, refusesFiles, hides } = settings;
  demandInTable([...Object.keys(refuses), ...Object.keys(refusesFiles), ...hides]);
  for (const inScope of options.scoped === false ? [false] : [false, true]) {
    for (const { name, needs, run } of CASES) {
      const title = inScope ? `in a scoped view, ${name}` : name;
      if (needs !== undefined && options[needs] === undefined) {
        options.skip?.(`${title} (not shown: ${HOOKS[needs]})`);
        continue;
      }
      options.test(title, () => inPlace(options, settings, inScope, run));
    }
  }
}

/** Runs one case in a place of its own, and tidies up however it ends. */
async function inPlace<P extends Place>(
  options: ConformanceOptions<P>,
  settings: Settings,
  inScope: boolean,
  run: Case['run'],
): Promise<void> {
  const place = await options.factory();
  const opened: VFS[] = [];
  const openPlain = async (openOptions?: OpenOptions): Promise<VFS> => {
    const vfs = await place.open(openOptions);
    opened.push(vfs);
    return vfs;
  };
  const open = async (openOptions?: OpenOptions): Promise<VFS> => {
    const vfs = await openPlain(openOptions);
    return inScope ? scoped(vfs, SCOPE) : vfs;
  };
  try {
    if (inScope) await (await openPlain()).mkdir(SCOPE);
    const vfs = await open();
    const context: Context = {
      vfs,
      capabilities: vfs.capabilities,
      open,
      settings,
      scoped: inScope,
      stall: () => hook(options.stall)(place),
      cut: () => hook(options.cut)(place),
      inProcess: async (job) => {
        const text = JSON.stringify({ ...job, scope: inScope ? SCOPE : '/' });
        return readAnswer(await hook(options.inProcess)(place, text));
      },
    };
    await run(context);
  } finally {
    await Promise.all(opened.map((vfs) => vfs.close()));
    await place.cleanup();
  }
}

function hook<T>(given: T | undefined): T {
  if (given === undefined) throw new ConformanceError('a case used a hook that it did not ask for');
  return given;
}
