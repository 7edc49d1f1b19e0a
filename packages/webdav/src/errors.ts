import type { Operation, VFSError } from '@holdfast/vfs';
import {
  FailedAttempt,
  failure,
  rowOf,
  toVFSError,
  type About as AboutCall,
  type Failure,
  type FailureTable,
} from '@holdfast/vfs/adapter';

/** What an error is about. */
export interface About extends AboutCall {
  /** Host and port, which every error names. */
  readonly server: string;
}

/** What is asked of the server at `base`. */
export function aboutOf(base: URL, op: Operation, path: string): About {
  return { op, path, adapter: 'webdav', server: serverOf(base) };
}

/** Host and port of `base`. */
export function serverOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
}

const unknown = { outcome: 'unknown' } as const;

/** What a status says of a request, when nothing else is known. What is not in it goes by its hundred. */
export const STATUS: FailureTable = {
  202: failure('EIO', { ...unknown, detail: 'accepted, but not yet done' }),
  400: failure('EINVAL', { detail: 'the server calls the request malformed' }),
  401: failure('EAUTH', { detail: 'the server asks for other credentials' }),
  402: failure('EACCES', { detail: 'the server asks for payment' }),
  403: failure('EACCES', { detail: 'forbidden', advice: 'Check the rights of this user on the share' }),
  404: failure('ENOENT', { detail: 'it does not exist' }),
  405: failure('ENOTSUP', {
    detail: 'the server does not allow this method here',
    advice: 'Check that WebDAV is on at this URL, and that the share is not read-only',
  }),
  406: failure('ENOTSUP', { detail: 'the server cannot answer in a form that is understood' }),
  407: failure('EAUTH', { detail: 'a proxy asks for credentials' }),
  408: failure('ETIMEDOUT', { ...unknown, detail: 'the server waited too long for the request' }),
  409: failure('ECONFLICT', { detail: 'it conflicts with what is there' }),
  410: failure('ENOENT', { detail: 'it is gone' }),
  411: failure('ENOTSUP', { detail: 'the server wants another form of request' }),
  412: failure('ECONFLICT', { detail: 'a precondition did not hold' }),
  413: failure('ENOSPC', { detail: 'larger than the server takes', advice: "Raise the server's limit" }),
  414: failure('EINVAL', { detail: 'the path is too long for the server' }),
  415: failure('ENOTSUP', { detail: 'the server does not take this type of content' }),
  421: failure('ECONN', { detail: 'the server does not answer for this host' }),
  422: failure('EINVAL', { detail: 'the server does not understand the request' }),
  423: failure('EBUSY', { detail: 'somebody holds a WebDAV lock on it' }),
  424: failure('EIO', { detail: 'another part of the request failed' }),
  425: failure('EBUSY', { detail: 'the server does not want it this early' }),
  428: failure('ENOTSUP', { detail: 'the server wants a precondition' }),
  429: failure('EBUSY', { retryable: true, detail: 'too many requests', advice: 'Ask less often' }),
  431: failure('EINVAL', { detail: 'the headers are too long for the server' }),
  500: failure('EIO', { ...unknown, detail: 'the server failed', advice: "See the server's log" }),
  501: failure('ENOTSUP', { detail: 'the server does not know this method' }),
  502: failure('ECONN', { ...unknown, retryable: true, detail: 'a gateway got no good answer' }),
  503: failure('EBUSY', { ...unknown, retryable: true, detail: 'the service is unavailable' }),
  504: failure('ETIMEDOUT', { ...unknown, retryable: true, detail: 'a gateway got no answer in time' }),
  505: failure('ENOTSUP', { detail: 'the server does not speak this HTTP' }),
  507: failure('ENOSPC', {
    detail: 'no space left on the server',
    advice: 'Free some space, or raise the quota',
  }),
  508: failure('EIO', { detail: 'the server runs in a circle' }),
  511: failure('EAUTH', { detail: 'the network asks for a login', advice: 'Log in to the network' }),
};

/** The row of `status`. */
export function statusFailure(status: number): Failure {
  const row =
    rowOf(STATUS, status) ??
    failure('EIO', {
      outcome: status >= 400 && status < 500 ? 'failed' : 'unknown',
      detail: 'an answer that makes no sense here',
    });
  return { ...row, detail: `status ${status}, ${row.detail ?? row.code}` };
}

