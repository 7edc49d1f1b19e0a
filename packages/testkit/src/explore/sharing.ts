import type { Hold } from './world.js';

/**
 * Who may hold the lock together.
 * - `nobody`: at most one holds it.
 * - `modes`: any number of holds whose mode is `shared`, or one other.
 * - `{ permits }`: holds that take no more than so many permits together.
 */
export type Sharing = 'nobody' | 'modes' | { readonly permits: number };

/** What a hold says of itself at one moment. */
export interface Holding {
  readonly mode: 'exclusive' | 'shared';
  readonly permits: number;
}

export function holdingOf({ mode = 'exclusive', permits = 1 }: Hold): Holding {
  return { mode, permits };
}

/** Whether all of `holdings` may be held at once. */
export function mayShare(sharing: Sharing, holdings: readonly Holding[]): boolean {
  if (typeof sharing === 'object')
    return holdings.reduce((sum, { permits }) => sum + permits, 0) <= sharing.permits;
  return holdings.length < 2 || (sharing === 'modes' && holdings.every(({ mode }) => mode === 'shared'));
}

/** The highest tokens granted so far. Those that may share the lock may be granted in any order. */
export interface HighestTokens {
  readonly any: number;
  readonly exclusive: number;
}

export const NO_TOKENS: HighestTokens = { any: 0, exclusive: 0 };

/** The token that a grant must be above. Between holders of permits there is no order that tokens could show. */
export function boundOf(sharing: Sharing, highest: HighestTokens, { mode }: Holding): number {
  if (typeof sharing === 'object') return 0;
  return sharing === 'modes' && mode === 'shared' ? highest.exclusive : highest.any;
}

export function raised(highest: HighestTokens, token: number, { mode }: Holding): HighestTokens {
  return {
    any: Math.max(highest.any, token),
    exclusive: mode === 'exclusive' ? Math.max(highest.exclusive, token) : highest.exclusive,
  };
}
