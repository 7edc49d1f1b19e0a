// Code that was written for navigator.locks, over a storage: between processes and hosts.
//
//   node examples/coordination/web-locks.js file:///mnt/share/app
import { lockManager, openVFS } from 'holdfast';

const vfs = await openVFS(process.argv[2]);
await sync(lockManager(vfs, { dir: '/locks' }));
await vfs.close();

/** @param {import('holdfast').WebLockManager} locks that of a browser would do as well */
async function sync(locks) {
  const result = await locks.request('sync', { ifAvailable: true }, async (lock) => {
    if (lock === null) return 'somebody else is at it';
    const { held } = await locks.query();
    return `${lock.mode}: ${held.map(({ name }) => name).join()}`;
  });
  console.log(result);
}
