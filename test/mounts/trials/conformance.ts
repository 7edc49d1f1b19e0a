import { vfsConformance, type Refusals } from '@holdfast/testkit';
import { HOSTS, type Bench, type HostName } from '../bench/bench.js';
import { remoteVFS } from '../bench/remote-vfs.js';
import { pointOf, type MountKind } from '../lab/mounts.js';
import { EXPORT } from '../lab/nfs-server.js';
import { SHARE } from '../lab/samba.js';
import type { FileServer } from '../lab/server.js';
import { SFTP_FOLDER } from '../lab/sshd.js';

/** What a client must see at once of what another one did, and races between the two. */
export const BETWEEN_HOSTS: ReadonlySet<string> = new Set([
  'mkdir is exclusive among concurrent callers on several clients',
  'mkdir is exclusive among several processes',
  'mkdir of a name that was removed works again, and is exclusive again',
  'mkdir sees at once what another client made and removed',
  'writeFile does not bring back a directory that was removed',
  'ls lists a large directory completely, also while it changes',
  'ls sees at once what another client made and removed',
  'stat sees at once what another client made, rewrote and removed',
  'readFile sees at once what another client wrote, rewrote and removed',
  'chtimes sets the mtime of a file and of a directory, or is ENOTSUP as declared',
  'rm of the same file by concurrent callers removes it once, and is ENOENT for whoever is late',
]);

/** What Samba does by default: one name for `A` and `a`, and nothing as long as a name of 255 bytes that are not ASCII. */
const SAMBA_REFUSES: Refusals = { case: 'EEXIST', NUL: 'EINVAL', 'long-utf8': 'ENOENT' };

let places = 0;

/** Registers the conformance suite for a mount, its clients on the two hosts in turn. */
export function conformance(
  bench: () => Bench,
  kind: MountKind,
  { test, only }: { test: (name: string, run: () => Promise<void>) => void; only?: ReadonlySet<string> },
): void {
  vfsConformance<RemotePlace>({
    test: (name, run) => {
      if (only?.has(name) ?? true) test(name, run);
    },
    factory: () => RemotePlace.make(bench(), kind),
    stall: ({ server }) => stall(server),
    inProcess: (place, job) => place.race(job),
    refuses: kind.server === 'samba' ? SAMBA_REFUSES : {},
    // As few of everything as still meets: each call takes a dozen context switches of emulated machines.
    callers: 4,
    clients: 4,
    rounds: 5,
    listingSize: 300,
    stalledDeadlineMs: 1500,
    patienceMs: 30_000,
  });
}

/** One host after the other. */
function hostOf(number: number): HostName {
  return number % 2 === 0 ? 'one' : 'two';
}

async function stall(server: FileServer): Promise<() => Promise<void>> {
  await server.freeze();
  return () => server.thaw();
}

class RemotePlace {
  readonly #bench: Bench;
  readonly #kind: MountKind;
  readonly #name = `place-${++places}`;
  #opened = 0;
  #racers = 0;

  private constructor(bench: Bench, kind: MountKind) {
    this.#bench = bench;
    this.#kind = kind;
  }

  static async make(bench: Bench, kind: MountKind): Promise<RemotePlace> {
    await Promise.all(HOSTS.map(async (host) => (await bench.contender(host, 'suite')).keep(pointOf(kind))));
    return new RemotePlace(bench, kind);
  }

  get server(): FileServer {
    return this.#bench.lab[this.#kind.server];
  }

  async open({ deadlineMs }: { readonly deadlineMs?: number } = {}): ReturnType<typeof remoteVFS> {
    const number = this.#opened++;
    const contender = await this.#bench.contender(hostOf(number), 'suite');
    return remoteVFS(contender, `${this.#name}-${number}`, this.#root, {
      create: true,
      deadlineMs,
      ...(this.#kind.protocol === 'NFSv3' && { settled: () => this.#bench.lab.nfs.tick() }),
    });
  }

  /** In one of four processes, two on each host. */
  async race(job: string): Promise<string> {
    const number = this.#racers++ % 4;
    const contender = await this.#bench.contender(hostOf(number), `suite-${number >> 1}`);
    const id = `${this.#name}-race-${number}`;
    await contender.keep(pointOf(this.#kind));
    const vfs = await remoteVFS(contender, id, this.#root, { create: true });
    try {
      return await contender.peer.call('race', id, job);
    } finally {
      await vfs.close();
    }
  }

  /** On the server, past every cache. */
  async cleanup(): Promise<void> {
    const { nfs, warden } = this.#bench.lab;
    if (this.#kind.server === 'nfs') await nfs.guest.sh(`rm -rf ${EXPORT}/${this.#name}`);
    else {
      const folder = this.#kind.server === 'samba' ? SHARE : SFTP_FOLDER;
      await warden.run('rm', '-rf', `${folder}/${this.#name}`);
    }
  }

  get #root(): string {
    return `${pointOf(this.#kind)}/${this.#name}`;
  }
}
