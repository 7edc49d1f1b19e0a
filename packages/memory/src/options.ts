import { systemClock, type Clock } from '@holdfast/vfs';
import { isClock, parseOptions as parse } from '@holdfast/vfs/adapter';
import { z } from 'zod';
import { memoryStore, MemoryStore } from './store.js';

/** How a view of a store in memory behaves. Everything but the first three imitates weaker storage. */
export interface MemoryVFSOptions {
  /** Where the files are. Default: a new store. */
  readonly store?: MemoryStore | undefined;
  /** Its name in errors, to tell several views apart. Default `memory`. */
  readonly adapter?: string | undefined;
  /** Stamps what this view writes, as the clock of a client does. Default: that of the store. */
  readonly clock?: Clock | undefined;
  /** What a listing carries: `names` only, as on a mount, or sizes, times and versions too. Default `versions`. */
  readonly listing?: 'names' | 'versions' | undefined;
  /** Whether files have an `etag`, which changes with every write. Default `true`. */
  readonly etag?: boolean | undefined;
  /** The smallest step of an mtime, in milliseconds; 1000 on SFTP and WebDAV. Default 1. */
  readonly mtimeGranularityMs?: number | undefined;
  /** Whether writing a file that exists moves its mtime. Default `moves`. */
  readonly mtimeOnRewrite?: 'moves' | 'stays' | undefined;
  /** Whether times can be set. Default `true`. */
  readonly chtimes?: boolean | undefined;
  /** Whether an exclusive write is offered. Default `true`. */
  readonly exclusiveWrite?: boolean | undefined;
  /** Whether `mkdir` is declared exclusive, or left to be probed. It is, either way. Default `known`. */
  readonly exclusiveMkdir?: 'known' | 'probe' | undefined;
  /** Which exclusive creation is declared to be the cheaper one. Default `file` if `exclusiveWrite` is offered. */
  readonly claimAs?: 'directory' | 'file' | undefined;
  /** Whether `link` is offered. Default `true`. */
  readonly link?: boolean | undefined;
  /** Whether `rename` is offered. Default `true`. */
  readonly rename?: boolean | undefined;
  /** Whether `watch` is offered. Default `true`. */
  readonly watch?: boolean | undefined;
  /** What a call is declared to cost; the timings of a lock follow from it. Default `local`. */
  readonly cost?: 'local' | 'network' | 'metered' | undefined;
}

/** {@link MemoryVFSOptions} with every default filled in. */
export type MemorySettings = {
  readonly [K in keyof MemoryVFSOptions]-?: Exclude<MemoryVFSOptions[K], undefined>;
};

const clockSchema = z.custom<Clock>(isClock, 'is not a Clock');

const shape = {
  store: z.instanceof(MemoryStore, { error: 'is not a memoryStore()' }).default(() => memoryStore()),
  adapter: z.string().min(1).default('memory'),
  clock: clockSchema.optional(),
  listing: z.enum(['names', 'versions']).default('versions'),
  etag: z.boolean().default(true),
  mtimeGranularityMs: z.number().min(1).default(1),
  mtimeOnRewrite: z.enum(['moves', 'stays']).default('moves'),
  chtimes: z.boolean().default(true),
  exclusiveWrite: z.boolean().default(true),
  exclusiveMkdir: z.enum(['known', 'probe']).default('known'),
  claimAs: z.enum(['directory', 'file']).optional(),
  link: z.boolean().default(true),
  rename: z.boolean().default(true),
  watch: z.boolean().default(true),
  cost: z.enum(['local', 'network', 'metered']).default('local'),
};

const schema = z.strictObject(shape).refine((given) => given.claimAs !== 'file' || given.exclusiveWrite, {
  error: 'claimAs: file needs exclusiveWrite',
});

/** @throws `VFSError` `EINVAL` that names each option that is wrong */
export function parseOptions(options: MemoryVFSOptions): MemorySettings {
  const { clock, claimAs, ...rest } = parse(schema, options, 'memory', 'MemoryVFSOptions');
  return {
    ...rest,
    clock: clock ?? rest.store.clock ?? systemClock,
    claimAs: claimAs ?? (rest.exclusiveWrite ? 'file' : 'directory'),
  };
}
