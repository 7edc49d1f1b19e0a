// A cron job that is installed on several hosts, of which one is to run it each night:
//
//   30 2 * * *  node /opt/report/nightly-report.js file:///mnt/share/report
//
// The share is any storage that all of them reach. Whoever comes second finds the lock held, or the work done: hosts whose
// clocks differ may come one after the other, so the lock alone would not do.
import { isLockError, isVFSError, Lock, openVFS } from 'holdfast';

const DONE = '/last-night';

const vfs = await openVFS(process.argv[2]);
const lock = new Lock(vfs, { id: 'nightly-report', label: 'nightly report' });
try {
  // Does not wait. A holder that died is found out, though, and its lock taken over.
  const lease = await lock.tryAcquire();
  try {
    await reportOnce(lease.signal);
  } finally {
    await lease.release();
  }
} catch (error) {
  if (!isLockError(error, 'ELOCKED')) throw error;
  console.log(`Another host is at it. ${error.message}`);
} finally {
  await vfs.close();
}

async function reportOnce(signal) {
  const today = new Date().toISOString().slice(0, 10);
  if ((await lastNight()) === today) {
    console.log('It was done already.');
    return;
  }
  await report(signal);
  // Under the lock still: nobody else can have begun meanwhile.
  signal.throwIfAborted();
  await vfs.writeFile(DONE, today);
}

/** The work itself. It stops as soon as the signal says that the lock is lost. */
async function report(signal) {
  signal.throwIfAborted();
  console.log('The report was written.');
}

async function lastNight() {
  try {
    return new TextDecoder().decode(await vfs.readFile(DONE));
  } catch (error) {
    if (isVFSError(error, 'ENOENT')) return undefined;
    throw error;
  }
}
