import type { WebDAVAuth } from '../options.js';
import { Digest } from './digest.js';

/** What is about to be sent. */
export interface ToAuthorize {
  readonly method: string;
  /** The path as it stands in the first line of the request. */
  readonly target: string;
}

/** The headers that say who we are. */
export interface Authorization {
  /** The value of `Authorization` for one attempt; `undefined` for none. */
  header(request: ToAuthorize): string | undefined;
  /**
   * Takes the `WWW-Authenticate` of a 401.
   *
   * @param renewals how often this request was sent anew already
   * @returns the value to send the same request once more with; `undefined` if that would come to the same
   */
  renewed(challenges: string, renewals: number, request: ToAuthorize): string | undefined;
}

export function authorizationOf(auth: WebDAVAuth | undefined): Authorization {
  switch (auth?.type) {
    case 'digest':
      return new Digest(auth.username, auth.password);
    case 'bearer':
      return fixed(`Bearer ${auth.token}`);
    case 'basic':
      // The client would encode as Latin-1 and throw at anything beyond; servers compare UTF-8 (RFC 7617, section 2.1).
      return fixed(`Basic ${Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64')}`);
    case undefined:
      return fixed(undefined);
  }
}

function fixed(value: string | undefined): Authorization {
  return { header: () => value, renewed: () => undefined };
}
