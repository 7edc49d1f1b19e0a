// Moves what two locks guard from one account to another, in both directions at once, without a deadlock:
//
//   node examples/coordination/transfer.js file:///mnt/share/bank alice bob
import { Lock, lockAll, openVFS } from 'holdfast';

const [url, from, to] = process.argv.slice(2);
const vfs = await openVFS(url);
const accountOf = (id) => new Lock(vfs, { id, dir: '/accounts' });

// In whatever order they are named, everybody obtains them in the same one.
const leases = await lockAll([accountOf(from), accountOf(to)], { timeoutMs: 30_000 });
try {
  leases.signal.throwIfAborted();
  console.log(`moved from ${from} to ${to} under ${leases.leases.map(({ token }) => token).join(' and ')}`);
} finally {
  await leases.release();
}
await vfs.close();
