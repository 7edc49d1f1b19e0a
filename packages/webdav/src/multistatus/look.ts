import { isVFSError, parentOf, ROOT, type VFSError, type VFSPath } from '@holdfast/vfs';
import { FailedAttempt, failure, type Failure } from '@holdfast/vfs/adapter';
import { credentialsError } from '../change.js';
import { CROSS_ORIGIN, davError, statusFailure, type About } from '../errors.js';
import type { Answer, Requester } from '../transport/request.js';
import { PROPFIND_BODY, readFound, SelfStatus, type Found } from './found.js';
import { MalformedReply, MultistatusReader } from './reader.js';
import { encodeURL, type Slash } from './urls.js';
import { Witnesses, type Witness } from './witness.js';

export interface LookHow {
  /** `slash` where a directory is expected, which saves a redirect on Apache. */
  readonly slash?: Slash;
  readonly depth?: 0 | 1;
}

/** Looks at what is there, and finds out what an ambiguous status meant. */
export class Look {
  readonly #base: URL;
  readonly #requester: Requester;
  readonly #maxListingBytes: number;
  readonly #witnesses = new Witnesses();

  constructor(base: URL, requester: Requester, maxListingBytes: number) {
    this.#base = base;
    this.#requester = requester;
    this.#maxListingBytes = maxListingBytes;
  }

  /** What there is at `path`, with depth 1 also what is in it; `undefined` if nothing is. */
  async at(
    path: VFSPath,
    about: About,
    signal: AbortSignal | undefined,
    { slash = 'bare', depth = 0 }: LookHow = {},
  ): Promise<Found | undefined> {
    try {
      return await this.#ask(path, slash, depth, about, signal);
    } catch (error) {
      if (path === ROOT || !mayBeTheSlash(error, slash)) throw error;
      return this.#ask(path, slash === 'slash' ? 'bare' : 'slash', depth, about, signal);
    }
  }

  /** What there is at `path`; rejects if nothing is. */
  async must(
    path: VFSPath,
    about: About,
    signal: AbortSignal | undefined,
    how: LookHow = {},
  ): Promise<Found> {
    const it = await this.at(path, about, signal, how);
    if (it === undefined) throw await this.absent(path, about, signal);
    return it;
  }

  /** Tells whether any look that is under way from now on finds something at `path`, which saves one of its own. */
  witness(path: VFSPath): Witness {
    return this.#witnesses.add(path);
  }

  /** Why nothing is at `path`. */
  async absent(path: VFSPath, about: About, signal: AbortSignal | undefined): Promise<VFSError> {
    return (await this.parentFault(path, about, signal)) ?? davError(about, failure('ENOENT'));
  }

  /** What is wrong with the directory that should hold `path`; `undefined` if nothing is. */
  async parentFault(
    path: VFSPath,
    about: About,
    signal: AbortSignal | undefined,
  ): Promise<VFSError | undefined> {
    const parent = parentOf(path);
    if (parent === undefined) return this.#noBase(about);
    const above = await this.at(parent, about, signal, { slash: 'slash' });
    if (above?.self.type === 'directory') return undefined;
    if (above !== undefined) return davError(about, failure('ENOTDIR'));
    if (parent === ROOT) return this.#noBase(about);
    return davError(about, failure('ENOENT', { detail: 'its parent directory does not exist' }));
  }

  #noBase(about: About): VFSError {
    return davError(
      about,
      failure('ENOENT', {
        detail: `there is no ${this.#base.href} on the server`,
        advice: 'Correct the URL, make that collection, or pass create: true',
      }),
    );
  }

  async #isBelowFile(path: VFSPath, about: About, signal: AbortSignal | undefined): Promise<boolean> {
    const parent = parentOf(path);
    if (parent === undefined || parent === ROOT) return false;
    const above = await this.at(parent, about, signal);
    return above === undefined || above.self.type !== 'directory';
  }

  #ask(
    path: VFSPath,
    slash: Slash,
    depth: 0 | 1,
    about: About,
    signal: AbortSignal | undefined,
  ): Promise<Found | undefined> {
    return this.#witnesses.hear(path, this.#propfind(path, slash, depth, about, signal));
  }

  async #propfind(
    path: VFSPath,
    slash: Slash,
    depth: 0 | 1,
    about: About,
    signal: AbortSignal | undefined,
  ): Promise<Found | undefined> {
    let reader = new MultistatusReader();
    const asked = this.#requester.send(
      {
        method: 'PROPFIND',
        url: encodeURL(this.#base, path, slash),
        headers: {
          Depth: String(depth),
          'Content-Type': 'application/xml; charset=utf-8',
          'Cache-Control': 'no-cache',
        },
        body: PROPFIND_BODY,
        limit: { bytes: this.#maxListingBytes, failure: tooLong(this.#maxListingBytes) },
        reader: () => (reader = new MultistatusReader()),
        repeat: 'read',
      },
      about,
      signal,
    );
    const answer = await asked.catch((error: unknown) => {
      throw error instanceof MalformedReply ? noListing(error, about) : error;
    });
    switch (answer.status) {
      case 207:
        return found(reader, answer.url, path, about);
      case 404:
      case 410:
        return undefined;
      case 400:
      case 403:
        // Apache and lighttpd say so of what is below a file.
        if (slash === 'bare' && (await this.#isBelowFile(path, about, signal))) return undefined;
        throw davError(about, statusFailure(answer.status));
      case 405:
      case 501:
        throw noWebDAV(answer, about);
      case 401:
        throw credentialsError(answer, about, false);
      default:
        throw answer.status < 300 ? noWebDAV(answer, about) : davError(about, statusFailure(answer.status));
    }
  }
}

const noWebDAV = ({ status }: Answer, about: About): VFSError =>
  davError(
    about,
    failure('ENOTSUP', {
      detail: `no WebDAV here: a PROPFIND was answered by ${status}`,
      advice: 'Check the URL, and that WebDAV is on there',
    }),
  );

const tooLong = (limit: number): Failure =>
  failure('EIO', {
    detail: `the listing is longer than maxListingBytes, ${limit} bytes`,
    advice: 'Raise maxListingBytes, or remove some entries',
  });

const noListing = (cause: MalformedReply, about: About): VFSError =>
  davError(about, failure('EIO', { detail: cause.message, advice: 'Check that this is a WebDAV server' }), {
    cause,
  });

/**
 * Whether the other form of the URL may be answered. A file asked for with a slash is 400 on Apache and 403 on
 * lighttpd. Apache adds a missing slash by a redirect, and behind a proxy that speaks TLS it does so towards http.
 */
function mayBeTheSlash(error: unknown, slash: Slash): boolean {
  if (slash === 'slash') return isVFSError(error, 'EINVAL', 'EACCES');
  return isVFSError(error) && error.cause instanceof FailedAttempt && error.cause.failure === CROSS_ORIGIN;
}

function found(reader: MultistatusReader, url: string, path: VFSPath, about: About): Found | undefined {
  try {
    return readFound(reader.end(), url, path);
  } catch (error) {
    if (error instanceof SelfStatus) {
      if (error.status === 404 || error.status === 410) return undefined;
      throw davError(about, statusFailure(error.status));
    }
    throw error instanceof MalformedReply ? noListing(error, about) : error;
  }
}
