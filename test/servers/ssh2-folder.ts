import {
  closeSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { join, posix } from 'node:path';
import type { Attributes, SFTPWrapper } from 'ssh2';

/** Sends the reply to the request `id`. */
export type Answer = (sftp: SFTPWrapper, id: number) => void;

export const STATUS = { ok: 0, end: 1, missing: 2, denied: 3, failure: 4, badMessage: 5 } as const;

/** Names in one reply, so few that a listing has many parts. */
const NAMES_A_REPLY = 100;

/** The flags of OPEN that are told apart. */
const WRITE = 2;
const EXCLUSIVE = 0x20;

/** What OpenSSH makes of an errno. Anything else is "failure", as there. */
const STATUSES: Readonly<Record<string, number>> = {
  ENOENT: STATUS.missing,
  ENOTDIR: STATUS.missing,
  ELOOP: STATUS.missing,
  EACCES: STATUS.denied,
  EPERM: STATUS.denied,
  ENAMETOOLONG: STATUS.badMessage,
};

type Open =
  | { readonly kind: 'file'; readonly path: string; readonly fd: number }
  | { readonly kind: 'directory'; readonly path: string; readonly names: string[] };

/** What a server tells of its entries, where that is less than others do. */
export interface Telling {
  readonly attributes?: (all: Attributes) => Partial<Attributes>;
  /** The third part of an entry in a listing. */
  readonly longname?: (filename: string) => string;
}

/** A folder of this machine as one session of an SFTP server sees it: `/` is the folder, and `..` stays inside. */
export class SessionFolder {
  readonly #root: string;
  readonly #tell: Telling;
  readonly #open = new Map<string, Open>();
  #handles = 0;

  constructor(root: string, tell: Telling = {}) {
    this.#root = root;
    this.#tell = tell;
  }

  /** The path that a handle was opened with. */
  pathOf(handle: Buffer): string {
    return this.#open.get(handle.toString())?.path ?? '';
  }

  mkdir(path: string): Answer {
    return answering(() => mkdirSync(this.#at(path)));
  }

  rmdir(path: string): Answer {
    return answering(() => rmdirSync(this.#at(path)));
  }

  remove(path: string): Answer {
    return answering(() => unlinkSync(this.#at(path)));
  }

  stat(path: string): Answer {
    return answering(() => this.#attrs(statSync(this.#at(path))));
  }

  lstat(path: string): Answer {
    return answering(() => this.#attrs(lstatSync(this.#at(path))));
  }

  setstat(path: string, { atime, mtime }: Attributes): Answer {
    return answering(() => utimesSync(this.#at(path), atime, mtime));
  }

  open(path: string, flags: number): Answer {
    const mode = (flags & WRITE) === 0 ? 'r' : (flags & EXCLUSIVE) === 0 ? 'w' : 'wx';
    return answering(() => this.#handle({ kind: 'file', path, fd: openSync(this.#at(path), mode) }));
  }

  opendir(path: string): Answer {
    return answering(() => {
      const names = ['.', '..', ...readdirSync(this.#at(path))];
      return this.#handle({ kind: 'directory', path, names });
    });
  }

  readdir(handle: Buffer): Answer {
    const open = this.#open.get(handle.toString());
    if (open?.kind !== 'directory') return status(STATUS.failure);
    const names = open.names.splice(0, NAMES_A_REPLY);
    if (names.length === 0) return status(STATUS.end);
    const listed = names.flatMap((filename) => {
      try {
        const info = lstatSync(join(this.#at(open.path), filename));
        return [
          {
            filename,
            longname:
              this.#tell.longname?.(filename) ?? `${info.isDirectory() ? 'd' : '-'}rwxrwxrwx ${filename}`,
            attrs: this.#toAttributes(info),
          },
        ];
      } catch {
        return []; // Removed since the directory was opened.
      }
    });
    return (sftp, id) => sftp.name(id, listed);
  }

  fstat(handle: Buffer): Answer {
    return answering(() => this.#attrs(fstatSync(this.#fd(handle))));
  }

  read(handle: Buffer, offset: number, length: number): Answer {
    return answering(() => {
      const into = Buffer.alloc(length);
      const got = readSync(this.#fd(handle), into, 0, length, offset);
      return got === 0 ? status(STATUS.end) : (sftp, id) => sftp.data(id, into.subarray(0, got));
    });
  }

  write(handle: Buffer, offset: number, data: Buffer): Answer {
    return answering(() => void writeSync(this.#fd(handle), data, 0, data.length, offset));
  }

  close(handle: Buffer): Answer {
    const open = this.#open.get(handle.toString());
    if (open === undefined) return status(STATUS.failure);
    this.#open.delete(handle.toString());
    return answering(() => {
      if (open.kind === 'file') closeSync(open.fd);
    });
  }

  /** Closes what the client left open. */
  end(): void {
    for (const name of this.#open.keys()) this.close(Buffer.from(name));
  }

  #handle(open: Open): Answer {
    const handle = Buffer.from(`handle ${++this.#handles}`);
    this.#open.set(handle.toString(), open);
    return (sftp, id) => sftp.handle(id, handle);
  }

  #fd(handle: Buffer): number {
    const open = this.#open.get(handle.toString());
    if (open?.kind !== 'file') throw new Error('not the handle of a file');
    return open.fd;
  }

  #attrs(info: Stats): Answer {
    const attributes = this.#toAttributes(info);
    return (sftp, id) => sftp.attrs(id, attributes);
  }

  #toAttributes({ mode, uid, gid, size, atimeMs, mtimeMs }: Stats): Attributes {
    const times = { atime: Math.floor(atimeMs / 1000), mtime: Math.floor(mtimeMs / 1000) };
    const all = { mode, uid, gid, size, ...times };
    // Every attribute is optional in the protocol, which ssh2's types do not know.
    return (this.#tell.attributes?.(all) ?? all) as Attributes;
  }

  #at(path: string): string {
    return join(this.#root, posix.normalize(`/${path}`));
  }
}

export function status(code: number, text = ''): Answer {
  return (sftp, id) => sftp.status(id, code, text);
}

function answering(act: () => Answer | void): Answer {
  try {
    return act() ?? status(STATUS.ok);
  } catch (error) {
    return status(STATUSES[(error as NodeJS.ErrnoException).code ?? ''] ?? STATUS.failure, 'Failure');
  }
}