/** The call was given up: by its caller, or by `close`. */
export const GIVEN_UP: Failure = failure('ECONN', { ...unknown, detail: 'the call was given up' });
/** Nothing was heard of it for so long that it is not waited for any more. */
export const SILENT: Failure = failure('ETIMEDOUT', {
  ...unknown,
  retryable: true,
  detail: 'the connection went silent',
});
/** The answer is not followed to another origin than that of the base URL. */
export const CROSS_ORIGIN: Failure = failure('ECONN', {
  ...unknown,
  detail: 'the server redirects to another origin',
  advice: 'If that is to be trusted, put its address into the options',
});
/** A redirect led to another resource. */
export const ASTRAY: Failure = failure('ECONN', {
  ...unknown,
  detail: 'the server redirects to another resource',
  advice: 'Check the URL, and whether the server wants a login',
});

const distrust = (detail: string): Failure =>
  failure('ECONN', { detail, advice: 'Pass the authority that signed it as tls.ca' });
const clientCertificate = (detail: string): Failure =>
  failure('EAUTH', { detail, advice: 'Pass tls.cert and tls.key, or others' });
const away = (detail: string): Failure => failure('ECONN', { retryable: true, detail });
const broken = (detail: string): Failure => failure('ECONN', { ...unknown, retryable: true, detail });

const noTLS = failure('ECONN', {
  detail: 'the server does not speak TLS there',
  advice: 'Check the port, or use webdav:// (http://) if this is meant to be plain',
});

/** The codes with which Node says that there is no answer. Anything else is `ECONN`, with an unknown outcome. */
export const NETWORK: FailureTable = {
  ECONNREFUSED: away('nothing listens there'),
  EHOSTUNREACH: broken('there is no way to the host'),
  ENETUNREACH: broken('there is no way to the network'),
  EAI_AGAIN: away('the name could not be looked up'),
  ENOTFOUND: failure('ECONN', { detail: 'no host has that name' }),
  ECONNRESET: broken('the connection broke'),
  EPIPE: broken('the connection broke'),
  ERR_STREAM_PREMATURE_CLOSE: broken('the answer broke off'),
  ETIMEDOUT: { ...SILENT },
  CERT_HAS_EXPIRED: failure('ECONN', { detail: "the server's certificate has expired" }),
  DEPTH_ZERO_SELF_SIGNED_CERT: distrust("the server's certificate is self-signed"),
  SELF_SIGNED_CERT_IN_CHAIN: distrust('the authority is not trusted'),
  UNABLE_TO_GET_ISSUER_CERT: distrust('the authority is not known'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: distrust('the authority is not known'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: distrust('the authority is not known'),
  ERR_TLS_CERT_ALTNAME_INVALID: failure('ECONN', {
    detail: "the server's certificate is for another name",
    advice: 'Check the host of the URL, or pass tls.servername',
  }),
  ERR_SSL_WRONG_VERSION_NUMBER: noTLS,
  EPROTO: noTLS,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: clientCertificate('the server asks for a client certificate'),
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: clientCertificate('the server refuses the client certificate'),
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: clientCertificate('the server does not trust the client certificate'),
};

/**
 * A request that got no answer, by the code that Node has for it. Nothing of the client's own error is kept: those lead
 * to sockets that still hold the credentials.
 *
 * @param wasSent whether anything of it may have left this machine
 */
export function networkFailure(code: string | undefined, wasSent: boolean): FailedAttempt {
  const row = rowOf(NETWORK, code) ?? broken(`the exchange failed (${code ?? 'no code'})`);
  return new FailedAttempt(wasSent ? row : { ...row, outcome: 'failed' });
}

/** What every code that this adapter finds by itself says, where there is nothing better. */
const PLAIN: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EEXIST: 'it already exists',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  ENOTEMPTY: 'the directory is not empty',
};

/** The error that `what` is to the caller. `isDoubtful`: an earlier try of the same request may have taken effect. */
export function davError(
  about: About,
  what: Failure | FailedAttempt,
  { isDoubtful = false, cause }: { readonly isDoubtful?: boolean; readonly cause?: unknown } = {},
): VFSError {
  const row = what instanceof FailedAttempt ? what.failure : what;
  const detail = row.detail ?? PLAIN[row.code] ?? row.code;
  return toVFSError(
    {
      ...row,
      outcome: isDoubtful ? 'unknown' : row.outcome,
      detail: `${detail} (${about.server})`,
    },
    about,
    cause,
  );
}
