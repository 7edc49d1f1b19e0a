import { createHmac } from 'node:crypto';

/** One usable line of a known_hosts file. Source of the format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". */
export interface KnownHost {
  /** Counted from 1, for messages. */
  readonly line: number;
  readonly marker: 'none' | 'revoked' | 'authority';
  /** Whether the line is about `name`: a host in lower case, or `[host]:port` for a port other than 22. */
  readonly isAbout: (name: string) => boolean;
  readonly keyType: string;
  /** In base64, as it stands in the file. */
  readonly key: string;
}

/** What the file says of a key that a host has shown. */
export type Verdict =
  | { readonly kind: 'known' }
  /** The host is listed with other keys of the same type: the key changed, or somebody is intercepting the connection. */
  | { readonly kind: 'changed'; readonly lines: readonly number[] }
  | { readonly kind: 'revoked'; readonly line: number }
  /** The host is vouched for by an authority, which is not supported here. */
  | { readonly kind: 'authority'; readonly line: number }
  /** The host is not listed, or with `types` of keys other than this one. */
  | { readonly kind: 'unknown'; readonly types: readonly string[] };

export interface Host {
  readonly host: string;
  readonly port: number;
}

const MARKERS: ReadonlyMap<string, KnownHost['marker']> = new Map([
  ['@revoked', 'revoked'],
  ['@cert-authority', 'authority'],
]);

/** The lines that can be used. Others are skipped, as OpenSSH does. */
export function parseKnownHosts(text: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => parseLine(line.trim(), index + 1) ?? []);
}

/** The types of keys that the file has for a host, so that these can be asked for first. */
export function keyTypesOf(known: readonly KnownHost[], at: Host): string[] {
  const lines = known.filter(({ marker, isAbout }) => marker === 'none' && namesOf(at).some(isAbout));
  return [...new Set(lines.map(({ keyType }) => keyType))];
}

/** @param key as the host sent it */
export function judge(known: readonly KnownHost[], at: Host, key: Uint8Array): Verdict {
  const shown = Buffer.from(key).toString('base64');
  const shownType = keyTypeOf(key);
  const [name, withoutPort] = namesOf(at);
  const about = known.filter((line) => line.isAbout(name));
  const fallback = withoutPort === undefined ? [] : known.filter((line) => line.isAbout(withoutPort));
  const isShown = (line: KnownHost): boolean => line.key === shown;

  const revoked = [...about, ...fallback].find((line) => line.marker === 'revoked' && isShown(line));
  if (revoked !== undefined) return { kind: 'revoked', line: revoked.line };

  const plain = about.filter(({ marker }) => marker === 'none');
  if (plain.some(isShown)) return { kind: 'known' };
  const changed = plain.filter(({ keyType }) => keyType === shownType);
  if (changed.length > 0) return { kind: 'changed', lines: changed.map(({ line }) => line) };
  // A key that is listed for the host counts on its other ports too, but one that differs there says nothing.
  if (fallback.some((line) => line.marker === 'none' && isShown(line))) return { kind: 'known' };

  const authority = about.find(({ marker }) => marker === 'authority');
  if (authority !== undefined) return { kind: 'authority', line: authority.line };
  return { kind: 'unknown', types: [...new Set(plain.map(({ keyType }) => keyType))] };
}

/** The type that a key itself states, or `''` if it states none. */
export function keyTypeOf(key: Uint8Array): string {
  const bytes = Buffer.from(key);
  if (bytes.length < 4) return '';
  return bytes.toString('latin1', 4, 4 + Math.min(bytes.readUInt32BE(0), 64));
}

/** How a host is written in the file. On another port than 22 the plain name is second choice. */
export function namesOf({ host, port }: Host): readonly [name: string, ...withoutPort: string[]] {
  const plain = host.toLowerCase();
  return port === 22 ? [plain] : [`[${plain}]:${port}`, plain];
}

function parseLine(text: string, line: number): KnownHost | undefined {
  if (text === '' || text.startsWith('#')) return undefined;
  const fields = text.split(/[ \t]+/);
  const marker = text.startsWith('@') ? MARKERS.get(fields.shift() ?? '') : 'none';
  const [hosts, keyType, key] = fields;
  if (marker === undefined || hosts === undefined || keyType === undefined || key === undefined)
    return undefined;
  const isAbout = hosts.startsWith('|') ? hashed(hosts) : listed(hosts);
  return isAbout === undefined ? undefined : { line, marker, isAbout, keyType, key };
}

/** `|1|SALT|HASH`: a name that can be recognised, but not read. */
function hashed(field: string): ((name: string) => boolean) | undefined {
  const [, version, salt, hash] = field.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return undefined;
  const key = Buffer.from(salt, 'base64');
  return (name) => createHmac('sha1', key).update(name).digest('base64') === hash;
}

/** Patterns with `*` and `?`, of which one must fit, and none that begins with `!`. */
function listed(field: string): (name: string) => boolean {
  const patterns = field.toLowerCase().split(',');
  const denied = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const allowed = patterns.filter((pattern) => !pattern.startsWith('!'));
  return (name) =>
    allowed.some((pattern) => fits(pattern, name)) && !denied.some((pattern) => fits(pattern, name));
}

/** Without a regular expression: the file may hold any number of stars, and some make those take for ever. */
function fits(pattern: string, name: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let starred = 0;
  while (from < name.length) {
    if (at < pattern.length && pattern[at] === '*') {
      star = at++;
      starred = from;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[from])) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++starred;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
