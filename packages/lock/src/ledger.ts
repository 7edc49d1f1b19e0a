import { isVFSError, joinPath, type Clock, type Entry, type RmOptions, type VFS } from '@holdfast/vfs';
import {
  beatName,
  claimName,
  freeName,
  lookName,
  numberedBeatName,
  parseLedgerName,
  windowName,
} from './names.js';
import { decodeRecord, LONGEST_RECORD_BYTES, type BeatRecord } from './record.js';

/** All that a listing shows of one number. */
export interface LedgerNumber {
  readonly token: number;
  /** The claim directory itself is there. */
  readonly claim: Entry | undefined;
  readonly beat: Entry | undefined;
  /** The beats that are names of their own, in ascending order. */
  readonly beats: readonly number[];
  readonly freed: boolean;
}

/** One look at a ledger. */
export interface LedgerView {
  /** Monotonic time at which the listing began; what it shows was so at that moment or later. */
  readonly begunAt: number;
  /**
   * The highest number that has a claim, which is what the lock is judged by; `undefined` in a ledger without any.
   * Higher numbers without a claim are strays: a holder whose ledger was removed released or beat in the new one.
   */
  readonly highest: LedgerNumber | undefined;
  /** The highest number read off an entry of any kind, strays too: the next claim comes after it. 0 if there is none. */
  readonly last: number;
  readonly numbers: ReadonlyMap<number, LedgerNumber>;
  /** The longest `staleAfterMs` that anyone who claims here works with; 0 if nobody said. */
  readonly windowMs: number;
  /**
   * The nonces of the window entries. They are made before the first claim and stay, so a listing that has none of
   * those seen before shows another ledger: the directory was removed, and made anew.
   */
  readonly marks: ReadonlySet<string>;
  /** Names of `look.*` entries that a contender left when it died. */
  readonly leftovers: readonly string[];
}

/** What a claim is built on. */
export interface Basis extends Pick<LedgerView, 'windowMs' | 'marks'> {
  /** The highest claim, free or to be taken over; 0 if there is none. */
  readonly token: number;
  /** The number to claim: one more, if there are no strays. */
  readonly next: number;
}

/** What a heartbeat file held when it was read. */
export interface ReadBeat {
  /** Every byte of it: two beats never have the same. */
  readonly content: string;
  readonly record: BeatRecord | undefined;
}

/** The claims of one lock, as they stand in its directory. Knows how they are written, and nothing of when. */
export class Ledger {
  readonly vfs: VFS;
  readonly path: string;
  readonly #clock: Clock;

  constructor(vfs: VFS, path: string, clock: Clock) {
    this.vfs = vfs;
    this.path = path;
    this.#clock = clock;
  }

  /**
   * Whether a listing can be had fresh and content cannot without an open: on a mount from another host. A server lets an
   * open wait for a host that has the file open, or leased, for as long as that one does not answer: 1 to 6 s were measured on
   * Samba, protocols allow 35 s (SMB) and 90 s (NFSv4). So there a beat is a new name, which nobody ever opens.
   */
  get beatsAreNames(): boolean {
    const { listing, cost } = this.vfs.capabilities;
    return listing === 'names' && cost !== 'local';
  }

  /**
   * Lists. A ledger that does not exist has no claims.
   *
   * A beat without its claim may have been made after the listing had passed the place of the claim, so another listing
   * is asked before it is called a stray.
   */
  async look(signal?: AbortSignal): Promise<LedgerView> {
    const view = await this.#list(signal);
    return view.last > (view.highest?.token ?? 0) ? this.#list(signal) : view;
  }

