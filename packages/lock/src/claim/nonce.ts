const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Ten characters out of `random`: enough that two contenders do not meet. */
export function nonce(random: () => number): string {
  return fiveOf(random()) + fiveOf(random());
}

/** Not by `toString(36)`, which takes longer than all else that a record is made of. */
function fiveOf(random: number): string {
  let rest = Math.floor(random * 36 ** 5);
  let text = '';
  for (let at = 0; at < 5; at++) {
    text = CHARACTERS.charAt(rest % 36) + text;
    rest = Math.floor(rest / 36);
  }
  return text;
}
