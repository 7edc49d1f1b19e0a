import type { DetachedLease } from '@holdfast/lock';
import { z } from 'zod';
import { UsageError } from '../failure.js';
import type { HandleFormat } from '../settings.js';

/** A lock that outlives the command that took it. It says which, never where, and holds no secret. */
export interface Handle {
  readonly lease: DetachedLease;
  /** How many permits the semaphore has, if it is one. */
  readonly of?: number | undefined;
  /** For how long it is held, in milliseconds, if nobody renews it. */
  readonly ttlMs: number;
}

const PREFIX = 'hf1.';
const VARIABLE = 'HOLDFAST_LEASE';
const LONGEST = 4_096;

const number = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const handleSchema: z.ZodType<Handle> = z.strictObject({
  lease: z.strictObject({
    id: z.string().min(1),
    token: number,
    mode: z.enum(['exclusive', 'shared']),
    attempt: number,
    staleAfterMs: number,
    origin: number,
    permits: number.optional(),
  }),
  of: number.optional(),
  ttlMs: number,
});

/** One word of letters, digits, `.`, `-` and `_`, which no shell and no CI reads as anything else. */
function writeHandle(handle: Handle): string {
  return PREFIX + Buffer.from(JSON.stringify(handle)).toString('base64url');
}

/** @throws `UsageError` that does not repeat it: who has a handle has the lock */
export function readHandle(argument: string | undefined, environment: NodeJS.ProcessEnv): Handle {
  const given = argument ?? environment[VARIABLE];
  const source = argument === undefined ? VARIABLE : 'HANDLE';
  if (given === undefined) {
    throw new UsageError(`which lock? Pass the handle that "holdfast acquire" printed, or set ${VARIABLE}`);
  }
  const parsed = handleSchema.safeParse(given.length > LONGEST ? undefined : decoded(given.trim()));
  if (parsed.success) return parsed.data;
  throw new UsageError(`${source} ${given === '' ? 'is empty' : 'is no handle of "holdfast acquire"'}`);
}

function decoded(text: string): unknown {
  if (!text.startsWith(PREFIX)) return undefined;
  try {
    return JSON.parse(Buffer.from(text.slice(PREFIX.length), 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** What `acquire` and `renew` print. */
export function formatHandle(handle: Handle, format: HandleFormat): string {
  const text = writeHandle(handle);
  const { id, token } = handle.lease;
  switch (format) {
    case 'handle':
      return `${text}\n`;
    case 'env':
      return `${VARIABLE}=${text}\nHOLDFAST_TOKEN=${token}\n`;
    case 'json':
      return `${JSON.stringify({ id, token, ttlMs: handle.ttlMs, lease: text })}\n`;
  }
}
