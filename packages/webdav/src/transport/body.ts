import type { Clock } from '@holdfast/vfs';
import { FailedAttempt } from '@holdfast/vfs/adapter';
import type { BodyLimit, BodyReader } from './exchange.js';

/** How long a change that has its status waits for the rest of the answer, so that its connection can be used again. */
const GRACE_MS = 50;

/** A body as it arrives. To leave the loop over it early ends the connection: an endless answer must not keep it. */
export type Body = AsyncIterable<Uint8Array> | null;

export interface Content {
  readonly body: Uint8Array;
  readonly cut: FailedAttempt | undefined;
}

export interface ReadRules {
  readonly limit: BodyLimit;
  /** Takes what arrives, in place of {@link Content.body}. */
  readonly reader?: BodyReader | undefined;
  /** Called for each piece that arrives. */
  readonly onPiece: () => void;
  /** What it means that the body breaks off. */
  readonly failureOf: (error: unknown) => FailedAttempt;
}

/** Reads a body up to its limit. Rejects with what the reader throws, and with nothing else. */
export async function readBody(body: Body, rules: ReadRules): Promise<Content> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  let refusal: { readonly by: unknown } | undefined;
  const take = (piece: Uint8Array): void => {
    try {
      if (rules.reader === undefined) pieces.push(piece);
      else rules.reader.write(piece);
    } catch (error) {
      refusal = { by: error };
    }
  };
  let cut: FailedAttempt | undefined;
  try {
    for await (const piece of body ?? []) {
      rules.onPiece();
      length += piece.length;
      if (length > rules.limit.bytes) {
        cut = new FailedAttempt(rules.limit.failure);
        break;
      }
      take(piece);
      if (refusal !== undefined) break;
    }
  } catch (error) {
    cut = rules.failureOf(error);
  }
  if (refusal !== undefined) throw refusal.by;
  return { body: Buffer.concat(pieces), cut };
}

/** Waits for what is left of an answer that has told all, but not for long. */
export function graceFor(rest: Promise<unknown>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.schedule(resolve, GRACE_MS);
    const end = (): void => {
      timer.cancel();
      resolve();
    };
    rest.then(end, end);
  });
}
