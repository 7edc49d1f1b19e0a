import { isVFSError, scoped, type VFS } from '@holdfast/vfs';
import { eventually } from './eventually.js';
import { readJob, type Job } from './job.js';

/**
 * The part of the conformance suite that runs in processes of its own: makes the directories that `job` names, in
 * a race with the other processes, and resolves to what the hook `inProcess` has to hand back.
 *
 * @param vfs a client of the place, opened in this process
 * @param job what the hook `inProcess` was called with
 */
export async function contend(vfs: VFS, job: string): Promise<string> {
  const parsed = readJob(job);
  const view = scoped(vfs, parsed.scope);
  const codes: string[] = [];
  for (const [round, path] of parsed.paths.entries()) {
    await meet(view, round, parsed);
    try {
      await view.mkdir(path);
      codes.push('made');
    } catch (error) {
      if (!isVFSError(error)) throw error;
      codes.push(error.code);
    }
  }
  return JSON.stringify(codes);
}

/** Everybody waits for everybody at each path: processes start at different times, and would not race otherwise. */
async function meet(vfs: VFS, round: number, { me, contenders, patienceMs }: Job): Promise<void> {
  await vfs.writeFile(`/ready-${round}-${me}`, '');
  await eventually(
    async () => {
      const ready = (await vfs.ls('/')).filter(({ name }) => name.startsWith(`ready-${round}-`));
      return ready.length === contenders || undefined;
    },
    patienceMs,
    `the other processes have not come to round ${round}`,
    1,
  );
}
