/** Short, so that it fits into ten seconds. The default of 10 000 is right for almost everybody. */
export const STALE_AFTER_MS = 1_500;

export const NAMES = ['alpha', 'bravo', 'charlie', 'delta', 'echo'];

/** When things happen, in milliseconds from the moment that everybody is ready. */
export const KILL_AT_MS = 2_500;
export const STOP_AT_MS = 4_500;
export const SHARE_AT_MS = 8_000;
export const END_AT_MS = 10_500;

/** For how long after the takeover the stopped one stays stopped. */
export const STOPPED_ON_MS = 700;

/** How long each reads under a shared lease. */
export const READING_MS = 1_000;

/** Longer than anything here should take; then the demonstration has failed. */
export const PATIENCE_MS = 15_000;
