import { directoryName } from '@holdfast/lock';
import { z } from 'zod';
import { durationSchema } from './duration.js';
import { UsageError } from './failure.js';

/** What `run` was asked for; times in milliseconds. */
export interface RunSettings {
  readonly on?: string | undefined;
  readonly id: string;
  readonly timeout?: number | undefined;
  readonly staleAfter?: number | undefined;
  readonly label?: string | undefined;
  readonly wait: boolean;
  readonly shared: boolean;
  /** How many may run at once, where that is not one. */
  readonly permits?: number | undefined;
  /** For how long the lock is kept, even if the command ends sooner. */
  readonly holdAtLeast?: number | undefined;
  /** How often a log is told that it still waits. */
  readonly progress?: number | undefined;
  /** The exit status if the lock was not obtained. */
  readonly conflictStatus?: number | undefined;
  readonly quiet: boolean;
  /** Which variables that are meant for `holdfast` the command gets too: all, none, or those named. */
  readonly passEnv: readonly string[] | boolean;
  readonly command: readonly string[];
}

export interface AcquireSettings extends Pick<
  RunSettings,
  'on' | 'id' | 'timeout' | 'label' | 'wait' | 'shared' | 'permits' | 'conflictStatus' | 'quiet'
> {
  readonly ttl: number;
  readonly format: HandleFormat;
}

/** Of `renew` and `release`. */
export interface HandleSettings {
  readonly on?: string | undefined;
  /** As `acquire` printed it. */
  readonly handle?: string | undefined;
  readonly ttl?: number | undefined;
  readonly format: HandleFormat;
}

export type HandleFormat = 'handle' | 'env' | 'json';

export interface WaitSettings {
  readonly on?: string | undefined;
  readonly id: string;
  readonly timeout?: number | undefined;
}

export interface StatusSettings {
  readonly on?: string | undefined;
  /** These alone; all if there are none. */
  readonly id: readonly string[];
  /** Whether the exit status tells if one of them is held. */
  readonly exitStatus: boolean;
  readonly json: boolean;
  readonly watch: boolean;
}

export interface BreakSettings {
  readonly on?: string | undefined;
  readonly id: string;
  readonly token: number;
  readonly yes: boolean;
}

/** What a lock can do with; it checks them once more. */
const SHORTEST_WINDOW_MS = 50;
const LONGEST_WINDOW_MS = 86_400_000;
const LONGEST_LABEL = 512;
const MOST_PERMITS = 999_999;
const LONGEST_TTL_MS = 30 * 86_400_000;

/** How much of a value a message repeats. */
const LONGEST_REPEATED = 40;

const text = z.string().min(1, 'must not be empty');
const idSchema = text.refine((id) => directoryName(id) !== undefined, {
  error:
    'must be well-formed text of at most some 230 bytes, counting 3 for each that is not a-z, 0-9, _, - or a dot',
});

const wholeNumber = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number')
  .transform(Number);
const permitsSchema = wholeNumber.refine((permits) => permits >= 1 && permits <= MOST_PERMITS, {
  error: `must be from 1 to ${MOST_PERMITS}`,
});
const exitStatusSchema = wholeNumber.refine((status) => status <= 255, 'must be from 0 to 255');
const labelSchema = z.string().max(LONGEST_LABEL, `must have at most ${LONGEST_LABEL} characters`);
const ttlSchema = durationSchema
  .refine((ms) => ms >= SHORTEST_WINDOW_MS && ms <= LONGEST_TTL_MS, 'must be from 50ms to 30d')
  .transform(Math.round);
const formatSchema = z
  .enum(['handle', 'env', 'json'], { error: 'must be handle, env or json' })
  .default('handle');

const WAITS = { error: 'waits, which --no-wait rules out', path: ['timeout'] };
const UNLIKE_SHARED = {
  error: 'lets so many run side by side, and --shared any number: only one of them can hold',
  path: ['permits'],
};

