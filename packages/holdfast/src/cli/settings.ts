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
  readonly quiet: boolean;
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

const text = z.string().min(1, 'must not be empty');

const runSchema: z.ZodType<RunSettings> = z
  .strictObject({
    on: text.optional(),
    id: text,
    timeout: durationSchema.optional(),
    staleAfter: durationSchema.optional(),
    label: z.string().optional(),
    wait: z.boolean(),
    quiet: z.boolean().default(false),
    command: z.array(z.string()),
  })
  .refine(({ wait, timeout }) => wait || timeout === undefined, {
    error: 'waits, which --no-wait rules out',
    path: ['timeout'],
  });
const statusSchema: z.ZodType<StatusSettings> = z.strictObject({
  on: text.optional(),
  id: text.optional(),
  json: z.boolean().default(false),
  watch: z.boolean().default(false),
});
const breakSchema: z.ZodType<BreakSettings> = z.strictObject({
  on: text.optional(),
  id: text,
  token: z
    .string()
    .regex(/^[1-9]\d{0,14}$/, 'must be a whole number above 0')
    .transform(Number),
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
  const faults = parsed.error.issues.map(
    ({ path: [name = ''], message }) => `${flag(String(name))} ${message}`,
  );
  throw new UsageError(faults.join('; '));
}

function flag(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
