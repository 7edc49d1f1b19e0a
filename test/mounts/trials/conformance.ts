import { vfsConformance } from '@holdfast/testkit';
import { VFSError } from '@holdfast/vfs';
import { HOSTS, type Bench } from '../bench/bench.js';
import { remoteVFS } from '../bench/remote-vfs.js';
import { pointOf, type MountKind } from '../lab/mounts.js';

let places = 0;

/** The conformance suite, with its clients on the two hosts in turn: whatever the one does, the other must see. */
export async function conformance(bench: Bench, kind: MountKind): Promise<string[]> {
  const t = performance.now();
  // The adapter ends its helper process with the last VFS of a device; one that stays open saves a start for each case.
  for (const host of HOSTS) {
    const contender = await bench.contender(host, 'suite');
    await remoteVFS(contender, `${kind.id} kept`, pointOf(kind), {}).then((vfs) => vfs.ls('/'));
  }
  const failures = new Map<string, unknown>();
  const cases: [string, () => Promise<void>][] = [];
  vfsConformance({ test: (name, run) => cases.push([name, run]),
    callers: 4, clients: 4, rounds: 5, listingSize: 300, stalledDeadlineMs: 1500,
    refuses: {},
    skip: (name) => console.log('skipped', name),
    factory: async () => {
      const place = `${pointOf(kind)}/place-${++places}`;
      let opened = 0;
      return {
        open: async ({ deadlineMs } = {}) => {
          const contender = await bench.contender(HOSTS[opened % 2]!, 'suite');
          return remoteVFS(contender, `${place} ${opened++}`, place, { create: true, deadlineMs });
        },
        cleanup: async () => {
          await bench.guest('one').sh(`rm -rf ${place}`);
        },
      };
    },
    stall: async () => {
      const server = kind.server === 'nfs' ? bench.lab.nfs : bench.lab.samba;
      await server.freeze();
      return () => server.thaw();
    },
    inProcess: async () => { throw new VFSError({ code: 'ENOTSUP', op: 'open', path: '/', adapter: 'x' }); },
  });
  for (const [name, run] of cases) {
    const t0 = performance.now();
    try { await run(); } catch (error) { failures.set(name, error); }
    console.log(Math.round(performance.now() - t0), name);
    if (performance.now() - t > 200_000) break;
  }
  console.log(kind.title, performance.now() - t);
  return [...failures].map(([name, error]) => `${name}: ${error instanceof Error ? error.message : String(error)}`);
}
