/** What a storage can do, as plain frozen data. A caller decides by it; nothing here changes while a VFS lives. */
export interface Capabilities {
  /** `known`: the adapter vouches that `mkdir` is exclusive. `probe`: it cannot know, so look before you rely on it. */
  readonly exclusiveMkdir: 'known' | 'probe';
  /** Whether `writeFile` takes `{ exclusive: true }`. */
  readonly exclusiveWrite: boolean;
  /**
   * Which exclusive creation is the cheaper one here: `mkdir`, or `writeFile` with `{ exclusive: true }`. `file` only
   * where `exclusiveWrite` is `true`. Whatever it is, a name that exists as either kind refuses both with `EEXIST`, but
   * where directories are virtual.
   */
  readonly claimAs: 'directory' | 'file';
  /** Whether `link` works. */
  readonly link: boolean;
  /** Whether `chtimes` works. */
  readonly chtimes: boolean;
  /** Whether `rename` works. */
  readonly rename: boolean;
  /** Whether `watch` works. */
  readonly watch: boolean;
  /** `virtual`: a directory exists only as a marker or a common prefix, so a missing parent may go unnoticed. */
  readonly directories: 'real' | 'virtual';
  /**
   * What a fresh listing carries. `versions`: size and mtime or etag too, so that a changed file shows in it.
   * `names`: only names can be trusted, a change of content shows by reading alone.
   */
  readonly listing: 'names' | 'versions';
  /** The smallest step of an mtime, in milliseconds. */
  readonly mtimeGranularityMs: number;
  /** Whether an abort can stop a call on the wire, or only lets the caller go. */
  readonly abort: 'wire' | 'caller';
  /** What a call costs: microseconds, a round trip, or a round trip and money. Default timings follow from it. */
  readonly cost: 'local' | 'network' | 'metered';
}
