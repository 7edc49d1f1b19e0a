import { VFSError, type Operation, type VFSErrorCode } from '@holdfast/vfs';
import { outcomeOfSilence } from '@holdfast/vfs/adapter';

/** What an error is about. */
export interface About {
  readonly op: Operation;
  readonly path: string;
}

/** What a status says of a request, when nothing else is known. */
export interface StatusRow {
  readonly code: VFSErrorCode;
  readonly detail: string;
  readonly advice?: string;
  /** The request may have taken effect all the same: the answer is not, or may not be, from who carried it out. */
  readonly doubt?: true;
}

/** The one table of statuses. What is not in it goes by its hundred: 4xx `EIO`, 5xx `EIO` in doubt, others likewise. */
export const STATUS: Readonly<Record<number, StatusRow>> = {
  202: { code: 'EIO', detail: 'accepted, but not yet done', doubt: true },
  400: { code: 'EINVAL', detail: 'the server calls the request malformed' },
  401: { code: 'EAUTH', detail: 'the server asks for other credentials' },
  402: { code: 'EACCES', detail: 'the server asks for payment' },
  403: { code: 'EACCES', detail: 'forbidden', advice: 'Check the rights of this user on the share' },
  404: { code: 'ENOENT', detail: 'it does not exist' },
  405: {
    code: 'ENOTSUP',
    detail: 'the server does not allow this method here',
    advice: 'Check that WebDAV is on at this URL, and that the share is not read-only',
  },
  406: { code: 'ENOTSUP', detail: 'the server cannot answer in a form that is understood' },
  407: { code: 'EAUTH', detail: 'a proxy asks for credentials' },
  408: { code: 'ETIMEDOUT', detail: 'the server waited too long for the request', doubt: true },
  409: { code: 'ECONFLICT', detail: 'it conflicts with what is there' },
  410: { code: 'ENOENT', detail: 'it is gone' },
  411: { code: 'ENOTSUP', detail: 'the server wants another form of request' },
  412: { code: 'ECONFLICT', detail: 'a precondition did not hold' },
  413: { code: 'ENOSPC', detail: 'larger than the server takes', advice: "Raise the server's limit" },
  414: { code: 'EINVAL', detail: 'the path is too long for the server' },
  415: { code: 'ENOTSUP', detail: 'the server does not take this type of content' },
  421: { code: 'ECONN', detail: 'the server does not answer for this host' },
  422: { code: 'EINVAL', detail: 'the server does not understand the request' },
  423: { code: 'EBUSY', detail: 'somebody holds a WebDAV lock on it' },
  424: { code: 'EIO', detail: 'another part of the request failed' },
  425: { code: 'EBUSY', detail: 'the server does not want it this early' },
  428: { code: 'ENOTSUP', detail: 'the server wants a precondition' },
  429: { code: 'EBUSY', detail: 'too many requests', advice: 'Ask less often' },
  431: { code: 'EINVAL', detail: 'the headers are too long for the server' },
  500: { code: 'EIO', detail: 'the server failed', advice: "See the server's log", doubt: true },
  501: { code: 'ENOTSUP', detail: 'the server does not know this method' },
  502: { code: 'ECONN', detail: 'a gateway got no good answer', doubt: true },
  503: { code: 'EBUSY', detail: 'the service is unavailable', doubt: true },
  504: { code: 'ETIMEDOUT', detail: 'a gateway got no answer in time', doubt: true },
  505: { code: 'ENOTSUP', detail: 'the server does not speak this HTTP' },
  507: {
    code: 'ENOSPC',
    detail: 'no space left on the server',
    advice: 'Free some space, or raise the quota',
  },
  508: { code: 'EIO', detail: 'the server runs in a circle' },
  511: { code: 'EAUTH', detail: 'the network asks for a login', advice: 'Log in to the network' },
};

/** The error that a status means. `doubt`: an earlier try of the same request may have taken effect. */
export function statusError(status: number, about: About, doubt = false): VFSError {
  const row: StatusRow = STATUS[status] ?? {
    code: 'EIO',
    detail: 'an answer that makes no sense here',
    ...((status < 400 || status >= 500) && { doubt: true }),
  };
  return new VFSError({
    ...about,
    code: row.code,
    adapter: 'webdav',
    detail: `${row.detail} (${status})`,
    advice: row.advice,
    outcome: doubt || row.doubt === true ? outcomeOfSilence(about.op) : 'failed',
  });
}

/** Any other error of this adapter. Its outcome is `failed` unless said otherwise. */
export function davError(
  about: About,
  code: VFSErrorCode,
  detail?: string,
  more: { readonly advice?: string; readonly doubt?: boolean; readonly cause?: unknown } = {},
): VFSError {
  return new VFSError({
    ...about,
    code,
    adapter: 'webdav',
    detail,
    advice: more.advice,
    cause: more.cause,
    outcome: more.doubt === true ? outcomeOfSilence(about.op) : 'failed',
  });
}
