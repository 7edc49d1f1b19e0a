import { describeHolder, Lock, type ClaimInfo, type LockInfo } from '@holdfast/lock';
import { printable } from '@holdfast/vfs';
import { createInterface } from 'node:readline/promises';
import { formatDuration } from './duration.js';
import { ExitStatus } from './exit-status.js';
import { UsageError } from './failure.js';
import { Notices } from './notices.js';
import type { BreakSettings } from './settings.js';
import { assertThere, openTarget } from './target/cli-target.js';

/** `holdfast break`: ends a claim although its owner may live. @returns the exit status */
export async function breakLock(settings: BreakSettings): Promise<number> {
  const { id, token } = settings;
  const notices = new Notices({ quiet: false });
  if (!settings.yes && !(process.stdin.isTTY && process.stderr.isTTY)) {
    throw new UsageError('there is no terminal to ask on; pass --yes if you are sure');
  }
  const target = await openTarget(settings.on);
  const { vfs } = target;
  try {
    await assertThere(target);
    const lock = new Lock(vfs, { id });
    const info = await lock.inspect();
    const has = (claims: readonly ClaimInfo[]): ClaimInfo | undefined =>
      claims.find((claim) => claim.token === token);
    const [holding, waiting] = [has(info.holders), has(info.waiters)];
    const claim = holding ?? waiting;
    if (claim !== undefined) {
      const question = holding === undefined ? whatWaits(id, claim) : whatHolds(id, claim);
      if (!settings.yes && !(await confirmed(question))) {
        notices.tell('nothing was changed');
        return ExitStatus.refused;
      }
      if (await lock.breakLock({ token })) {
        const lost = holding === undefined ? 'its place in the queue' : 'the lock';
        notices.tell(
          `token ${token} of lock "${id}" has lost ${lost}; ${describeHolder(claim.holder)} learns of it at its next heartbeat`,
        );
        return ExitStatus.done;
      }
    }
    notices.warn(`nothing was changed: ${describeNow(await lock.inspect(), token)}`);
    return ExitStatus.refused;
  } finally {
    await vfs.close();
  }
}

function whatHolds(id: string, claim: ClaimInfo): readonly string[] {
  return [
    `Lock "${id}", token ${claim.token}, is held by ${describeOwner(claim)}.`,
    'If its holder still works, two will work at the same time until it notices.',
  ];
}

function whatWaits(id: string, claim: ClaimInfo): readonly string[] {
  return [
    `${describeOwner(claim)} waits for lock "${id}", token ${claim.token}.`,
    'If it still lives, it queues again behind all others.',
  ];
}

function describeOwner({ holder, since }: ClaimInfo): string {
  const asked =
    since === undefined ? '' : `, which asked ${formatDuration(Date.now() - since.getTime())} ago`;
  return `${describeHolder(holder)}${asked}`;
}

async function confirmed(question: readonly string[]): Promise<boolean> {
  for (const line of question) process.stderr.write(`${printable(line)}\n`);
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

function describeNow({ id, state, holders, waiters }: LockInfo, token: number): string {
  const tokens = [...holders, ...waiters].map((claim) => claim.token);
  if (tokens.length === 0) return `lock "${id}" is free`;
  const held = state === 'free' ? 'is free, and waited for' : 'is held and waited for';
  return `lock "${id}" ${held} with token ${tokens.join(', ')}, not ${token}`;
}
