import type { Entry, EntryType, FileInfo, VFSPath } from '@holdfast/vfs';
import { locate } from './locate.js';
import { MalformedReply, type DAVResponse, type Props } from './reader.js';

/** Asks for what a listing needs and nothing else: all properties would cost a server a look into every file. */
export const PROPFIND_BODY: string =
  '<?xml version="1.0" encoding="utf-8"?>' +
  '<D:propfind xmlns:D="DAV:"><D:prop>' +
  '<D:resourcetype/><D:getcontentlength/><D:getlastmodified/><D:getetag/>' +
  '</D:prop></D:propfind>';

/** What a PROPFIND found: the resource itself, and with depth 1 what is in it. */
export interface Found {
  readonly self: FileInfo;
  /** What is in it, as far as its name can be read. */
  readonly children: readonly Entry[];
  /** How many more there are, with names that no path can have. */
  readonly unreadable: number;
}

/** The resource is not to be had, says the multistatus itself. */
export class SelfStatus extends Error {
  override readonly name = 'SelfStatus';
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

/**
 * Reads the answer to a PROPFIND of `path`, that came from `url`.
 *
 * Every response must be the resource itself or something in it, and the resource itself must be among them: what is
 * about anything else is refused whole, as a claim that is missing from a listing would be taken for free.
 *
 * @throws MalformedReply, SelfStatus
 */
export function readFound(responses: readonly DAVResponse[], url: string, path: VFSPath): Found {
  const { selves, children } = locate(responses, url, path);
  for (const { status } of selves) if (isFailure(status)) throw new SelfStatus(status);
  const [self] = selves;
  if (self === undefined) throw new MalformedReply('the answer does not say what was asked');
  const entries = new Map<string, Entry>();
  let unreadable = 0;
  for (const { name, response } of children) {
    // Removed while the server was listing.
    if (response.status === 404 || response.status === 410) continue;
    if (name === undefined) unreadable++;
    else entries.set(name, entryOf(name, response));
  }
  const info = infoOf(self.props);
  return {
    // What has something in it is a directory, whether the server says so or not.
    self: children.length > 0 && info.type !== 'directory' ? { ...info, type: 'directory', size: 0 } : info,
    children: [...entries.values()],
    unreadable,
  };
}

/** Also of a status that cannot be read (0): whatever it was, it is no success. */
function isFailure(status: number | undefined): status is number {
  return status !== undefined && (status < 200 || status >= 300);
}

function entryOf(name: string, { status, props }: DAVResponse): Entry {
  // It exists, but the server would not say more.
  if (isFailure(status)) return { name, type: 'other' };
  const { type, size, mtimeMs, etag } = infoOf(props);
  return {
    name,
    type,
    ...(type !== 'directory' && size !== undefined && { size }),
    ...(mtimeMs !== undefined && { mtimeMs }),
    ...(type !== 'directory' && etag !== undefined && { etag }),
  };
}

function infoOf(props: Props): FileInfo {
  const type = typeOf(props);
  // Some give a collection the size of its directory on disk.
  const size = type === 'directory' ? 0 : sizeOf(props.length);
  const mtimeMs = timeOf(props.modified);
  const etag = etagOf(props.etag);
  return {
    type,
    ...(size !== undefined && { size }),
    ...(mtimeMs !== undefined && { mtimeMs }),
    ...(etag !== undefined && { etag }),
  };
}

/** What is not said to be a collection is a file, as every server leaves out `resourcetype` for files alone. */
function typeOf({ type, typeRefused }: Props): EntryType {
  if (type === 'collection') return 'directory';
  return type === undefined && typeRefused ? 'other' : 'file';
}

/** A size that is no number is not known. */
function sizeOf(length: string | undefined): number | undefined {
  return length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}

function timeOf(modified: string | undefined): number | undefined {
  const time = Date.parse(modified ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** Without the `W/`: Apache takes it off a second after the write, which would look like another write. */
function etagOf(etag: string | undefined): string | undefined {
  const bare = etag?.replace(/^W\//, '');
  return bare === '' || bare?.includes('\ufffd') === true ? undefined : bare;
}
