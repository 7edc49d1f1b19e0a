import type { S3Client } from '@aws-sdk/client-s3';
import { FailedAttempt, type Failure } from '@holdfast/vfs/adapter';
import { isKeyPair, type S3Credentials } from '../options.js';
import { BY_CODE, BY_STATUS, NO_CREDENTIALS } from '../store/failures.js';

type Provider = () => Promise<S3Credentials>;

/** A caller's function, held to what it promises. What it throws may hold a secret, and goes no further. */
export function checked(provide: Provider): Provider {
  return async () => {
    let given: unknown;
    try {
      given = await provide();
    } catch (error) {
      throw refusal('the function that was to give them failed', error);
    }
    if (!isKeyPair(given)) throw refusal('the function that was to give them gave something else');
    return given;
  };
}

function refusal(detail: string, error?: unknown): FailedAttempt {
  const name = error instanceof Error ? error.name : undefined;
  return new FailedAttempt({
    ...NO_CREDENTIALS,
    detail: `there are no credentials: ${detail}${name === undefined ? '' : ` (${name})`}`,
  });
}

/** Refusals that newer credentials may be the answer to. Those by status alone are what a HEAD gets. */
const MAY_BE_OLD: ReadonlySet<Failure | undefined> = new Set([
  ...['ExpiredToken', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken', 'InvalidSecurity'].map(
    (code) => BY_CODE[code],
  ),
  ...[400, 401, 403].map((status) => BY_STATUS[status]),
]);

/**
 * Asks for credentials again when the store refuses those there are. The SDK does so before they expire, if it was told
 * when that is; those that expire without saying so it would use for ever.
 */
export class Renewal {
  readonly #client: S3Client;
  #round = 0;
  #asked: Promise<boolean> | undefined;

  constructor(client: S3Client) {
    this.#client = client;
  }

  /** Sends a request, and once more with newer credentials if it is refused and there are any. */
  async sending<T>(send: () => Promise<T>): Promise<T> {
    const round = this.#round;
    try {
      return await send();
    } catch (error) {
      const isOld = error instanceof FailedAttempt && MAY_BE_OLD.has(error.failure);
      if (isOld && (round !== this.#round || (await this.#renew()))) return send();
      throw error;
    }
  }

  /** One question for all requests that are refused meanwhile. */
  #renew(): Promise<boolean> {
    this.#asked ??= this.#ask().finally(() => (this.#asked = undefined));
    return this.#asked;
  }

  async #ask(): Promise<boolean> {
    const { credentials } = this.#client.config;
    const provide = credentials as (options?: { forceRefresh?: boolean }) => Promise<S3Credentials>;
    try {
      const before = fingerprint(await provide());
      const isNew = fingerprint(await provide({ forceRefresh: true })) !== before;
      if (isNew) this.#round += 1;
      return isNew;
    } catch {
      // The refusal says more than that there is nothing newer.
      return false;
    }
  }
}

function fingerprint({ accessKeyId, secretAccessKey, sessionToken }: S3Credentials): string {
  return JSON.stringify([accessKeyId, secretAccessKey, sessionToken]);
}
