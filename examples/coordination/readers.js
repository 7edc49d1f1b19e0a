// A report that many hosts read, and that one of them writes anew now and then:
//
//   node examples/coordination/readers.js file:///mnt/share/report write
//   node examples/coordination/readers.js file:///mnt/share/report read
import { isVFSError, Lock, openVFS } from 'holdfast';

const [url, what] = process.argv.slice(2);
const vfs = await openVFS(url);
const lock = new Lock(vfs, { id: 'report', dir: '/locks' });

if (what === 'write') {
  // Waits for those that read, and lets nobody begin to read meanwhile.
  await lock.with(async ({ token, signal }) => {
    for (const part of ['/head', '/body']) {
      signal.throwIfAborted();
      await vfs.writeFile(part, `written under ${token}`);
    }
  });
} else {
  // Any number at once. Both parts are of one writer.
  const parts = await lock.with(() => Promise.all([read('/head'), read('/body')]), { mode: 'shared' });
  console.log(parts.join(' | '));
}
await vfs.close();

async function read(path) {
  try {
    return new TextDecoder().decode(await vfs.readFile(path));
  } catch (error) {
    if (isVFSError(error, 'ENOENT')) return 'nothing yet';
    throw error;
  }
}
