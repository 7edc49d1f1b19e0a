import { agree, type GuestClock } from '../lab/guest-clock.js';
import type { Guest } from '../lab/guest.js';
import { Lab } from '../lab/lab.js';
import { mountScript, type MountKind } from '../lab/mounts.js';
import { Contender } from './contender.js';

export type HostName = 'one' | 'two';
export const HOSTS: readonly HostName[] = ['one', 'two'];

/** Histories of two hosts are judged only if their clocks are known better than this: holds are longer, hand-overs too. */
export const LARGEST_CLOCK_ERROR_MS = 20;

/** A host of the lab with its mounts and what contends on it. */
interface Host {
  readonly guest: Guest;
  clock: GuestClock;
  readonly contenders: Map<string, Promise<Contender>>;
}

/** A lab whose two hosts have the same mounts. */
export class Bench {
  readonly lab: Lab;
  /** Those that trials are made on. */
  readonly mounts: readonly MountKind[];
  readonly #all: readonly MountKind[];
  readonly #hosts: Readonly<Record<HostName, Host>>;
  /** The process that works on the NFS server's own disk, once one was asked for. */
  readonly #onServer: { clock?: GuestClock; contender?: Promise<Contender> };

  private constructor(
    lab: Lab,
    hosts: Readonly<Record<HostName, Host>>,
    mounts: { readonly all: readonly MountKind[]; readonly tried: readonly MountKind[] },
    onServer: { clock?: GuestClock; contender?: Promise<Contender> } = {},
  ) {
    this.lab = lab;
    this.mounts = mounts.tried;
    this.#all = mounts.all;
    this.#hosts = hosts;
    this.#onServer = onServer;
  }

  static async up(mounts: readonly MountKind[]): Promise<Bench> {
    const lab = await Lab.up();
    try {
      const [one, two] = await Promise.all([lab.one, lab.two].map((guest) => prepared(guest, mounts)));
      if (one === undefined || two === undefined) throw new Error('a lab has two hosts');
      return new Bench(lab, { one, two }, { all: mounts, tried: mounts });
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** The same bench, for trials on some of its mounts. */
  only(tried: readonly MountKind[]): Bench {
    return new Bench(this.lab, this.#hosts, { all: this.#all, tried }, this.#onServer);
  }

  guest(host: HostName): Guest {
    return this.#hosts[host].guest;
  }

  /** A process of `host`; started on first use. */
  contender(host: HostName, role: string): Promise<Contender> {
    const { guest, clock, contenders } = this.#hosts[host];
    const contender = contenders.get(role) ?? Contender.start(guest, role, clock);
    contenders.set(role, contender);
    return contender;
  }

  /** A process of the NFS server's own machine, where what it exports is a local disk; started on first use. */
  async contenderOnServer(): Promise<Contender> {
    const { guest } = this.lab.nfs;
    const clock = (this.#onServer.clock ??= await guest.clock());
    this.#onServer.contender ??= Contender.start(guest, 'disk', clock);
    return this.#onServer.contender;
  }

  /** Starts a host again that was killed: none of its processes is left. */
  async reboot(host: HostName): Promise<void> {
    const at = this.#hosts[host];
    await at.guest.boot();
    at.contenders.clear();
    at.clock = (await prepared(at.guest, this.#all)).clock;
  }

  /** How far two moments of different hosts can really be apart from what they seem to be, in milliseconds. */
  get clockErrorMs(): number {
    const ofServer = this.#onServer.clock?.errorMs ?? 0;
    return HOSTS.reduce((sum, host) => sum + this.#hosts[host].clock.errorMs, ofServer);
  }

  /** Whether the clocks still stand to each other as they did when they were measured. */
  async clocksHold(): Promise<boolean> {
    const kept = await Promise.all(
      HOSTS.map(async (host) => agree(this.#hosts[host].clock, await this.#hosts[host].guest.clock())),
    );
    return kept.every(Boolean);
  }

  down(): Promise<void> {
    return this.lab.down();
  }
}

async function prepared(guest: Guest, mounts: readonly MountKind[]): Promise<Host> {
  // What a distribution starts at boot, and NFSv3 without `nolock` asks for.
  await guest.sh(
    'mkdir -p /run/rpcbind /var/lib/nfs/sm /var/lib/nfs/sm.bak && rpcbind -w && rpc.statd --no-notify',
  );
  for (const kind of mounts) await guest.sh(mountScript(kind));
  return { guest, clock: await guest.clock(), contenders: new Map() };
}
