/** What is wrong with one option, as zod tells it, and most that implement Standard Schema (https://standardschema.dev). */
export interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * All that is wrong with the options of an adapter, on one line, for the `detail` of a `VFSError` with code `EINVAL`:
 * `port: must be below 65536; Unrecognized key: "hots"`. It names options and never shows a value, as long as the
 * messages of the schema do not.
 */
export function describeIssues({ issues }: { readonly issues: readonly Issue[] }): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`))
    .join('; ');
}
