import {
  isVFSError,
  outcomeOf,
  ROOT,
  type Clock,
  type Entry,
  type FileInfo,
  type VFS,
  type VFSErrorCode,
} from '@holdfast/vfs';
import { LedgerError, type LedgerFault } from '../errors/index.js';
import { lookOf, type Look } from './look.js';
import {
  attachedName,
  beatName,
  claimName,
  detachedName,
  markName,
  permitsName,
  refreshName,
  takesName,
  valueName,
} from './names.js';
import type { Numbered } from './numbered.js';
import { decodeRecord, encodeRecord, LONGEST_RECORD_BYTES, type ClaimRecord } from './record.js';

/** Longest file of a value that is read: one of 4 KiB in JSON may be six times as long. */
const LONGEST_VALUE_BYTES = 32_768;

/** What the storage tells of the content of an entry; what it does not tell is absent. */
export interface Told {
  readonly type: string;
  readonly size?: number | undefined;
  readonly mtimeMs?: number | undefined;
  readonly etag?: string | undefined;
}

/**
 * The claims of one lock, as they stand in its directory. The only file of the lock that touches the storage: it knows
 * how things are written, and nothing of when.
 */
export class Ledger {
  readonly vfs: VFS;
  readonly path: string;
  /** Whether claims and marks are made as files here, see `Capabilities.claimAs`. */
  readonly asFiles: boolean;
  /**
   * Whether a listing can be had fresh and content cannot without an open: on a mount from another host. A server lets an
   * open wait for a host that has the file open, or leased, for as long as that one does not answer: 1 to 6 s were measured
   * on Samba, protocols allow 35 s (SMB) and 90 s (NFSv4). So there a beat is a new name, which nobody ever opens.
   */
  readonly beatsAsEntries: boolean;
  /** Whether a listing shows by size, time or etag that a file was written again. */
  readonly listsVersions: boolean;
  /** Whether it is that of a semaphore, whose claims say how many permits they take. */
  readonly ofSemaphore: boolean;
  readonly #clock: Clock;
  readonly #prefix: string;
  /** How often in a row a hard link could not be made. */
  #unlinked = 0;

  constructor(vfs: VFS, path: string, clock: Clock, { ofSemaphore = false }: { ofSemaphore?: boolean } = {}) {
    const { claimAs, listing, cost } = vfs.capabilities;
    this.vfs = vfs;
    this.path = path;
    this.asFiles = claimAs === 'file';
    this.listsVersions = listing === 'versions';
    this.beatsAsEntries = listing === 'names' && cost !== 'local';
    this.ofSemaphore = ofSemaphore;
    this.#clock = clock;
    this.#prefix = path === ROOT ? ROOT : `${path}/`;
  }

  /**
   * Lists. A ledger that does not exist has no claims.
   *
   * @throws `LedgerError` if it is not a ledger of this protocol
   */
  look(signal?: AbortSignal): Promise<Look> {
    const begunAt = this.#clock.monotonic();
    const listed = signal === undefined ? this.vfs.ls(this.path) : this.vfs.ls(this.path, { signal });
    return listed.then(
      (entries) => this.#lookOf(entries, begunAt),
      (error: unknown) => {
        if (isVFSError(error, 'ENOENT')) return this.#lookOf([], begunAt);
        throw error;
      },
    );
  }

  #lookOf(entries: readonly Entry[], begunAt: number): Look {
    const look = lookOf(entries, begunAt, this.#clock.monotonic());
    const foreign = look.otherEdition ?? (this.ofSemaphore ? foreignToSemaphore(look) : foreignToLock(look));
    if (foreign !== undefined) throw new LedgerError(this.path, foreign);
    return look;
  }

  /** Says how many permits the semaphore has. Somebody else's of the same number does as well. */
  makePermits(permits: number): Promise<void> {
    return this.#mark(permitsName(permits));
  }

  /** Begins the ledger above `number`. Somebody else's of the same number does as well. */
  makeOrigin(number: number): Promise<void> {
    return this.#mark(markName(number, 'origin'));
  }

  /** Closes the numbers up to and including `number`. Somebody else's of the same number does as well. */
  makeFloor(number: number): Promise<void> {
    return this.#mark(markName(number, 'floor'));
  }