  async #list(signal: AbortSignal | undefined): Promise<LedgerView> {
    const begunAt = this.#clock.monotonic();
    try {
      return viewOf(await this.vfs.ls(this.path, { signal }), begunAt);
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) return viewOf([], begunAt);
      throw error;
    }
  }

  /** Makes the claim directory of `token`. Exclusive: everything rests on it. */
  claim(token: number): Promise<void> {
    return this.vfs.mkdir(this.#at(claimName(token)));
  }

  /** Takes back a claim of one's own that did not count. */
  unclaim(token: number): Promise<void> {
    return this.vfs.rm(this.#at(claimName(token)));
  }

  /** Marks `token` free. Marking it twice is fine, and so is a ledger that is gone. */
  async free(token: number): Promise<void> {
    try {
      await this.vfs.mkdir(this.#at(freeName(token)));
    } catch (error) {
      if (!isVFSError(error, 'EEXIST', 'ENOENT')) throw error;
    }
  }

  /** Says that `ms` is worked with here. Entries of this kind stay for ever. */
  declareWindow(ms: number, nonce: string): Promise<void> {
    return this.vfs.mkdir(this.#at(windowName(ms, nonce)));
  }

  writeBeat(token: number, content: string): Promise<void> {
    return this.vfs.writeFile(this.#at(beatName(token)), content);
  }

  /** Shows life by a name that was not there before. It is the holder's own, so it can have been made by nobody else. */
  async addBeat(token: number, count: number): Promise<void> {
    try {
      await this.vfs.mkdir(this.#at(numberedBeatName(token, count)));
    } catch (error) {
      if (!isVFSError(error, 'EEXIST')) throw error;
    }
  }

  /** Removes beats that a later one has followed. */
  async eraseBeats(token: number, counts: readonly number[]): Promise<void> {
    for (const count of counts) await this.#remove(numberedBeatName(token, count));
  }

  /** Moves the mtime of a beat where a rewrite does not. */
  touchBeat(token: number, time: Date): Promise<void> {
    return this.vfs.chtimes(this.#at(beatName(token)), time, time);
  }

  /** The mtime of the last beat, or of the claim where there is none; `undefined` where the storage has none. */
  async mtimeOf(number: LedgerNumber, signal?: AbortSignal): Promise<number | undefined> {
    const last = number.beats.at(-1);
    if (last !== undefined) return this.#mtimeAt(numberedBeatName(number.token, last), signal);
    const listed = number.beat?.mtimeMs ?? (number.beat === undefined ? number.claim?.mtimeMs : undefined);
    if (listed !== undefined) return listed;
    const entry = number.beat ?? number.claim;
    return entry === undefined ? undefined : this.#mtimeAt(entry.name, signal);
  }

  async #mtimeAt(name: string, signal: AbortSignal | undefined): Promise<number | undefined> {
    try {
      return (await this.vfs.stat(this.#at(name), { signal })).mtimeMs;
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /**
   * Reads the beat of `number`; `undefined` if there is none. What no holder ever wrote (a directory of that name, a
   * huge file) reads as constant content without a record: it must not lock everyone out by being unreadable.
   */
  async readBeat(number: LedgerNumber, signal?: AbortSignal): Promise<ReadBeat | undefined> {
    if (number.beat === undefined) return undefined;
    if (number.beat.type !== 'file' || (number.beat.size ?? 0) > LONGEST_RECORD_BYTES) {
      return { content: 'no beat', record: undefined };
    }
    try {
      const bytes = await this.vfs.readFile(this.#at(number.beat.name), { signal });
      const record = decodeRecord(bytes);
      return {
        content: new TextDecoder('latin1').decode(bytes),
        record: record?.token === number.token ? record : undefined,
      };
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /**
   * Removes everything of a number. The caller vouches that a higher one is confirmed.
   *
   * Of number 1 the mark stays for ever. Who found the ledger empty, and slept, has nothing to build on that could be
   * missing, but finds its number 1 freed.
   */
  async erase({ token, claim, beat, beats, freed }: LedgerNumber): Promise<void> {
    if (token === 1) await this.free(token);
    const names = [beat?.name, ...beats.map((count) => numberedBeatName(token, count))];
    if (token > 1 && freed) names.push(freeName(token));
    await Promise.all([
      // Recursively, since some systems put files of their own into every directory.
      claim && this.#remove(claim.name, { recursive: true }),
      ...names.map((name) => name && this.#remove(name)),
    ]);
  }

  /** Removes an entry that `leftovers` named. */
  eraseLeftover(name: string): Promise<void> {
    return this.#remove(name);
  }

  /**
   * Changes the directory and undoes it, so that a client that caches listings fetches the next one anew.
   *
   * @returns the storage's own time, in milliseconds since the epoch, where it can be had
   */
  async stir(nonce: string, signal?: AbortSignal): Promise<number | undefined> {
    const at = this.#at(lookName(nonce));
    try {
      await this.vfs.mkdir(at);
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) return undefined; // There is no directory any more.
      throw error;
    }
    try {
      return (await this.vfs.stat(at, { signal })).mtimeMs;
    } catch (error) {
      if (isVFSError(error, 'ENOENT')) return undefined; // A holder swept it away.
      throw error;
    } finally {
      await this.#remove(lookName(nonce));
    }
  }

  #at(name: string): string {
    return joinPath(this.path, name);
  }

  async #remove(name: string, options: RmOptions = {}): Promise<void> {
    try {
      await this.vfs.rm(this.#at(name), options);
    } catch (error) {
      if (!isVFSError(error, 'ENOENT')) throw error;
    }
  }
}

function viewOf(entries: readonly Entry[], begunAt: number): LedgerView {
  const numbers = new Map<
    number,
    { token: number; claim?: Entry; beat?: Entry; beats: number[]; freed: boolean }
  >();
  const leftovers: string[] = [];
  const marks = new Set<string>();
  let windowMs = 0;
  for (const entry of entries) {
    const name = parseLedgerName(entry.name);
    if (name === undefined) continue;
    if (name.kind === 'window') {
      windowMs = Math.max(windowMs, name.ms);
      marks.add(name.nonce);
    } else if (name.kind === 'look') leftovers.push(entry.name);
    else {
      const number = numbers.get(name.token) ?? { token: name.token, beats: [], freed: false };
      numbers.set(name.token, number);
      if (name.kind === 'free') number.freed = true;
      else if (name.kind === 'numbered-beat') number.beats.push(name.count);
      else number[name.kind] = entry;
    }
  }
  const views = new Map<number, LedgerNumber>();
  let highest: LedgerNumber | undefined;
  let last = 0;
  for (const { token, claim, beat, beats, freed } of numbers.values()) {
    const number = { token, claim, beat, beats: beats.sort((a, b) => a - b), freed };
    views.set(token, number);
    last = Math.max(last, token);
    if (claim !== undefined && token >= (highest?.token ?? 0)) highest = number;
  }
  return { begunAt, highest, last, numbers: views, windowMs, marks, leftovers };
}

/** Whether two looks were at one ledger, and not at one that was removed and another in its place. */
export function sameLedger(before: Pick<LedgerView, 'marks'>, now: Pick<LedgerView, 'marks'>): boolean {
  for (const mark of before.marks) if (now.marks.has(mark)) return true;
  return false;
}

/** What a view offers to build on. */
export function basisIn({ highest, last, windowMs, marks }: LedgerView): Basis {
  return { token: highest?.token ?? 0, next: last + 1, windowMs, marks };
}

/** The same for every look at one ledger, save when somebody declares a longer window. */
export function markOf({ marks }: LedgerView): string {
  return [...marks].sort()[0] ?? '';
}
