/** Ten characters out of `random`: enough that two contenders do not meet. */
export function nonce(random: () => number): string {
  let text = '';
  for (let at = 0; at < 2; at++) {
    text += Math.floor(random() * 36 ** 5)
      .toString(36)
      .padStart(5, '0');
  }
  return text;
}
