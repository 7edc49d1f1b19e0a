import { linkSync, mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the size that a holder's record has. */
const RECORD = Buffer.alloc(260, 'x');
const CYCLES_A_SWEEP = 8;
const FLOORS_KEPT = 8;

/**
 * The file calls of one cycle and nothing else, one after the other on the main thread: a claim with its record, one
 * list, a second name for the claim that says it is over, and every eighth time the clean-up. Not a lock: what a lock
 * that does these calls cannot be faster than.
 */
export function bareCalls(folder) {
  const ledger = join(folder, 'bare');
  mkdirSync(ledger);
  const path = (number, mark = '') => `${ledger}/${String(number).padStart(16, '0')}${mark}`;
  let number = Date.now() * 1_000;
  writeFileSync(path(number, '.origin'), '');
  const floors = [];
  let over = [];

  const sweep = () => {
    writeFileSync(path(number, '.floor'), '', { flag: 'wx' });
    floors.push(number);
    for (const each of over) {
      unlinkSync(path(each));
      unlinkSync(path(each, '.free'));
    }
    over = [];
    if (floors.length > FLOORS_KEPT) unlinkSync(path(floors.shift(), '.floor'));
  };
  return {
    lock() {
      writeFileSync(path(++number), RECORD, { flag: 'wx' });
      readdirSync(ledger);
    },
    unlock() {
      linkSync(path(number), path(number, '.free'));
      if (over.push(number) === CYCLES_A_SWEEP) sweep();
    },
  };
}
