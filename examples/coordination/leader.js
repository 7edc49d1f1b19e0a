// A service of which one instance leads, at an address that all the others find:
//
//   node examples/coordination/leader.js file:///mnt/share/service http://10.0.0.7:8080
//
// Leads for a moment, here, where a service would do so until it ends.
import { Election, openVFS } from 'holdfast';

const [url, address] = process.argv.slice(2);
const vfs = await openVFS(url);
const election = new Election(vfs, { id: 'scheduler', value: address, dir: '/locks' });

const leaving = new AbortController();
const following = follow(leaving.signal);
const leadership = await election.campaign();
await lead(leadership);
await leadership.resign();
leaving.abort();
await following;
await vfs.close();

/** What only one may do. What it writes to should refuse tokens lower than the highest it has seen. */
async function lead({ token, signal }) {
  signal.throwIfAborted();
  console.log(`${address} leads, token ${token}`);
  await new Promise((resolve) => setTimeout(resolve, 200));
}

/** What all do: know whom to ask. */
async function follow(signal) {
  for await (const leader of election.observe({ signal })) {
    console.log(leader === undefined ? 'nobody leads' : `${address} asks ${leader.value}`);
  }
}
