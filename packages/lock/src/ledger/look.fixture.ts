import type { Entry } from '@holdfast/vfs';
import { lookOf, type Look } from './look.js';

/** A look at a ledger that has entries of these names; digits in front of a string may lack their zeros. */
export function lookAt(...names: readonly (string | Entry)[]): Look {
  const entries = names.map((name): Entry =>
    typeof name === 'string' ? { name: full(name), type: 'directory' } : name,
  );
  return lookOf(entries, 10, 20);
}

export function full(name: string): string {
  return name.replace(/^\d+(?=$|\.)/, (digits) => digits.padStart(16, '0'));
}
