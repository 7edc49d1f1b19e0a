import { prepareKernel } from './uml/kernel.js';
import { Guest } from './guest.js';
import { Network } from './network.js';
import { NFSServer } from './nfs-server.js';
import { Samba } from './samba.js';
import type { FileServer } from './server.js';
import { Sshd } from './sshd.js';
import { Warden } from './warden.js';

const CLIENT_MEMORY_MB = 1024;
const SERVER_MEMORY_MB = 384;

/** Two hosts, an NFS server and an SMB server, on one machine and in a network of their own. */
export class Lab {
  readonly warden: Warden;
  readonly network: Network;
  readonly one: Guest;
  readonly two: Guest;
  readonly nfs: NFSServer;
  readonly samba: Samba;
  readonly sshd: Sshd;

  private constructor(
    warden: Warden,
    parts: { network: Network; one: Guest; two: Guest; nfs: NFSServer; samba: Samba; sshd: Sshd },
  ) {
    this.warden = warden;
    this.network = parts.network;
    this.one = parts.one;
    this.two = parts.two;
    this.nfs = parts.nfs;
    this.samba = parts.samba;
    this.sshd = parts.sshd;
  }

  static async up(): Promise<Lab> {
    const warden = await Warden.start();
    try {
      const network = await Network.build(warden);
      const kernel = await prepareKernel(warden);
      const client = async (name: 'one' | 'two'): Promise<Guest> => {
        const guest = new Guest(warden, name, {
          ...kernel,
          memoryMb: CLIENT_MEMORY_MB,
        });
        await guest.boot();
        return guest;
      };
      const server = { ...kernel, memoryMb: SERVER_MEMORY_MB };
      const [one, two, nfs, samba, sshd] = await Promise.all([
        client('one'),
        client('two'),
        NFSServer.start(warden, server),
        Samba.start(warden),
        Sshd.start(warden),
      ]);
      return new Lab(warden, { network, one, two, nfs, samba, sshd });
    } catch (error) {
      await warden.close();
      throw error;
    }
  }

  /** What happens to file servers happens to all of them at once. */
  async servers(what: (server: FileServer) => Promise<void>): Promise<void> {
    await Promise.all([this.nfs, this.samba, this.sshd].map(what));
  }

  /** Ends everything. */
  down(): Promise<void> {
    return this.warden.close();
  }
}
