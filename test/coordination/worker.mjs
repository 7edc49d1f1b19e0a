// A process that takes turns at a semaphore or lock, or campaigns, again and again, and writes down what it holds at which
// moment: first the time, then whether it holds. Ends when its input does.
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Election, isLockError, localVFS, Lock, Semaphore } from 'holdfast';
import { s3VFS } from '@holdfast/s3';
import { sftpVFS } from '@holdfast/sftp';

const {
  storage,
  log,
  name,
  part,
  dir,
  staleAfterMs,
  pollMs,
  holdMs,
  contenders = 1,
  permits,
  counts,
} = JSON.parse(process.argv[2]);
const file = openSync(log, 'a');
const write = (line) => writeSync(file, `${JSON.stringify({ name, ...line })}\n`);
const now = () => Number(process.hrtime.bigint()) / 1e6;
const vfs = open(storage);
const common = { id: 'torture', dir, staleAfterMs, pollMs, label: name };

const life = { ending: false };
process.stdin.on('end', () => (life.ending = true)).resume();
process.stdout.write('ready\n');

const parts = { semaphore: atSemaphore, lock: atLock, candidate: asCandidate, observer: asObserver };
await Promise.all(Array.from({ length: contenders }, (_, at) => parts[part](at)));
process.stdin.destroy();
await vfs.close();

function open({ kind, options }) {
  if (kind === 'local') return localVFS(options);
  return kind === 's3' ? s3VFS(options) : sftpVFS(options);
}

async function atSemaphore(at) {
  const semaphore = new Semaphore(vfs, { ...common, permits });
  for (let turn = at; !life.ending; turn++) {
    const count = counts[turn % counts.length];
    await hold(await semaphore.acquire({ count }), { weight: count });
  }
}

async function atLock(at) {
  const lock = new Lock(vfs, common);
  // `counts` says how many of its contenders write.
  const mode = at < counts ? 'exclusive' : 'shared';
  while (!life.ending) {
    const asked = now();
    const lease = await lock.acquire({ mode });
    const waitedMs = now() - asked;
    await hold(lease, { mode, waitedMs });
    if (mode === 'exclusive') await sleep(holdMs);
  }
}

async function asCandidate() {
  const election = new Election(vfs, { ...common, value: `${name} began` });
  while (!life.ending) {
    const leadership = await election.campaign();
    write({ type: 'leads', token: leadership.token });
    try {
      await leadership.proclaim(`${name} leads as ${leadership.token}`);
    } catch (error) {
      // It was stopped for too long, and leads no more.
      if (!isLockError(error, 'ELOCKLOST')) throw error;
    }
    await hold(leadership, {});
  }
}

async function asObserver() {
  const election = new Election(vfs, common);
  const leaving = new AbortController();
  process.stdin.once('end', () => leaving.abort());
  for await (const leader of election.observe({ signal: leaving.signal })) {
    write({ type: 'observed', at: now(), token: leader?.token, value: leader?.value });
  }
}

async function hold(lease, told) {
  const { token } = lease;
  const until = now() + holdMs;
  const prove = () => {
    const at = now();
    if (lease.held) write({ type: 'held', at, token, ...told });
    return lease.held;
  };
  while (prove() && now() < until) await sleep(Math.max(holdMs / 5, 2));
  prove();
  await (lease.release?.() ?? lease.resign());
}
