/** A process, told apart from every other that ever ran on the host. */
export interface ProcessIdentity {
  /** The host's name, for people. */
  readonly host: string;
  /** Unique to this boot of this host. Without it nothing can be proved. */
  readonly boot?: string | undefined;
  /** The pid namespace: a pid means nothing outside it. */
  readonly pidNamespace?: string | undefined;
  /** The time namespace: it shifts the start times that its processes read. */
  readonly timeNamespace?: string | undefined;
  readonly pid: number;
  /** When the process started, in whatever unit the host has. Pids are reused; a pid and a start are not. */
  readonly start?: string | undefined;
}

/** What the lock wants to know of the host that it runs on. Injected: the core knows no operating system. */
export interface HostIdentity {
  readonly self: ProcessIdentity;
  /**
   * Whether it is proved that `process` no longer lives: it ran on this host, in this boot, pid namespace and time
   * namespace, and is gone. Any doubt is `false`. Must not throw.
   */
  isDead(process: ProcessIdentity): boolean;
}
