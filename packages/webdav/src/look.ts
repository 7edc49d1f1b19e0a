import { isVFSError, parentOf, ROOT, type VFSError, type VFSPath } from '@holdfast/vfs';
import { encodeURL, type Slash } from './encode.js';
import { CROSS_ORIGIN, LostExchange } from './lost.js';
import { MalformedReply } from './multistatus.js';
import { PROPFIND_BODY, readPropfind, SelfStatus, type Found } from './propfind.js';
import type { Answer, Requester } from './request.js';
import { davError, statusError, type About } from './status.js';

/** Looks at what is there, and finds out what an ambiguous status meant. */
export class Look {
  readonly #base: URL;
  readonly #request: Requester;
  readonly #maxListingBytes: number;

  constructor(base: URL, request: Requester, maxListingBytes: number) {
    this.#base = base;
    this.#request = request;
    this.#maxListingBytes = maxListingBytes;
  }

  /**
   * What there is at `path`, with depth 1 also what is in it; `undefined` if nothing is.
   *
   * @param how `slash` where a directory is expected, which saves a redirect on Apache
   */
  async at(
    path: VFSPath,
    about: About,
    signal: AbortSignal | undefined,
    { slash = 'bare', depth = 0 }: { readonly slash?: Slash; readonly depth?: 0 | 1 } = {},
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
    how: { readonly slash?: Slash; readonly depth?: 0 | 1 } = {},
  ): Promise<Found> {
    const it = await this.at(path, about, signal, how);
    if (it === undefined) throw await this.absent(path, about, signal);
    return it;
  }

  /** Why nothing is at `path`. */
  async absent(path: VFSPath, about: About, signal: AbortSignal | undefined): Promise<VFSError> {
    return (await this.parentFault(path, about, signal)) ?? davError(about, 'ENOENT');
  }

  /** What is wrong with the directory that should hold `path`; `undefined` if nothing is. */
  async parentFault(
    path: VFSPath,
    about: About,
    signal: AbortSignal | undefined,
  ): Promise<VFSError | undefined> {
    const parent = parentOf(path);
    if (parent === undefined) {
      return davError(about, 'ENOENT', 'the base URL does not exist on the server', {
        advice: 'Correct the URL, or make the collection there',
      });
    }
    const above = await this.at(parent, about, signal, { slash: 'slash' });
    if (above?.self.type === 'directory') return undefined;
    if (above !== undefined) return davError(about, 'ENOTDIR');
    if (parent === ROOT) return this.parentFault(parent, about, signal);
    return davError(about, 'ENOENT', 'its parent directory does not exist');
  }

  async #isBelowFile(path: VFSPath, about: About, signal: AbortSignal | undefined): Promise<boolean> {
    const parent = parentOf(path);
    if (parent === undefined || parent === ROOT) return false;
    const above = await this.at(parent, about, signal);
    return above === undefined || above.self.type !== 'directory';
  }

  async #ask(
    path: VFSPath,
    slash: Slash,
    depth: 0 | 1,
    about: About,
    signal: AbortSignal | undefined,
  ): Promise<Found | undefined> {
    const answer = await this.#request(
      {
        method: 'PROPFIND',
        url: encodeURL(this.#base, path, slash),
        headers: {
          Depth: String(depth),
          'Content-Type': 'application/xml; charset=utf-8',
          'Cache-Control': 'no-cache',
        },
        body: PROPFIND_BODY,
        limit: this.#maxListingBytes,
        repeat: 'always',
      },
      about,
      signal,
    );
    switch (answer.status) {
      case 207:
        return found(answer, about);
      case 404:
      case 410:
        return undefined;
      case 400:
      case 403:
        // Apache and lighttpd say so of what is below a file.
        if (slash === 'bare' && (await this.#isBelowFile(path, about, signal))) return undefined;
        throw statusError(answer.status, about);
      case 405:
      case 501:
        throw noWebDAV(answer, about);
      default:
        throw answer.status < 300 ? noWebDAV(answer, about) : statusError(answer.status, about);
    }
  }
}

const noWebDAV = ({ status }: Answer, about: About): VFSError =>
  davError(about, 'ENOTSUP', `no WebDAV here: a PROPFIND was answered by ${status}`, {
    advice: 'Check the URL, and that WebDAV is on there',
  });

/**
 * Whether the other form of the URL may be answered. A file asked for with a slash is 400 on Apache and 403 on
 * lighttpd. Apache adds a missing slash by a redirect, and behind a proxy that speaks TLS it does so towards http.
 */
function mayBeTheSlash(error: unknown, slash: Slash): boolean {
  if (slash === 'slash') return isVFSError(error, 'EINVAL', 'EACCES');
  return isVFSError(error) && error.cause instanceof LostExchange && error.cause.code === CROSS_ORIGIN;
}

function found(answer: Answer, about: About): Found | undefined {
  try {
    return readPropfind(answer.body, answer.url);
  } catch (error) {
    if (error instanceof SelfStatus) {
      if (error.status === 404 || error.status === 410) return undefined;
      throw statusError(error.status, about);
    }
    if (error instanceof MalformedReply) {
      throw davError(about, 'EIO', error.message, {
        advice: 'Check that this is a WebDAV server',
        cause: error,
      });
    }
    throw error;
  }
}
