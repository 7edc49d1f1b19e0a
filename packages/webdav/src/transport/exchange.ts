import type { FailedAttempt, Failure } from '@holdfast/vfs/adapter';

/** One request, ready to be sent. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /**
   * What is wanted of the answer. `content`: all of it. `status`: that alone, and a 201 whose body is slow is a 201;
   * only a 207 has something to say beyond it.
   */
  readonly wants: 'content' | 'status';
  /** How much of the answer's body is read. Default 64 KiB: an error page, or the few words under a 201. */
  readonly limit?: BodyLimit;
  /** Takes the body of a 207 as it arrives, in place of {@link Reply.body}. Called for each attempt. */
  readonly reader?: () => BodyReader;
  /**
   * Repeating it is not safe, so that silence alone does not end it once it was sent. Default: what is silent for too
   * long is given up.
   */
  readonly isPatient?: boolean;
  /**
   * Milliseconds for which it is waited for after its caller has left, if it was sent by then: the server would carry it
   * out all the same, and whether it did is worth knowing. Default 0.
   */
  readonly lingerMs?: number;
}

export interface BodyLimit {
  readonly bytes: number;
  /** What an answer means that is longer. */
  readonly failure: Failure;
}

/** Throws if what it is given makes no sense: then nothing more is read. */
export interface BodyReader {
  write(chunk: Uint8Array): void;
}

/** An answer, whatever its status. */
export interface Reply {
  readonly status: number;
  /** Where it came from in the end: a redirect may have added a `/` or moved the base. */
  readonly url: string;
  /** Empty if only the status was wanted, or a {@link BodyReader} took it. */
  readonly body: Uint8Array;
  /** Why the body is not whole, if it is not. */
  readonly cut: FailedAttempt | undefined;
  /** The header called `name`, in lower case. */
  header(name: string): string | undefined;
}

/** What sends a request and waits for the answer: once, but for redirects and the handshake of a digest. */
export interface Transport {
  /** Rejects with a `FailedAttempt` if there is no answer, and with whatever a {@link BodyReader} throws. */
  exchange(exchange: Exchange, signal: AbortSignal): Promise<Reply>;
  /** Closes every connection. */
  close(): void;
}
