import type { HeldClaim } from './identity/index.js';
import type { LockLostError } from './errors/index.js';

/** What a lock does in the background, for logs and progress. Nothing depends on anyone listening. */
export type LockEvent =
  | {
      readonly type: 'waiting';
      /** The first of those in the way: who holds the lock, or comes first. */
      readonly claim: HeldClaim;
      /** How many are in the way, those that hold among them. */
      readonly ahead: number;
      readonly waitedMs: number;
    }
  | { readonly type: 'takeover'; readonly claim: HeldClaim; readonly why: 'unchanged' | 'dead' }
  | { readonly type: 'acquired'; readonly token: number; readonly waitedMs: number }
  | { readonly type: 'beat'; readonly token: number; readonly tookMs: number }
  | { readonly type: 'beat-failed'; readonly token: number; readonly error: unknown }
  | { readonly type: 'lost'; readonly token: number; readonly error: LockLostError }
  | { readonly type: 'released'; readonly token: number }
  | {
      readonly type: 'storage-error';
      readonly during: 'acquire' | 'beat' | 'cleanup' | 'give-up' | 'observe';
      readonly error: unknown;
    };

export type LockEventListener = (event: LockEvent) => void;
