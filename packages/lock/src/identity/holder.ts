/** Who holds a lock, as far as the storage tells. Written by whoever claimed it: information, not proof. */
export interface Holder {
  readonly host: string | undefined;
  readonly pid: number | undefined;
  readonly label: string | undefined;
}

/** The claim that stands in the way. */
export interface HeldClaim {
  readonly token: number;
  /** `undefined` while the holder has not written its first beat, or wrote one that cannot be read. */
  readonly holder: Holder | undefined;
  /** When it was acquired, by the holder's clock. */
  readonly since: Date | undefined;
}

/** `pid 4711 on db-1 ("nightly backup")`, or what is known of it. */
export function describeHolder(holder: Holder | undefined): string {
  if (holder === undefined) return 'a holder that has not said who it is';
  const process = holder.pid === undefined ? 'a process' : `pid ${holder.pid}`;
  const host = holder.host === undefined ? '' : ` on ${holder.host}`;
  return `${process}${host}${holder.label === undefined ? '' : ` (${JSON.stringify(holder.label)})`}`;
}
