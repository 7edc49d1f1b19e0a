import type { HeldClaim } from './holder.js';
import type { LockLostError } from './errors/index.js';

/** What a lock does in the background, for logs and progress. Nothing depends on anyone listening. */
export type LockEvent =
  | { readonly type: 'waiting'; readonly claim: HeldClaim; readonly waitedMs: number }
  | { readonly type: 'takeover'; readonly claim: HeldClaim; readonly why: 'unchanged' | 'dead' }
  | { readonly type: 'acquired'; readonly token: number; readonly waitedMs: number }
  | { readonly type: 'beat'; readonly token: number; readonly tookMs: number }
  | { readonly type: 'beat-failed'; readonly token: number; readonly error: unknown }
  | { readonly type: 'lost'; readonly token: number; readonly error: LockLostError }
  | { readonly type: 'released'; readonly token: number }
  | {
      readonly type: 'storage-error';
      readonly during: 'acquire' | 'beat' | 'cleanup' | 'give-up';
      readonly error: unknown;
    };

export type LockEventListener = (event: LockEvent) => void;
