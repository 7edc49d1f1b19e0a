import { z } from 'zod';
import type { Holder } from '../identity/index.js';
import { isLive, type Look, type Numbered } from '../ledger/index.js';

/** Who leads, as others see it. */
export interface Leader {
  /** The fencing token of the leadership: greater than that of every one before. */
  readonly token: number;
  /** What it has proclaimed last. Untrusted: see `printable`. */
  readonly value: string;
  /** Who it is, as far as that can be told. */
  readonly holder: Holder | undefined;
  /** When it began to campaign, by its own clock. */
  readonly since: Date | undefined;
}

/** What stands in the file of a value. Whole or not at all: what is torn is no JSON. */
interface Published {
  readonly token: number;
  readonly sequence: number;
  readonly value: string;
}

const schema: z.ZodType<Published> = z.object({
  token: z.int().positive(),
  sequence: z.int().nonnegative(),
  value: z.string(),
});

export function encodePublished({ token, sequence, value }: Published): string {
  return JSON.stringify({ token, sequence, value });
}

/** The value in a file that is said to be that of `token` and `sequence`; `undefined` if it is torn, or not that. */
export function decodePublished(bytes: Uint8Array, token: number, sequence: number): string | undefined {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined; // It is still being written, or never was to its end.
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success || parsed.data.token !== token || parsed.data.sequence !== sequence) return undefined;
  return parsed.data.value;
}

/**
 * The claim of who leads, by a look alone. Only who was granted the lock publishes, and tokens grow; so the highest number that
 * has published was granted last, and all below it have lost, whatever still stands of them. `undefined` if that one is over, or
 * nobody has published.
 */
export function leadingClaim({ numbers }: Look): Numbered | undefined {
  let last: Numbered | undefined;
  for (const numbered of numbers.values())
    if (numbered.values.length > 0 && numbered.number > (last?.number ?? 0)) last = numbered;
  return isLive(last) ? last : undefined;
}
