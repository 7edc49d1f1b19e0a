/** After the first failure, in milliseconds; doubled after each further one. */
const FIRST_MS = 100;
const LONGEST_MS = 5_000;
/** After a refusal that will be the same again: servers lock out who knocks too often. */
const LONGEST_FINAL_MS = 30_000;

/**
 * Milliseconds to wait before the next attempt: none after no failure, then more and more, spread out so that many
 * clients of one server do not come back at the same moment.
 *
 * @param random from 0 up to 1
 */
export function backoffMs(failures: number, final: boolean, random: () => number): number {
  if (failures === 0) return 0;
  const longest = final ? LONGEST_FINAL_MS : LONGEST_MS;
  const full = Math.min((final ? 10 : 1) * FIRST_MS * 2 ** Math.min(failures - 1, 16), longest);
  return full * (0.5 + random() / 2);
}
