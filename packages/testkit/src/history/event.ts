import { describeIssues } from '@holdfast/vfs';
import { z } from 'zod';

/**
 * What one process says of one lock, at one moment. Written as one line of JSON each.
 *
 * - `acquire`: it begins to ask for the lock.
 * - `acquired`: it was granted `token`.
 * - `held`: at the moment `at` it held the lock under `token`, by its own judgement.
 * - `update`: under the lock it has changed a shared counter `from` one value `to` another; it began to do so at `since`,
 *   if it says so.
 * - `release`: as `held`; it begins to give the lock back.
 * - `released`: the lock was given back.
 * - `lost`: it has noticed that the lease under `token` is over.
 * - `refused`: it did not get the lock.
 * - `broken`: somebody broke the claim `token` on purpose; whoever held it may believe in it for a while.
 */
export type HistoryEvent = {
  /** Who says it. Unique among all processes of the history. */
  readonly process: string;
  /** Which lock it is about. */
  readonly lock: string;
  /** Milliseconds on a clock that all the processes share and that never goes back; see {@link hostTime}. */
  readonly at: number;
} & (
  | { readonly type: 'acquire' | 'refused' }
  | {
      readonly type: 'acquired' | 'held' | 'release' | 'released' | 'lost' | 'broken';
      readonly token: number;
    }
  | {
      readonly type: 'update';
      readonly token: number;
      readonly from: number;
      readonly to: number;
      readonly since?: number;
    }
);

/** What a {@link HistoryEvent} can be. */
export type HistoryEventType = HistoryEvent['type'];

const common = { process: z.string(), lock: z.string(), at: z.number() };
const token = z.int().positive();
const schema: z.ZodType<HistoryEvent> = z.discriminatedUnion('type', [
  z.object({ ...common, type: z.enum(['acquire', 'refused']) }),
  z.object({
    ...common,
    type: z.enum(['acquired', 'held', 'release', 'released', 'lost', 'broken']),
    token,
  }),
  z.object({
    ...common,
    type: z.literal('update'),
    token,
    from: z.int(),
    to: z.int(),
    since: z.number().exactOptional(),
  }),
]);

/** The line, with its end, that stands for `event`. */
export function encodeEvent(event: HistoryEvent): string {
  return `${JSON.stringify(event)}\n`;
}

/**
 * Reads what {@link encodeEvent} wrote, event by event. A last line without an end is left out: its process was killed
 * while it wrote.
 *
 * @throws `SyntaxError` that names the first line that is no event
 */
export function parseHistory(text: string): HistoryEvent[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new SyntaxError(`Line ${index + 1} of the history is not JSON`, { cause: error });
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      throw new SyntaxError(`Line ${index + 1} of the history is no event: ${describeIssues(parsed.error)}`);
    }
    return [parsed.data];
  });
}

/**
 * Milliseconds since some moment in the past: one clock for all processes of this host, containers included, that
 * never goes back. It cannot be compared with that of another host or virtual machine.
 */
export function hostTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
