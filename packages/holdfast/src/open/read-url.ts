/** What the URL parser changes without a word, although it may be part of a name. */
const STRAY = /[\p{Cc}\p{Zl}\p{Zp}]|^\s|\s$/u;

/**
 * Reads a URL, and refuses what the parser would take for another one than was meant.
 *
 * @returns in place of a URL, a sentence that says what is wrong. It does not repeat the text, which may hold a password
 */
export function readURL(text: string, platform: NodeJS.Platform = process.platform): URL | string {
  if (STRAY.test(text)) {
    return 'there is white space or a control character in the URL, at one of its ends perhaps. Remove it, or write a space as %20';
  }
  if (/^file:(?!\/)/i.test(text)) {
    // The parser takes `file:locks` for `file:///locks`.
    return 'the folder must begin with /, as in file:///var/lib/locks';
  }
  if (/^file:/i.test(text) && text.includes('\\') && platform !== 'win32') {
    // The parser takes it for a slash.
    return 'there is a backslash in the URL. Write / between folders, or %5C for a backslash in a name';
  }
  if (!URL.canParse(text)) {
    return text.includes('@')
      ? 'it is not a whole URL. A password has no place in it, and other signs than letters and digits in a user name are written as %40 and so on'
      : 'it is not a whole URL';
  }
  return new URL(text);
}