  /** As {@link makeFloor}. @returns whether it was not there yet */
  makeFloorFirst(number: number): Promise<boolean> {
    return this.#exclusively(markName(number, 'floor'), '').then(
      () => true,
      (error: unknown) => {
        unless(['EEXIST'])(error);
        return false;
      },
    );
  }

  /**
   * Makes the claim that `record` tells of. Exclusive: everything rests on it.
   *
   * @param like an earlier claim with the same record. Where a claim can be one more name of that file it is, since a new
   * file costs a disk five times as much; if the earlier one is gone, it is a new file
   */
  makeClaim(record: ClaimRecord, like?: number): Promise<void> {
    const name = claimName(record.token);
    const make = (): Promise<void> => this.#exclusively(name, this.asFiles ? encodeRecord(record) : '');
    if (like === undefined || !this.canLink) return make();
    return this.vfs.link(this.#at(claimName(like)), this.#at(name)).catch((error: unknown) => {
      // What may have been linked all the same must not be made once more: rule 8.
      if (isVFSError(error, 'EEXIST') || outcomeOf(error) === 'unknown') throw error;
      if (!isVFSError(error, 'ENOENT')) this.#unlinked++;
      return make();
    });
  }

  /** Says that the own claim `number` is a shared one. */
  markShared(number: number): Promise<void> {
    return this.#markOwn(number, markName(number, 'shared'), ['EEXIST']);
  }

  /** Says how many permits the own claim `number` takes. */
  markTakes(number: number, permits: number): Promise<void> {
    return this.#markOwn(number, takesName(number, permits), ['EEXIST']);
  }

  /** Says that `number` is over. Saying it twice is fine, and so is a ledger that is gone. */
  markFree(number: number): Promise<void> {
    return this.#markOwn(number, markName(number, 'free'), ['EEXIST', 'ENOENT']);
  }

  /** Whether a file can have more than one name here. */
  get canLink(): boolean {
    return this.vfs.capabilities.link && this.#unlinked < MOST_UNLINKED;
  }

  /**
   * Makes a mark beside a claim. Where the claim is a file, a hard link to it saves an inode, and shows as a change of that
   * file to whoever watches it.
   */
  #markOwn(number: number, name: string, fine: readonly VFSErrorCode[]): Promise<void> {
    if (!this.canLink) return this.#exclusively(name, '').catch(unless(fine));
    const linked = this.vfs.link(this.#at(claimName(number)), this.#at(name));
    return linked.then(
      () => void (this.#unlinked = 0),
      (error: unknown) => {
        if (isVFSError(error, 'ENOENT', 'EEXIST')) return unless(fine)(error);
        // The claim is a directory or another user's file, which cannot be linked to; or nothing can be here.
        if (!isVFSError(error, 'EISDIR')) this.#unlinked++;
        return this.#exclusively(name, '').catch(unless(fine));
      },
    );
  }

  /** Hands the claim out for the `attempt`th time. Not exclusive: only its owner does so. */
  markDetached(number: number, attempt: number, ttlMs: number): Promise<void> {
    return this.#exclusively(detachedName(number, attempt, ttlMs), '');
  }

  /** Takes up, or passes, what was detached for the `attempt`th time. Exclusive: of all who try, one gets it. */
  markAttached(number: number, attempt: number): Promise<void> {
    return this.#exclusively(attachedName(number, attempt), '');
  }

  writeBeat(number: number, windowMs: number, content: string, signal?: AbortSignal): Promise<void> {
    const at = this.#at(beatName(number, windowMs));
    return signal === undefined
      ? this.vfs.writeFile(at, content)
      : this.vfs.writeFile(at, content, { signal });
  }

  /** Shows life by a name that was not there before. */
  addBeat(number: number, windowMs: number, beat: number, signal?: AbortSignal): Promise<void> {
    return this.vfs.mkdir(this.#at(beatName(number, windowMs, beat)), { signal });
  }

  /** Removes a beat that was a name of its own, and that a later one has followed. */
  removeBeat(number: number, windowMs: number, beat: number): Promise<void> {
    return this.remove(beatName(number, windowMs, beat));
  }

  /** Moves the mtime of a heartbeat where a rewrite does not. */
  touchBeat(number: number, windowMs: number, time: Date): Promise<void> {
    return this.vfs.chtimes(this.#at(beatName(number, windowMs)), time, time);
  }

  /** Publishes what `content` says, as a name that bears the number of its claim, so that it is never taken for another's. */
  writeValue(number: number, sequence: number, content: string, signal?: AbortSignal): Promise<void> {
    return this.vfs.writeFile(this.#at(valueName(number, sequence)), content, { signal });
  }

  /** What was published; `undefined` if it is gone, or nothing that one of us has written. */
  async readValue(number: number, sequence: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    try {
      const at = this.#at(valueName(number, sequence));
      return await this.vfs.readFile(at, { maxBytes: LONGEST_VALUE_BYTES, signal });
    } catch (error) {
      if (isVFSError(error, 'ENOENT', 'EFBIG', 'EISDIR', 'EINVAL')) return undefined;
      throw error;
    }
  }

  /** Removes what a later value has followed. */
  removeValue(number: number, sequence: number): Promise<void> {
    return this.remove(valueName(number, sequence));
  }

  /** What the storage tells of the entry called `name` right now; `undefined` if it is gone. */
  async stat(name: string, signal?: AbortSignal): Promise<FileInfo | undefined> {
    try {
      return await this.vfs.stat(this.#at(name), { signal });
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** What the content of a heartbeat tells, by opening it: its length and its text. `undefined` if it is gone. */
  async readSigns(name: string, signal?: AbortSignal): Promise<Told | undefined> {
    try {
      const bytes = await this.vfs.readFile(this.#at(name), { maxBytes: LONGEST_RECORD_BYTES, signal });
      return { type: 'file', size: bytes.length, etag: new TextDecoder('latin1').decode(bytes) };
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) return undefined;
      // What is no heartbeat of ours, a directory or a huge file, is as it is told to be.
      if (isVFSError(error, 'EFBIG', 'EISDIR', 'EINVAL')) return this.stat(name, signal);
      throw error;
    }
  }

  /**
   * Reads who has a claim, from its heartbeat or, where it is a file, from the claim itself. What nobody of us ever wrote
   * (a directory of that name, a huge file) has no record, and does no harm.
   */
  async readRecord(
    { number, claim, beats, handovers }: Numbered,
    signal?: AbortSignal,
  ): Promise<ClaimRecord | undefined> {
    // Who has attached to it shows in the heartbeat alone; who has only detached it is the one who made it.
    for (const entry of handovers <= 1 ? [claim, ...beats] : beats) {
      if (entry?.type !== 'file' || (entry.size ?? 0) > LONGEST_RECORD_BYTES) continue;
      const record = await this.#readRecordIn(entry.name, signal);
      if (record?.token === number) return record;
      // A claim that is one more name of an earlier one of its owner.
      if (entry === claim && record !== undefined && record.token < number)
        return { ...record, token: number };
    }
    return undefined;
  }

  async #readRecordIn(name: string, signal: AbortSignal | undefined): Promise<ClaimRecord | undefined> {
    try {
      return decodeRecord(
        await this.vfs.readFile(this.#at(name), { maxBytes: LONGEST_RECORD_BYTES, signal }),
      );
    } catch (error) {
      if (isVFSError(error, 'ENOENT', 'EFBIG', 'EISDIR', 'EACCES', 'EINVAL')) return undefined;
      throw error;
    }
  }

  /**
   * Changes the directory and undoes it, so that a client that caches listings fetches the next one anew.
   *
   * Source: measured on NFSv3, where a client misses what changes within the same tick of the server's clock.
   */
  async refreshListing(nonce: string): Promise<void> {
    const name = refreshName(nonce);
    try {
      await this.vfs.mkdir(this.#at(name));
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) return; // There is no directory any more.
      throw error;
    }
    await this.remove(name);
  }

  /** Removes an entry; one that is gone already is fine. */
  remove(name: string): Promise<void> {
    const at = this.#at(name);
    return this.vfs.rm(at).catch((error: unknown) => {
      if (isVFSError(error, 'ENOENT')) return;
      // Some systems put files of their own into every directory.
      if (isVFSError(error, 'ENOTEMPTY'))
        return this.vfs.rm(at, { recursive: true }).catch(unless(['ENOENT']));
      throw error;
    });
  }

  #at(name: string): string {
    return this.#prefix + name;
  }

  #mark(name: string): Promise<void> {
    return this.#exclusively(name, '').catch(unless(['EEXIST']));
  }

  #exclusively(name: string, content: string): Promise<void> {
    const at = this.#at(name);
    return this.asFiles ? this.vfs.writeFile(at, content, EXCLUSIVE) : this.vfs.mkdir(at);
  }
}

function foreignToLock({ permits }: Look): LedgerFault | undefined {
  return permits === undefined ? undefined : 'semaphore';
}

/**
 * A semaphore says its permits before anything is claimed, and each of its claims says what it takes. So claims without
 * either are those of a lock.
 */
function foreignToSemaphore({ permits, numbers }: Look): LedgerFault | undefined {
  if (permits !== undefined || numbers.size === 0) return undefined;
  for (const numbered of numbers.values()) if (numbered.permits !== undefined) return undefined;
  return 'lock';
}

/** Swallows errors of the codes that are `fine`, and throws the others. */
function unless(fine: readonly VFSErrorCode[]): (error: unknown) => void {
  return (error) => {
    if (!isVFSError(error, ...fine)) throw error;
  };
}

/** After so many failures in a row this filesystem is taken to have no hard links, although its kind usually does. */
const MOST_UNLINKED = 8;

const EXCLUSIVE = { exclusive: true } as const;