const runSchema: z.ZodType<RunSettings> = z
  .strictObject({
    on: text.optional(),
    id: idSchema,
    timeout: durationSchema.optional(),
    staleAfter: durationSchema
      .refine((ms) => ms >= SHORTEST_WINDOW_MS && ms <= LONGEST_WINDOW_MS, 'must be from 50ms to 24h')
      .transform(Math.round)
      .optional(),
    label: labelSchema.optional(),
    permits: permitsSchema.optional(),
    holdAtLeast: durationSchema.refine((ms) => ms <= LONGEST_WINDOW_MS, 'must be at most 24h').optional(),
    progress: durationSchema.refine((ms) => ms >= 1_000, 'must be at least 1s').optional(),
    conflictStatus: exitStatusSchema.optional(),
    shell: text.optional(),
    passEnv: z
      .union([z.boolean(), z.string().transform((names) => names.split(','))])
      .refine((names) => typeof names === 'boolean' || names.every((name) => /^HOLDFAST_\w+$/i.test(name)), {
        error:
          'must be names of variables that begin with HOLDFAST_, divided by commas; all others are passed anyway',
      })
      .default(false),
    wait: z.boolean(),
    shared: z.boolean().default(false),
    quiet: z.boolean().default(false),
    command: z.array(z.string()),
  })
  .refine(({ wait, timeout }) => wait || timeout === undefined, WAITS)
  .refine(({ shared, permits }) => !shared || permits === undefined, UNLIKE_SHARED)
  .refine(({ shell, command }) => shell === undefined || command.length === 0, {
    error: 'is what is run: no COMMAND may follow',
    path: ['shell'],
  })
  .refine(({ shell, command }) => shell !== undefined || command.length > 0, {
    error: 'is missing: holdfast run -- COMMAND ARGS...',
    path: ['command'],
  })
  .transform(({ shell, ...settings }) =>
    shell === undefined ? settings : { ...settings, command: shellCommand(shell) },
  );
const acquireSchema: z.ZodType<AcquireSettings> = z
  .strictObject({
    on: text.optional(),
    id: idSchema,
    ttl: ttlSchema,
    timeout: durationSchema.optional(),
    label: labelSchema.optional(),
    wait: z.boolean(),
    shared: z.boolean().default(false),
    permits: permitsSchema.optional(),
    conflictStatus: exitStatusSchema.optional(),
    quiet: z.boolean().default(false),
    format: formatSchema,
  })
  .refine(({ wait, timeout }) => wait || timeout === undefined, WAITS)
  .refine(({ shared, permits }) => !shared || permits === undefined, UNLIKE_SHARED);
const handleSchema: z.ZodType<HandleSettings> = z.strictObject({
  on: text.optional(),
  handle: z.string().optional(),
  ttl: ttlSchema.optional(),
  format: formatSchema,
});
const waitSchema: z.ZodType<WaitSettings> = z.strictObject({
  on: text.optional(),
  id: idSchema,
  timeout: durationSchema.optional(),
});
const statusSchema: z.ZodType<StatusSettings> = z.strictObject({
  on: text.optional(),
  id: z.array(idSchema).default([]),
  exitStatus: z.boolean().default(false),
  json: z.boolean().default(false),
  watch: z.boolean().default(false),
});
const breakSchema: z.ZodType<BreakSettings> = z.strictObject({
  on: text.optional(),
  id: idSchema,
  token: z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'must be a whole number above 0')
    .transform(Number)
    .refine(Number.isSafeInteger, 'is higher than any token'),
  yes: z.boolean().default(false),
});

/** Each reads what was given on the command line, or throws a `UsageError` that names every fault. */
export function parseRun(given: unknown): RunSettings {
  return parse(runSchema, given);
}
export function parseAcquire(given: unknown): AcquireSettings {
  return parse(acquireSchema, given);
}
export function parseHandle(given: unknown): HandleSettings {
  return parse(handleSchema, given);
}
export function parseWait(given: unknown): WaitSettings {
  return parse(waitSchema, given);
}
export function parseStatus(given: unknown): StatusSettings {
  return parse(statusSchema, given);
}
export function parseBreak(given: unknown): BreakSettings {
  return parse(breakSchema, given);
}

function parse<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: [name = ''], message }) => {
    const value = typeof given === 'object' && given !== null ? Reflect.get(given, name) : undefined;
    return `${flag(String(name))} ${message}${name === 'on' ? '' : repeated(value)}`;
  });
  throw new UsageError(faults.join('; '));
}

/** What was given, so that it can be found on a long command line. Never where it may hold a password. */
function repeated(value: unknown): string {
  if (typeof value !== 'string' || value === '') return '';
  return `, not ${JSON.stringify(value.length > LONGEST_REPEATED ? `${value.slice(0, LONGEST_REPEATED)}…` : value)}`;
}

function shellCommand(script: string): string[] {
  return process.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c', script] : ['/bin/sh', '-c', script];
}

function flag(name: string): string {
  if (name === 'command') return 'COMMAND';
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
