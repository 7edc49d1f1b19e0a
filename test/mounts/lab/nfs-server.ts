import { Guest, type Kernel } from './guest.js';
import { LAB } from './folders.js';
import type { FileServer } from './server.js';
import type { Warden } from './warden.js';

const DISK = `${LAB}/nfs-disk`;
/** What is exported, as NFSv3 clients name it; NFSv4 clients call it `/`. */
export const EXPORT = '/run/disk/export';

/**
 * The export options are the defaults but for what a test machine needs: `insecure` for high ports, `no_root_squash`.
 * Grace and lease are as short as the kernel lets them be, instead of 90 s, so that a restart is over in a test's time.
 */
const serve = (modules: string): string => `
  set -e
  mkdir -p /run/disk
  mount /dev/ubda /run/disk
  mkdir -p ${EXPORT} /run/disk/state/v4recovery /run/disk/state/sm /run/rpcbind
  chmod 777 ${EXPORT}
  mount --bind /run/disk/state /var/lib/nfs
  touch /var/lib/nfs/etab /var/lib/nfs/rmtab
  modprobe -d ${modules} nfsd
  mount -t nfsd nfsd /proc/fs/nfsd
  rpcbind -w
  exportfs -i -o rw,no_root_squash,insecure,no_subtree_check,fsid=0 '*:${EXPORT}'
  rpc.nfsd -V 3 -V 4.2 --grace-time 10 --lease-time 10 8
  rpc.mountd`;

/** The kernel's NFS server, in a guest of its own, on a disk that outlives the guest. */
export class NFSServer implements FileServer {
  readonly guest: Guest;
  readonly #modules: string;

  private constructor(guest: Guest, modules: string) {
    this.guest = guest;
    this.#modules = modules;
  }

  static async start(warden: Warden, kernel: Kernel): Promise<NFSServer> {
    await warden.run('truncate', '-s', '256M', DISK);
    await warden.run('mkfs.ext4', '-q', DISK);
    const server = new NFSServer(new Guest(warden, 'server', { ...kernel, disk: DISK }), kernel.modules);
    await server.#up();
    return server;
  }

  /** Resolves once the clock that the server stamps files with has gone on. It goes in steps, and late on a busy machine. */
  tick(): Promise<void> {
    return this.guest.tick('/run/disk/clock');
  }

  freeze(): Promise<void> {
    return this.guest.freeze();
  }

  thaw(): Promise<void> {
    return this.guest.thaw();
  }

  /** Pulls the plug and starts it again. */
  async restart(): Promise<void> {
    await this.guest.kill();
    await this.#up();
  }

  async #up(): Promise<void> {
    await this.guest.boot();
    await this.guest.sh(serve(this.#modules));
  }
}
