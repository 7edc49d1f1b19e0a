/**
 * Digests of 53 bits, as plain numbers: small enough to keep millions of, and wide enough that two of a million meet by
 * accident once in twenty thousand searches.
 *
 * Source of the mixing: bryc, "cyrb53" (public domain).
 */
export type Digest = number;

export const NOTHING: Digest = 0;

/** The digest of `text` after `before`. */
export function digest(before: Digest, text: string): Digest {
  let high = 0xdeadbeef ^ (before / 0x1_0000_0000);
  let low = 0x41c6ce57 ^ before;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  return finished(high, low);
}

/** The digest of `value`, a number of any size, after `before`. */
export function digestNumber(before: Digest, value: number): Digest {
  let high = 0xdeadbeef ^ (before / 0x1_0000_0000);
  let low = 0x41c6ce57 ^ before;
  high = Math.imul(high ^ value, 2654435761);
  low = Math.imul(low ^ value, 1597334677);
  const rest = value / 0x1_0000_0000;
  high = Math.imul(high ^ rest, 2654435761);
  low = Math.imul(low ^ rest, 1597334677);
  return finished(high, low);
}

/** The digest of a set: the order in which its members are added makes no difference. */
export function together(set: Digest, member: Digest): Digest {
  // Without ever passing what a number can hold exactly, where it would depend on the order after all.
  const room = Number.MAX_SAFE_INTEGER - member;
  return set > room ? set - room : set + member;
}

function finished(a: number, b: number): Digest {
  let high = a;
  let low = b;
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 0x1_0000_0000 * (0x1f_ffff & low) + (high >>> 0);
}
