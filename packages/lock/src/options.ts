import {
  describeIssues,
  parsePath,
  systemClock,
  type CallOptions,
  type Clock,
  type VFS,
} from '@holdfast/vfs';
import { z } from 'zod';
import { LockOptionError } from './errors/index.js';
import type { LockEventListener } from './events.js';
import { directoryName, type LedgerKind } from './id.js';
import type { HostIdentity } from './identity/index.js';
import {
  FIRST_WINDOW_MS,
  LONGEST_LABEL,
  LONGEST_WINDOW_MS,
  MOST_PERMITS,
  type Mode,
  type TurnRule,
} from './ledger/index.js';
import { assertVFS } from './vfs-argument.js';

export interface LockOptions {
  /** Names the lock. Any text; see `directoryName` for what it becomes in the storage. */
  readonly id: string;
  /** The directory that holds the lock's own. Is made if missing. Default `/`. */
  readonly dir?: string | undefined;
  /**
   * After how many milliseconds without a sign of life others may take over a claim of this contender. Each claim says
   * its own, so contenders with different settings are safe with each other. 50 to 86 400 000 (a day).
   * Default 10 000; 60 000 where each call costs money (S3).
   */
  readonly staleAfterMs?: number | undefined;
  /**
   * Milliseconds from one heartbeat to the next; at most half of `staleAfterMs` less `marginMs`, so that one may fail, and
   * at least a 32nd of `staleAfterMs`. Default a fifth of `staleAfterMs`.
   */
  readonly heartbeatMs?: number | undefined;
  /**
   * How many milliseconds before `staleAfterMs` the holder already counts the lease as lost: covers late timers and
   * clocks that do not run at one rate. From a fiftieth of `staleAfterMs` up to half of it. Default a tenth.
   */
  readonly marginMs?: number | undefined;
  /** What a contender does with a stale claim in its way: pass it, or report it (`StaleLockError`). Default `'takeover'`. */
  readonly onStale?: 'takeover' | 'fail' | undefined;
  /** Free text for people who look at who holds the lock. At most 512 characters. */
  readonly label?: string | undefined;
  /**
   * Longest milliseconds between two looks of the one that is next in line; those further back look more rarely. Cut
   * short by a release in this process or a `watch` event. Default 100 on local storage, 1 000 over a network, 5 000 where
   * calls cost money.
   */
  readonly pollMs?: number | undefined;
  /**
   * Who this process is, so that others on the same host can tell that it died: on local disks alone. `holdfast` and
   * `@holdfast/lock/node` bring one. Default: none; then a dead holder is found by the window alone.
   */
  readonly identity?: HostIdentity | undefined;
  /** Told of what happens in the background. What it throws is swallowed. */
  readonly onEvent?: LockEventListener | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** From 0 up to 1, for jitter and nonces; must differ from process to process. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** The options, checked and complete. */
export interface Settings {
  readonly id: string;
  readonly dir: string;
  readonly directory: string;
  readonly kind: LedgerKind;
  readonly staleAfterMs: number;
  readonly heartbeatMs: number;
  readonly marginMs: number;
  readonly takeover: boolean;
  /** How claims get into each other's way. */
  readonly turn: TurnRule;
  readonly label: string | undefined;
  /** Stands in the records of its claims, so that others can tell which are of one lock manager. */
  readonly client: string | undefined;
  readonly firstPollMs: number;
  readonly pollMs: number;
  readonly identity: HostIdentity | undefined;
  readonly emit: LockEventListener;
  /** Whether anybody is told of events. */
  readonly observed: boolean;
  readonly clock: Clock;
  readonly random: () => number;
}

/** How long things take by what a call costs; all in milliseconds. */
const TIMINGS = {
  local: { staleAfterMs: 10_000, firstPollMs: 2, pollMs: 100 },
  network: { staleAfterMs: 10_000, firstPollMs: 50, pollMs: 1_000 },
  metered: { staleAfterMs: 60_000, firstPollMs: 500, pollMs: 5_000 },
} as const;

const READERS_WRITER: TurnRule = { kind: 'readers-writer' };

const milliseconds = z.number().min(1).max(LONGEST_WINDOW_MS);
const having = <T>(...methods: (keyof T & string)[]): z.ZodType<T> =>
  z.custom<T>(
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      methods.every((method) => typeof (value as Record<string, unknown>)[method] === 'function'),
    { error: `must have ${methods.join(', ')}` },
  );
const callable = <T>(): z.ZodType<T> =>
  z.custom<T>((value) => typeof value === 'function', { error: 'must be a function' });

const optionsSchema = z.strictObject({
  id: z.string().refine((id) => directoryName(id) !== undefined, {
    error:
      'must be well-formed text of 1 to about 230 bytes, counting 3 for each that is not a-z, 0-9, _, - or a dot',
  }),
  dir: z
    .string()
    .refine(isPath, {
      error: 'must be an absolute path within the VFS, such as /locks, with no / at its end',
    })
    .optional(),
  staleAfterMs: milliseconds.int().min(50).optional(),
  heartbeatMs: milliseconds.optional(),
  marginMs: milliseconds.optional(),
  onStale: z.enum(['takeover', 'fail']).optional(),
  label: z.string().max(LONGEST_LABEL).optional(),
  pollMs: milliseconds.optional(),
  identity: having<HostIdentity>('isDead').optional(),
  onEvent: callable<LockEventListener>().optional(),
  clock: having<Clock>('monotonic', 'wall', 'schedule').optional(),
  random: callable<() => number>().optional(),
});

export interface SemaphoreOptions extends LockOptions {
  /**
   * How many can be held at once, over all hosts. Stands in the storage: who comes with another number is refused. From 1 up
   * to a million.
   */
  readonly permits: number;
}

export interface ElectionOptions extends LockOptions {
  /**
   * What this candidate publishes once it leads: the address of a service, say. Well-formed text of at most 4 KiB in UTF-8.
   * Default `''`.
   */
  readonly value?: string | undefined;
}

/** The longest value of a leader, in bytes. */
const LONGEST_VALUE = 4_096;

export const valueSchema: z.ZodType<string> = z
  .string()
  .refine((value) => !/\p{Cs}/u.test(value) && new TextEncoder().encode(value).length <= LONGEST_VALUE, {
    error: 'must be well-formed text of at most 4096 bytes in UTF-8',
  });
const electionSchema = optionsSchema.extend({ value: valueSchema.optional() });

/** @throws `LockOptionError` that names every fault */
export function parseElectionOptions(
  options: ElectionOptions,
  vfs: VFS,
): Settings & { readonly value: string } {
  assertVFS(vfs);
  const given = parse(electionSchema, options);
  const settings = complete(given, vfs, { kind: 'election', turn: READERS_WRITER });
  return { ...settings, value: given.value ?? '' };
}

const semaphoreSchema = optionsSchema.extend({ permits: z.int().min(1).max(MOST_PERMITS) });

/** @throws `LockOptionError` that names every fault */
export function parseOptions(options: LockOptions, vfs: VFS, kind: LedgerKind = 'lock'): Settings {
  assertVFS(vfs);
  return complete(parse(optionsSchema, options), vfs, { kind, turn: READERS_WRITER });
}

/** @throws `LockOptionError` that names every fault */
export function parseSemaphoreOptions(options: SemaphoreOptions, vfs: VFS): Settings {
  assertVFS(vfs);
  const given = parse(semaphoreSchema, options);
  return complete(given, vfs, { kind: 'semaphore', turn: { kind: 'permits', permits: given.permits } });
}

function complete(
  given: LockOptions,
  vfs: VFS,
  { kind, turn }: { readonly kind: LedgerKind; readonly turn: TurnRule },
): Settings {
  const timing = TIMINGS[vfs.capabilities.cost];
  const staleAfterMs = given.staleAfterMs ?? timing.staleAfterMs;
  const heartbeatMs = given.heartbeatMs ?? staleAfterMs / 5;
  const marginMs = given.marginMs ?? staleAfterMs / 10;
  if (marginMs < staleAfterMs / 50 || marginMs > staleAfterMs / 2) {
    throw new LockOptionError(
      `marginMs (${marginMs}) must be from a fiftieth of staleAfterMs (${staleAfterMs}) up to half of it`,
    );
  }
  if (heartbeatMs < staleAfterMs / 32) {
    throw new LockOptionError(
      `heartbeatMs (${heartbeatMs}) must be at least a 32nd of staleAfterMs (${staleAfterMs}): more beats show nothing more`,
    );
  }
  if (heartbeatMs > (staleAfterMs - marginMs) / 2) {
    throw new LockOptionError(
      `heartbeatMs (${heartbeatMs}) must be at most half of staleAfterMs - marginMs (${staleAfterMs} - ${marginMs}), ` +
        'so that one beat may fail',
    );
  }
  const pollMs = given.pollMs ?? timing.pollMs;
  return {
    id: given.id,
    dir: given.dir ?? '/',
    directory: directoryName(given.id, kind) ?? '',
    kind,
    staleAfterMs,
    heartbeatMs,
    marginMs,
    takeover: (given.onStale ?? 'takeover') === 'takeover',
    turn,
    label: given.label,
    client: undefined,
    firstPollMs: Math.min(timing.firstPollMs, pollMs),
    pollMs,
    identity: given.identity,
    emit: quietly(given.onEvent),
    observed: given.onEvent !== undefined,
    clock: given.clock ?? systemClock,
    random: given.random ?? Math.random,
  };
}

/** For how long the owner of a claim may trust it before its first good beat, in milliseconds. Rule 4. */
export function firstTrustMs({
  staleAfterMs,
  marginMs,
}: Pick<Settings, 'staleAfterMs' | 'marginMs'>): number {
  return Math.min(staleAfterMs, FIRST_WINDOW_MS) * (1 - marginMs / staleAfterMs);
}

/** The settings for a claim that was made with another window: a claim works with one for its whole life. */
export function withWindow(settings: Settings, staleAfterMs: number): Settings {
  if (staleAfterMs === settings.staleAfterMs) return settings;
  const factor = staleAfterMs / settings.staleAfterMs;
  const { heartbeatMs, marginMs } = settings;
  return { ...settings, staleAfterMs, heartbeatMs: heartbeatMs * factor, marginMs: marginMs * factor };
}

export interface TryOptions extends CallOptions {
  /** `shared`: others may hold a shared lease beside it, nobody an exclusive one. Default `'exclusive'`. */
  readonly mode?: Mode | undefined;
}

export interface WaitOptions extends TryOptions {
  /** Rejects with `LockTimeoutError` after so many milliseconds. 0 tries once. Default: waits for ever. */
  readonly timeoutMs?: number | undefined;
}

function isPath(dir: string): boolean {
  try {
    parsePath(dir, { op: 'open', adapter: 'lock' });
    return true;
  } catch {
    return false;
  }
}

const signal = z.instanceof(AbortSignal).optional();
const mode = z.enum(['exclusive', 'shared']).optional();
const callSchema = z.strictObject({ signal });
const trySchema = z.strictObject({ signal, mode });
const waitSchema = z.strictObject({ signal, mode, timeoutMs: z.number().nonnegative().optional() });
const breakSchema = z.strictObject({ signal, token: z.int().positive() });

/** Most calls bring no options, and need no check. */
const NO_OPTIONS = Object.freeze({});

/** @throws `LockOptionError` */
export function parseCall(options: CallOptions = NO_OPTIONS): CallOptions {
  return options === NO_OPTIONS ? options : parse(callSchema, options);
}

/** @throws `LockOptionError` */
export function parseTry(options: TryOptions = NO_OPTIONS): TryOptions {
  return options === NO_OPTIONS ? options : parse(trySchema, options);
}

/** Options of `Election.campaign`. */
export interface CampaignOptions extends CallOptions {
  /** Rejects with `LockTimeoutError` after so many milliseconds. 0 tries once. Default: waits for ever. */
  readonly timeoutMs?: number | undefined;
}

const campaignSchema = z.strictObject({ signal, timeoutMs: z.number().nonnegative().optional() });

/** @throws `LockOptionError` */
export function parseCampaign(options: CampaignOptions = NO_OPTIONS): CampaignOptions {
  return parse(campaignSchema, options);
}

/** @throws `LockOptionError` */
export function parseWait(options: WaitOptions = NO_OPTIONS): WaitOptions {
  return options === NO_OPTIONS ? options : parse(waitSchema, options);
}

export interface BreakOptions extends CallOptions {
  /** The claim that is to be broken, so that nothing newer is. */
  readonly token: number;
}

/** @throws `LockOptionError` */
export function parseBreak(options: BreakOptions): BreakOptions {
  return parse(breakSchema, options);
}

/** What `schema` makes of `value`. @throws `LockOptionError` that names every fault */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new LockOptionError(describeIssues(parsed.error));
  return parsed.data;
}

/** A listener must not be able to break the lock. */
function quietly(listener: LockEventListener | undefined): LockEventListener {
  if (listener === undefined) return () => undefined;
  return (event) => {
    try {
      // An asynchronous listener fits the type, too.
      Promise.resolve(listener(event)).catch(() => undefined);
    } catch {
      // Said in the option's documentation: there is nobody here whom the error would concern.
    }
  };
}
