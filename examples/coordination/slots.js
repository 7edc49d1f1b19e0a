// A worker that takes one of three slots, whatever the number of hosts it is started on:
//
//   node examples/coordination/slots.js file:///mnt/share/jobs
import { openVFS, Semaphore } from 'holdfast';

const vfs = await openVFS(process.argv[2]);
const slots = new Semaphore(vfs, { id: 'encoder', permits: 3, dir: '/locks' });

// A job that needs more takes more, all at once: with { count: 2 } as the second argument.
await slots.with(async (lease) => {
  const { holders } = await slots.inspect();
  console.log(`encoding as one of ${holders.length}, token ${lease.token}`);
  await encode(lease.signal);
});
await vfs.close();

/** The work itself. It stops as soon as the signal says that the slot is lost. */
async function encode(signal) {
  signal.throwIfAborted();
  await new Promise((resolve) => setTimeout(resolve, 100));
}
