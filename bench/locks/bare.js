import { linkSync, mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of the size that a holder's record has. */
const RECORD = Buffer.alloc(260, 'x');
const CYCLES_A_SWEEP = 8;
const FLOORS_KEPT = 8;

/** So long may a claim be one more name of an earlier one's file. */
const ALIKE_MS = 1_000;

/**
 * The file calls of one cycle and nothing else, one after the other on the main thread: a claim, one more name of a file
 * with its record, one list, another name that says it is over, and every eighth time the clean-up. Not a lock: what a lock
 * that does these calls cannot be faster than.
 */
export function bareCalls(folder) {
  const ledger = join(folder, 'bare');
  mkdirSync(ledger);
  const path = (number, mark = '') => `${ledger}/${String(number).padStart(16, '0')}${mark}`;
  let number = Date.now() * 1_000;
  const first = number + 1;
  let madeAt = 0;
  writeFileSync(path(number, '.origin'), '');
  const floors = [];
  let over = [];

  const sweep = () => {
    const last = over.pop();
    writeFileSync(path(last - 1, '.floor'), '', { flag: 'wx' });
    floors.push(last - 1);
    for (const each of over) {
      unlinkSync(path(each));
      unlinkSync(path(each, '.free'));
    }
    over = [last];
    if (floors.length > FLOORS_KEPT) unlinkSync(path(floors.shift(), '.floor'));
  };
  return {
    lock() {
      const last = path(number++);
      if (number > first && Date.now() - madeAt < ALIKE_MS) linkSync(last, path(number));
      else {
        writeFileSync(path(number), RECORD, { flag: 'wx' });
        madeAt = Date.now();
      }
      readdirSync(ledger);
    },
    unlock() {
      linkSync(path(number), path(number, '.free'));
      if (over.push(number) > CYCLES_A_SWEEP) sweep();
    },
  };
}
