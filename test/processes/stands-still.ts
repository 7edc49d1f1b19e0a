import { readdirSync, readFileSync } from 'node:fs';
import { processTree } from '../servers/process.js';

/** Whether a process and all that it started are stopped, every thread of them: a SIGSTOP takes its time. */
export function standsStill(pid: number): boolean {
  if (process.platform !== 'linux') return true;
  return processTree(pid).every((each) =>
    readdirSync(`/proc/${each}/task`).every((thread) => {
      const stat = readFileSync(`/proc/${each}/task/${thread}/stat`, 'latin1');
      return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
    }),
  );
}
