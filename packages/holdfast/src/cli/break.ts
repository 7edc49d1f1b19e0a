import { describeHolder, Lock, type ClaimInfo, type LockInfo } from '@holdfast/lock';
import { printable } from '@holdfast/vfs';
import { createInterface } from 'node:readline/promises';
import { formatDuration } from './duration.js';
import { ExitStatus } from './exit-status.js';
import { UsageError } from './failure.js';
import { Notices } from './notices.js';
import { openTarget } from './target/cli-target.js';
import type { BreakSettings } from './settings.js';

/** `holdfast break`: frees a lock although its holder may live. @returns the exit status */
export async function breakLock(settings: BreakSettings): Promise<number> {
  const { id, token } = settings;
  const notices = new Notices({ quiet: false });
  if (!settings.yes && !(process.stdin.isTTY && process.stderr.isTTY)) {
    throw new UsageError('there is no terminal to ask on; pass --yes if you are sure');
  }
  const { vfs } = await openTarget(settings.on);
  try {
    const lock = new Lock(vfs, { id });
    const info = await lock.inspect();
    const claim = [...info.holders, ...info.waiters].find((one) => one.token === token);
    if (claim !== undefined) {
      if (!settings.yes && !(await confirmed(id, claim))) {
        notices.tell('nothing was changed');
        return ExitStatus.refused;
      }
      if (await lock.breakLock({ token })) {
        notices.tell(`freed lock "${id}", token ${token}; its holder learns of it at its next heartbeat`);
        return ExitStatus.done;
      }
    }
    notices.warn(`nothing was changed: ${describeNow(await lock.inspect(), token)}`);
    return ExitStatus.refused;
  } finally {
    await vfs.close();
  }
}

async function confirmed(id: string, { token, holder, since }: ClaimInfo): Promise<boolean> {
  const held = since === undefined ? '' : ` for ${formatDuration(Date.now() - since.getTime())}`;
  process.stderr.write(
    printable(`Lock "${id}", token ${token}, is held by ${describeHolder(holder)}${held}.`) +
      '\nIf its holder still works, two will work at the same time until it notices.\n',
  );
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  prompt.once('close', () => gone.abort());
  try {
    return /^y(?:es)?$/i.test((await prompt.question('Break it? [y/N] ', { signal: gone.signal })).trim());
  } catch {
    process.stderr.write('\n');
    return false; // Ctrl-C, or the end of the input: no answer is a no.
  } finally {
    prompt.close();
  }
}

function describeNow({ id, state, holders }: LockInfo, token: number): string {
  const tokens = holders.map((holder) => holder.token).join(', ');
  if (state !== 'free') return `lock "${id}" is held with token ${tokens}, not ${token}`;
  return `lock "${id}" is free`;
}
