import { FailedAttempt, failure } from '@holdfast/vfs/adapter';

/** Most requests that the proof of one store costs beyond those that are needed anyway. */
const MOST_RIVALS = 2;

/**
 * What is known of whether a store keeps "only if it does not exist": rule 9, prove, then trust.
 *
 * Some stores ignore the condition and overwrite, some check it and then write, so that two at once both get through.
 * Neither can be told from its answers one at a time to keys that are new. So the first creates of a process are sent
 * twice at the same time, with one nonce: of such a pair at most one may be accepted. A pair costs one request more
 * than a create, adds no wait, and makes nothing that was not wanted.
 */
export class Proof {
  #rivals = 0;
  #refusals = 0;
  #raced = false;
  #pairs: Promise<unknown> = Promise.resolve();
  #fault: FailedAttempt | undefined;

  /** Whether the store was seen to refuse a create of what exists. */
  get trusted(): boolean {
    return this.#refusals > 0;
  }

  /** What is wrong with the store, once that is known; every create is refused with it from then on. */
  get fault(): FailedAttempt | undefined {
    return this.#fault;
  }

  /** Asks whether the next create is to be sent twice. An answer of `true` is counted. */
  takeRival(): boolean {
    if (this.#raced || this.#rivals >= MOST_RIVALS) return false;
    this.#rivals += 1;
    return true;
  }

  /** Has {@link idle} wait for a pair that is on its way. */
  wait(pair: Promise<unknown>): void {
    const before = this.#pairs;
    this.#pairs = Promise.allSettled([before, pair]);
  }

  /** Waits for the pairs on their way: what they show holds for every create. */
  async idle(): Promise<void> {
    await this.#pairs;
  }

  /** The store refused a create because the key exists. */
  refused(): void {
    this.#refusals += 1;
  }

  /** Of two creates of one key at the same time exactly one was accepted. */
  raced(): void {
    this.#raced = true;
  }

  /** Two creates of one key were both accepted. */
  overwritten(): FailedAttempt {
    this.#fault ??= new FailedAttempt(OVERWRITES);
    return this.#fault;
  }

  /** The store answered that it does not know conditional creates. */
  unsupported(failed: FailedAttempt): FailedAttempt {
    this.#fault ??= unsupported(failed);
    return this.#fault;
  }
}

const ADVICE =
  'Use a store that honours If-None-Match on PutObject; the README of @holdfast/s3 lists which do. After the store was changed, restart the process';

const OVERWRITES = failure('ENOTSUP', {
  detail:
    'of two PutObject requests that each asked for the key not to exist, the store accepted both: it ignores the condition, or checks it too early',
  advice: ADVICE,
});

/** What it means that a conditional create was answered with 501. */
export function unsupported({ cause }: FailedAttempt): FailedAttempt {
  const detail =
    'the store answered a PutObject that asks for the key not to exist with 501: it cannot create exclusively';
  return new FailedAttempt(failure('ENOTSUP', { detail, advice: ADVICE }), { cause });
}

/** One proof for a bucket and process: however many VFSs are opened, it is not paid for again. */
const proofs = new Map<string, Proof>();

export function proofOf(endpoint: string | undefined, bucket: string, createHeader: string): Proof {
  const key = JSON.stringify([endpoint ?? 'aws', bucket, createHeader]);
  const known = proofs.get(key) ?? new Proof();
  proofs.set(key, known);
  return known;
}
