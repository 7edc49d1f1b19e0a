// Who holds the lock and who waits for it, as anybody can see it who can list its folder.
import { pathToFileURL } from 'node:url';
import { Lock, openVFS } from 'holdfast';

export class QueueWatch {
  #vfs;
  #lock;
  /** What was seen last: `{ holders: [{ name, shared }], waiters: [name] }`, in order. */
  seen = { holders: [], waiters: [] };

  static async open(folder) {
    const watch = new QueueWatch();
    watch.#vfs = await openVFS(pathToFileURL(folder));
    watch.#lock = new Lock(watch.#vfs, { id: 'demo' });
    return watch;
  }

  async look() {
    const { holders, waiters } = await this.#lock.inspect();
    // Each worker gives its name as the label of its claims.
    const name = ({ holder }) => holder?.label ?? '?';
    this.seen = {
      holders: holders.map((claim) => ({ name: name(claim), shared: claim.mode === 'shared' })),
      waiters: waiters.map(name),
    };
    return this.seen;
  }

  async close() {
    await this.#vfs.close();
  }
}
