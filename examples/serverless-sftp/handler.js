// A Lambda handler that works on files of an SFTP server, under a lock on that same server: no database, no other
// service. Copies of it may run at any time, on any number of machines; one at a time gets to work.
import { setTimeout as sleep } from 'node:timers/promises';
import { isLockError, Lock } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';

// Outside of the handler, so that a warm start finds the connection open. It needs no closing: it lets the function
// freeze or end, and one that was frozen for too long is replaced by itself.
const vfs = sftpVFS({
  host: process.env.SFTP_HOST,
  port: Number(process.env.SFTP_PORT ?? 22),
  username: process.env.SFTP_USER,
  privateKey: process.env.SFTP_PRIVATE_KEY,
  hostKeyFingerprint: process.env.SFTP_HOST_KEY,
  base: process.env.SFTP_BASE,
  deadlineMs: 5_000,
});
const lock = new Lock(vfs, { id: 'invoice-numbers', dir: '/locks' });

/** Kept back from the time limit, to give the lock back and to answer. */
const RESERVE_MS = 1_000;

export async function handler(_event, context) {
  const leftMs = () => Math.max(1, context.getRemainingTimeInMillis() - RESERVE_MS);
  let lease;
  try {
    lease = await lock.acquire({ timeoutMs: leftMs() });
  } catch (error) {
    if (isLockError(error, 'ELOCKTIMEOUT')) return { statusCode: 423, body: 'busy, try again later' };
    throw error;
  }
  try {
    // Aborts when the lock is lost (after a long freeze, say) or the time is up, whichever comes first.
    const signal = AbortSignal.any([lease.signal, AbortSignal.timeout(leftMs())]);
    return { statusCode: 200, body: JSON.stringify(await nextInvoice(lease.token, signal)) };
  } finally {
    // Should the server have gone silent, then better answer in time: the lock goes stale, and is taken over.
    await Promise.race([
      lease.release().catch(console.error),
      sleep(RESERVE_MS / 2, undefined, { ref: false }),
    ]);
  }
}

/** The work: takes the next number of a file that is shared with everybody else. */
async function nextInvoice(token, signal) {
  const last = await vfs.readFile('/last-invoice.json', { signal }).then(
    (bytes) => JSON.parse(new TextDecoder().decode(bytes)).number,
    (error) => {
      if (error.code === 'ENOENT') return 0;
      throw error;
    },
  );
  const invoice = { number: last + 1, token };
  await vfs.writeFile('/last-invoice.json', JSON.stringify(invoice), { signal });
  return invoice;
}
