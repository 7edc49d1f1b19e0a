import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { processTree } from '../servers/process.js';
import { noLab } from './lab/packages.js';
import { pause } from './bench/trial.js';

const why = await noLab();
const STAND = fileURLToPath(new URL('lab/dist/mounts/lab/stand.js', import.meta.url));
const PATIENCE_MS = 20_000;

/** When a process was started: a pid alone may soon be another's. See proc_pid_stat(5), field 22. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined; // It is gone.
  }
}

describe.skipIf(why !== undefined)(`the lab${why === undefined ? '' : ` (${why})`}`, () => {
  test('goes down completely when the process that it stands for is killed', async () => {
    const stand = spawn(process.execPath, [STAND], { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    for await (const chunk of stand.stdout) {
      printed += String(chunk);
      if (printed.includes('\n')) break;
    }
    const { pid } = JSON.parse(printed) as { pid: number };
    const members = new Map(processTree(pid).map((member) => [member, startOf(member)]));
    // Three kernels with their tasks, Samba, sshd, and the two that hold the namespaces.
    expect(members.size).toBeGreaterThan(8);

    stand.kill('SIGKILL');
    await once(stand, 'exit');
    const left = (): number[] =>
      [...members]
        .filter(([member, start]) => start !== undefined && startOf(member) === start)
        .map(([member]) => member);
    for (const end = performance.now() + PATIENCE_MS; left().length > 0 && performance.now() < end;)
      await pause(50);
    expect(left()).toEqual([]);
  });
});
