/** Ten characters out of `random`: enough that two contenders do not meet. */
export function nonce(random: () => number): string {
  return Math.floor(random() * 36 ** 10)
    .toString(36)
    .padStart(10, '0');
}
