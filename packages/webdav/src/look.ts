import { parentOf, ROOT, type VFSError, type VFSPath } from '@holdfast/vfs';
import { encodeURL, type Slash } from './encode.js';
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
   * @param slash `slash` where a directory is expected: Apache answers the bare form with a redirect. A file asked for
   *   with a slash is 400 on Apache and 403 on lighttpd, so then the bare form is asked too.
   */
  async at(
    path: VFSPath,
    about: About,
    signal: AbortSignal | undefined,
    { slash = 'bare', depth = 0 }: { readonly slash?: Slash; readonly depth?: 0 | 1 } = {},
  ): Promise<Found | undefined> {
    const answer = await this.#propfind(path, slash, depth, about, signal);
    switch (answer.status) {
      case 207:
        return found(answer, about);
      case 404:
      case 410:
        return undefined;
      case 400:
      case 403:
      case 409:
        if (slash === 'slash' && path !== ROOT) return this.at(path, about, signal, { depth });
        if (await this.#isBelowFile(path, about, signal)) return undefined;
        throw statusError(answer.status, about);
      case 405:
      case 501:
        throw davError(about, 'ENOTSUP', `the server does not do PROPFIND here (${answer.status})`, {
          advice: 'Check the URL, and that WebDAV is on there',
        });
      default:
        if (answer.status < 300) {
          throw davError(about, 'ENOTSUP', `not a WebDAV server: PROPFIND was answered by ${answer.status}`, {
            advice: 'Check the URL, and that WebDAV is on there',
          });
        }
        throw statusError(answer.status, about);
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

  #propfind(
    path: VFSPath,
    slash: Slash,
    depth: 0 | 1,
    about: About,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    return this.#request(
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
  }
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
