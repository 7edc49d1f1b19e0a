import { VFSError, type VFSErrorCode } from '@holdfast/vfs';
import { outcomeOfSilence } from '@holdfast/vfs/adapter';
import type { About } from './status.js';

/** `code` of an exchange that was given up: by its caller, or by `close`. */
export const GIVEN_UP = 'GIVEN_UP';
/** `code` of an exchange that was to go to another origin than that of the base URL. */
export const CROSS_ORIGIN = 'CROSS_ORIGIN';
/** `code` of an exchange that a redirect led to another resource. */
export const ASTRAY = 'ASTRAY';
/** `code` of an answer that broke off or ran past its limit. */
export const TOO_LONG = 'TOO_LONG';

/**
 * A request that got no usable answer. Holds the system's code and nothing of the request: the errors of the client
 * library carry URLs, and lead to sockets that still hold the credentials.
 */
export class LostExchange extends Error {
  override readonly name = 'LostExchange';
  readonly code: string;
  readonly sent: boolean;

  constructor(code: string, sent: boolean) {
    super(code);
    this.code = code;
    this.sent = sent;
  }
}

interface LossRow {
  readonly code: VFSErrorCode;
  readonly detail: string;
  readonly advice?: string;
  /** It never reached the server, however far it looks. */
  readonly unsent?: true;
  /** Another try may well find it passed. */
  readonly transient?: true;
}

const DISTRUST = { advice: 'Pass the authority that signed it as tls.ca', unsent: true } as const;
const CLIENT_CERTIFICATE = {
  code: 'EAUTH',
  advice: 'Pass tls.cert and tls.key, or others',
  unsent: true,
} as const;

/** The second half of the error table: what has no status. Anything else is `ECONN`, and in doubt once it was sent. */
export const LOSS: Readonly<Record<string, LossRow>> = {
  ECONNREFUSED: { code: 'ECONN', detail: 'nothing listens there', unsent: true, transient: true },
  EHOSTUNREACH: { code: 'ECONN', detail: 'there is no way to the host', transient: true },
  ENETUNREACH: { code: 'ECONN', detail: 'there is no way to the network', transient: true },
  EAI_AGAIN: { code: 'ECONN', detail: 'the name could not be looked up', unsent: true, transient: true },
  ENOTFOUND: { code: 'ECONN', detail: 'no host has that name', unsent: true },
  ECONNRESET: { code: 'ECONN', detail: 'the connection broke', transient: true },
  EPIPE: { code: 'ECONN', detail: 'the connection broke', transient: true },
  ERR_STREAM_PREMATURE_CLOSE: { code: 'ECONN', detail: 'the answer broke off', transient: true },
  ETIMEDOUT: { code: 'ETIMEDOUT', detail: 'the connection went silent', transient: true },
  [TOO_LONG]: {
    code: 'EIO',
    detail: 'the answer is longer than allowed',
    advice: 'Raise the limit of its size',
  },
  [GIVEN_UP]: { code: 'ECONN', detail: 'the call was given up' },
  [CROSS_ORIGIN]: {
    code: 'ECONN',
    detail: 'the server redirects to another origin',
    advice: 'If that is to be trusted, put its address into the options',
  },
  [ASTRAY]: {
    code: 'ECONN',
    detail: 'the server redirects to another resource',
    advice: 'Check the URL, and whether the server wants a login',
  },
  CERT_HAS_EXPIRED: { code: 'ECONN', detail: "the server's certificate has expired", unsent: true },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    code: 'ECONN',
    detail: "the server's certificate is self-signed",
    ...DISTRUST,
  },
  SELF_SIGNED_CERT_IN_CHAIN: { code: 'ECONN', detail: 'the authority is not trusted', ...DISTRUST },
  UNABLE_TO_GET_ISSUER_CERT: { code: 'ECONN', detail: 'the authority is not known', ...DISTRUST },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: { code: 'ECONN', detail: 'the authority is not known', ...DISTRUST },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: { code: 'ECONN', detail: 'the authority is not known', ...DISTRUST },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    code: 'ECONN',
    detail: "the server's certificate is for another name",
    advice: 'Check the host of the URL, or pass tls.servername',
    unsent: true,
  },
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: {
    ...CLIENT_CERTIFICATE,
    detail: 'the server asks for a client certificate',
  },
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: {
    ...CLIENT_CERTIFICATE,
    detail: 'the server refuses the client certificate',
  },
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: {
    ...CLIENT_CERTIFICATE,
    detail: 'the server does not trust the client certificate',
  },
};

/** Whether the request surely never reached the server. */
export const surelyUnsent = (lost: LostExchange): boolean => !lost.sent || LOSS[lost.code]?.unsent === true;

/** Whether another try may succeed. */
export const isTransient = (lost: LostExchange): boolean => LOSS[lost.code]?.transient === true;

/** The error that a loss means. `doubt`: an earlier try of the same request may have taken effect. */
export function lossError(lost: LostExchange, about: About, doubt: boolean): VFSError {
  const row = LOSS[lost.code] ?? { code: 'ECONN', detail: `the exchange failed (${lost.code})` };
  return new VFSError({
    ...about,
    code: row.code,
    adapter: 'webdav',
    detail: row.detail,
    advice: row.advice,
    outcome: doubt || !surelyUnsent(lost) ? outcomeOfSilence(about.op) : 'failed',
    cause: lost,
  });
}
