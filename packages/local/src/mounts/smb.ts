import type { Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { errnoOf, Refusal } from '../errors.js';
import type { Steps } from '../operations/steps.js';
import { system } from '../operations/system.js';

// What Linux's SMB client (measured: 6.1, with Samba 4.17) does otherwise than a filesystem is expected to, and what
// helps. A listing is the one answer that always comes from the server.

const LOOK_EVERY_MS = 50;
/**
 * Longest time that a client goes on believing what it saw last (mount option `actimeo`), or keeps open what was closed
 * (`closetimeo`): a second each, by default.
 */
const LONGEST_MS = 1500;

/** Makes `at`. The client takes what another host has just removed to be there still, and says `EEXIST` without asking. */
export function* unlessGone(at: string, make: () => Steps<void>): Steps<void> {
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    try {
      return yield* make();
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST' || waited >= LONGEST_MS || (yield* isListed(at))) throw error;
    }
    yield* system.pause(LOOK_EVERY_MS);
  }
}

/** Has the client ask for the attributes of `at` by a listing, from which it takes them over. To open it does not help. */
export function* askedStat(at: string, isRoot: boolean): Steps<Stats> {
  // What holds the root may lie on another filesystem, but its own listing also needs the server.
  if (isRoot) yield* system.readdir(at);
  else if (!(yield* isListed(at))) throw new Refusal('ENOENT', 'it does not exist');
  return yield* system.lstat(at);
}

/**
 * Waits until a file that was removed is gone: it stays, and is listed, as long as another host has it open, which it
 * has for a while after it closed it.
 */
export function* untilGone(at: string): Steps<void> {
  for (let waited = 0; waited < LONGEST_MS && (yield* isListed(at)); waited += LOOK_EVERY_MS) {
    yield* system.pause(LOOK_EVERY_MS);
  }
}

function* isListed(at: string): Steps<boolean> {
  return (yield* system.readdir(dirname(at))).some(({ name }) => name === basename(at));
}
