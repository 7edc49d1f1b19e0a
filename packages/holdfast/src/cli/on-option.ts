/** What every command has. */
export const ON: readonly [flags: string, description: string] = [
  '--on <url>',
  'where the locks are: a URL or the path of a folder (default: $HOLDFAST_URL, else a folder of this user)',
];
