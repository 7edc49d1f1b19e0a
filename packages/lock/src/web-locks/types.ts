/**
 * The types of the Web Locks API, without those of a browser: what is written for `navigator.locks` fits them, and they fit
 * what is written for it.
 *
 * Source: https://w3c.github.io/web-locks
 */
import type { Mode } from '../ledger/index.js';

/** A lock that was granted, as the standard has it. */
export interface WebLock {
  readonly name: string;
  readonly mode: Mode;
}

/** A lock that was granted, with what a storage adds. */
export interface StorageLock extends WebLock {
  /** The fencing token: greater than that of every lock of this name before. */
  readonly token: number;
  /** Aborts when the lock is lost, or stolen, before its callback has ended. */
  readonly signal: AbortSignal;
}

export interface WebLockOptions {
  /** Default `'exclusive'`. */
  readonly mode?: Mode;
  /** The callback is called with `null` if the lock cannot be had at once. Default `false`. */
  readonly ifAvailable?: boolean;
  /** Takes the lock from who holds it, and goes before all who wait. Default `false`. */
  readonly steal?: boolean;
  /** Ends the waiting; once the callback was called it changes nothing. */
  readonly signal?: AbortSignal;
}

/** A lock that is held, or asked for. */
export interface WebLockInfo {
  name: string;
  mode: Mode;
  /** Whose it is: the same for all of one lock manager. */
  clientId: string;
}

export interface WebLockManagerSnapshot {
  held: WebLockInfo[];
  pending: WebLockInfo[];
}

/** What `navigator.locks` is. */
export interface WebLockManager {
  request<T>(name: string, callback: (lock: WebLock | null) => T): Promise<Awaited<T>>;
  request<T>(
    name: string,
    options: WebLockOptions,
    callback: (lock: WebLock | null) => T,
  ): Promise<Awaited<T>>;
  query(): Promise<{ held?: Partial<WebLockInfo>[]; pending?: Partial<WebLockInfo>[] }>;
}

/** What `lockManager` gives: `navigator.locks` over a storage. */
export interface StorageLockManager {
  /**
   * Waits for the lock called `name`, calls `callback` with it, and releases it once what that returns has settled.
   *
   * @returns what `callback` returned
   * @throws what `callback` threw; a `DOMException`: `NotSupportedError` for options that exclude each other, a name that
   * begins with `-` or is too long for a storage, `AbortError` if the lock was stolen or lost, `SecurityError` if the storage
   * denies access; a `TypeError` for arguments of the wrong kind; the reason of `signal`; or an error of the lock or storage
   */
  request<T>(name: string, callback: (lock: StorageLock | null) => T): Promise<Awaited<T>>;
  request<T>(
    name: string,
    options: WebLockOptions,
    callback: (lock: StorageLock | null) => T,
  ): Promise<Awaited<T>>;
  /** Who holds and who waits: all of this process, and of others those that hold and the first that waits of each. */
  query(): Promise<WebLockManagerSnapshot>;
}
