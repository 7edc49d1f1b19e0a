// Adds one to a number in a file, under a lock that is given back when the block ends, however it ends.
// `await using` is part of TypeScript since 5.2, and of Node since 24; elsewhere there is `lock.with(...)`, see below.
//
//   node await-using.js file:///mnt/share/counter
import { isVFSError, Lock, openVFS, type Lease, type VFS } from 'holdfast';

const [, , url = 'memory:counter'] = process.argv;
await using vfs = await openVFS(url);
const lock = new Lock(vfs, { id: 'counter' });

{
  await using lease = await lock.acquire({ timeoutMs: 30_000 });
  await increment(vfs, lease);
} // Released here, also if something was thrown.

// The same, without `using`.
await lock.with((lease) => increment(vfs, lease), { timeoutMs: 30_000 });

console.log(`The counter is at ${await read(vfs)}.`);

async function increment(storage: VFS, lease: Lease): Promise<void> {
  const value = await read(storage);
  lease.signal.throwIfAborted(); // Lost? Then somebody else may be writing.
  await storage.writeFile('/counter', String(value + 1));
}

async function read(storage: VFS): Promise<number> {
  try {
    return Number(new TextDecoder().decode(await storage.readFile('/counter')));
  } catch (error) {
    if (isVFSError(error, 'ENOENT')) return 0;
    throw error;
  }
}
