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
  readonly quiet: boolean;
  /** Which variables that are meant for `holdfast` the command gets too: all, none, or those named. */
  readonly passEnv: readonly string[] | boolean;
  readonly command: readonly string[];
}

export interface StatusSettings {
  readonly on?: string | undefined;
  readonly id?: string | undefined;
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

/** How much of a value a message repeats. */
const LONGEST_REPEATED = 40;

const text = z.string().min(1, 'must not be empty');
const idSchema = text.refine((id) => directoryName(id) !== undefined, {
  error:
    'must be well-formed text of at most some 230 bytes, counting 3 for each that is not a-z, 0-9, _, - or a dot',
});

const runSchema: z.ZodType<RunSettings> = z
  .strictObject({
    on: text.optional(),
    id: idSchema,
    timeout: durationSchema.optional(),
    staleAfter: durationSchema
      .refine((ms) => ms >= SHORTEST_WINDOW_MS && ms <= LONGEST_WINDOW_MS, 'must be from 50ms to 24h')
      .transform(Math.round)
      .optional(),
    label: z.string().max(LONGEST_LABEL, `must have at most ${LONGEST_LABEL} characters`).optional(),
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
  .refine(({ wait, timeout }) => wait || timeout === undefined, {
    error: 'waits, which --no-wait rules out',
    path: ['timeout'],
  });
const statusSchema: z.ZodType<StatusSettings> = z.strictObject({
  on: text.optional(),
  id: idSchema.optional(),
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

function flag(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
