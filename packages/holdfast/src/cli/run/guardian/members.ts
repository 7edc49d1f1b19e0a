// Runs in the guardian, as text: see source.ts. It may use nothing but its parameters and what every JavaScript has.
import type { ProcessTable } from './processes.js';

/** What is to be ended. */
export type Guarded =
  /** A process group of its own. `start` is that of its leader, if it is known. */
  | { readonly kind: 'group'; readonly pid: number; readonly start: string | undefined }
  /** Processes that share their group with others, with their starts as far as known, and all that descends from them. */
  | { readonly kind: 'tree'; readonly known: ReadonlyMap<number, string | undefined> };

/** Those of `guarded` that live, with their starts. A pid that means another process by now is none of them. */
export function membersOf(guarded: Guarded, table: ProcessTable): Map<number, string> {
  const members = new Map<number, string>();
  if (guarded.kind === 'group') {
    // While anything is left of a group, its number is given to no new process. So another leader means another group.
    const leader = table.get(guarded.pid);
    if (leader !== undefined && guarded.start !== undefined && leader.start !== guarded.start) return members;
    for (const { pid, group, start } of table.values()) if (group === guarded.pid) members.set(pid, start);
    return members;
  }
  for (const [pid, start] of guarded.known) {
    const found = table.get(pid);
    if (found !== undefined && (start === undefined || found.start === start)) members.set(pid, found.start);
  }
  for (let before = -1; before < members.size;) {
    before = members.size;
    for (const { pid, parent, start } of table.values()) if (members.has(parent)) members.set(pid, start);
  }
  return members;
}
