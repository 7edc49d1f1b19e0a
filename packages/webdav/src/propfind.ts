import type { Entry, EntryType, FileInfo } from '@holdfast/vfs';
import { decodeHref } from './encode.js';
import { MalformedReply, parseMultistatus, type DAVResponse, type Props } from './multistatus.js';

/** Asks for what a listing needs and nothing else: all properties would cost a server a look into every file. */
export const PROPFIND_BODY: string =
  '<?xml version="1.0" encoding="utf-8"?>' +
  '<D:propfind xmlns:D="DAV:"><D:prop>' +
  '<D:resourcetype/><D:getcontentlength/><D:getlastmodified/><D:getetag/>' +
  '</D:prop></D:propfind>';

/** What a PROPFIND found: the resource itself, and with depth 1 what is in it. */
export interface Found {
  readonly self: FileInfo;
  /** It is a file of which the server says that it has no bytes. */
  readonly empty: boolean;
  readonly children: readonly Entry[];
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
 * Reads the answer to a PROPFIND of `url`.
 *
 * Either everything in it can be told apart, or it is refused: a claim that went missing from a listing would be
 * taken for free.
 *
 * @throws MalformedReply, SelfStatus
 */
export function readPropfind(xml: Uint8Array, url: string): Found {
  const named = parseMultistatus(xml).map((response) => {
    const names = decodeHref(response.href, url);
    if (names === undefined) throw new MalformedReply('the answer names something that is not a path');
    return { names, response };
  });
  const self = selfOf(named, decodeHref(url, url) ?? []);
  if (self.response.status !== undefined && self.response.status >= 300) {
    throw new SelfStatus(self.response.status);
  }
  if (self.response.props.type === undefined) throw new MalformedReply('the answer does not say what it is');
  const children = new Map<string, Entry>();
  for (const { names, response } of named) {
    if (response === self.response) continue;
    const name = names.at(-1);
    const below = names.length === self.names.length + 1 && self.names.every((part, i) => part === names[i]);
    if (name === undefined || !below)
      throw new MalformedReply('the answer names something that was not asked for');
    // Removed while the server was listing.
    if (response.status === 404 || response.status === 410) continue;
    children.set(name, entryOf(name, response));
  }
  const info = infoOf(self.response.props);
  return {
    self: info,
    empty: info.type === 'file' && self.response.props.length === '0',
    children: [...children.values()],
  };
}

interface Named {
  readonly names: readonly string[];
  readonly response: DAVResponse;
}

/**
 * The resource that was asked for. A proxy may have changed the path on the way, so that no name equals the one that
 * was asked for; then it is the one above all others, if its last segment is the same.
 */
function selfOf(named: readonly Named[], asked: readonly string[]): Named {
  const exact = named.find(
    ({ names }) => names.length === asked.length && names.every((n, i) => n === asked[i]),
  );
  if (exact !== undefined) return exact;
  const shortest = Math.min(...named.map(({ names }) => names.length));
  const [above, ...more] = named.filter(({ names }) => names.length === shortest);
  if (above === undefined || more.length > 0 || above.names.at(-1) !== asked.at(-1)) {
    throw new MalformedReply('the answer does not say what was asked');
  }
  return above;
}

function entryOf(name: string, { status, props }: DAVResponse): Entry {
  // It exists, but the server would not say more.
  if ((status !== undefined && status >= 300) || props.type === undefined) return { name, type: 'other' };
  const { type, size, mtimeMs, etag } = infoOf(props);
  return {
    name,
    type,
    ...(type === 'file' && props.length !== undefined && size !== undefined && { size }),
    ...(mtimeMs !== undefined && { mtimeMs }),
    ...(type === 'file' && etag !== undefined && { etag }),
  };
}

function infoOf(props: Props): FileInfo {
  const type: EntryType = props.type === 'collection' ? 'directory' : 'file';
  const etag = etagOf(props.etag);
  const mtimeMs = timeOf(props.modified);
  return {
    type,
    // Some give a collection the size of its directory on disk.
    size: type === 'file' ? sizeOf(props.length) : 0,
    ...(mtimeMs !== undefined && { mtimeMs }),
    ...(etag !== undefined && { etag }),
  };
}

function sizeOf(length: string | undefined): number {
  if (length === undefined || length === '') return 0;
  if (!/^\d{1,15}$/.test(length)) throw new MalformedReply('a size in the answer is not a number');
  return Number(length);
}

function timeOf(modified: string | undefined): number | undefined {
  const time = Date.parse(modified ?? '');
  return Number.isNaN(time) ? undefined : time;
}

/** Without the `W/`: Apache takes it off a second after the write, which would look like another write. */
function etagOf(etag: string | undefined): string | undefined {
  const bare = etag?.replace(/^W\//, '');
  return bare === '' ? undefined : bare;
}
