import type { Warden } from './warden.js';

/** The machines of the lab. `host` is this one, where Samba and sshd run. */
export type Member = 'one' | 'two' | 'server';

export const MEMBERS: readonly Member[] = ['one', 'two', 'server'];

/** In a network namespace of the lab's own, so that any number of labs can use the same ones. */
export const HOST_ADDRESS = '10.92.0.1';
export const ADDRESSES: Readonly<Record<Member, string>> = {
  one: '10.92.0.10',
  two: '10.92.0.11',
  server: '10.92.0.12',
};
export const MAC: Readonly<Record<Member, string>> = {
  one: '52:54:00:92:00:10',
  two: '52:54:00:92:00:11',
  server: '52:54:00:92:00:12',
};

const BRIDGE = 'bridge';
export const tapOf = (member: Member): string => `tap-${member}`;

/** The switch that all machines are plugged into. */
export class Network {
  readonly #warden: Warden;

  private constructor(warden: Warden) {
    this.#warden = warden;
  }

  static async build(warden: Warden): Promise<Network> {
    await warden.run('ip', 'link', 'add', BRIDGE, 'type', 'bridge');
    await warden.run('ip', 'addr', 'add', `${HOST_ADDRESS}/24`, 'dev', BRIDGE);
    await warden.run('ip', 'link', 'set', BRIDGE, 'up');
    const network = new Network(warden);
    for (const member of MEMBERS) {
      await warden.run('ip', 'tuntap', 'add', 'dev', tapOf(member), 'mode', 'tap');
      await network.connect(member);
    }
    return network;
  }

  /** Pulls the cable at the switch: packets vanish, and the machine is not told. */
  async cut(member: Member): Promise<void> {
    await this.#warden.run('ip', 'link', 'set', tapOf(member), 'nomaster');
  }

  async connect(member: Member): Promise<void> {
    await this.#warden.run('ip', 'link', 'set', tapOf(member), 'master', BRIDGE, 'up');
  }
}
