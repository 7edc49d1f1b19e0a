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
/** In the network over which the test talks to the machines. No fault ever hits it. */
export const CONTROL: Readonly<Record<Member, string>> = {
  one: '10.93.0.10',
  two: '10.93.0.11',
  server: '10.93.0.12',
};

/** The two network cards of a machine, as user-mode Linux is told of them. */
export function cardsOf(member: Member): string[] {
  const number = ADDRESSES[member].split('.').at(-1);
  return [tapOf(member), controlTapOf(member)].map(
    (tap, card) => `vec${card}:transport=tap,ifname=${tap},depth=64,gro=1,mac=52:54:00:9${card}:00:${number}`,
  );
}

const BRIDGE = 'bridge';
const CONTROL_BRIDGE = 'control';
const tapOf = (member: Member): string => `tap-${member}`;
const controlTapOf = (member: Member): string => `ctl-${member}`;

/** The switches that all machines are plugged into: one for file servers and clients, one for the test. */
export class Network {
  readonly #warden: Warden;

  private constructor(warden: Warden) {
    this.#warden = warden;
  }

  static async build(warden: Warden): Promise<Network> {
    const script = [
      ...bridge(BRIDGE, HOST_ADDRESS, MEMBERS.map(tapOf)),
      ...bridge(CONTROL_BRIDGE, '10.93.0.1', MEMBERS.map(controlTapOf)),
    ];
    await warden.run('sh', '-ec', script.join('\n'));
    return new Network(warden);
  }

  /** Pulls the cable at the switch: packets vanish, and the machine is not told. */
  async cut(member: Member): Promise<void> {
    await this.#warden.run('ip', 'link', 'set', tapOf(member), 'nomaster');
  }

  async connect(member: Member): Promise<void> {
    await this.#warden.run('ip', 'link', 'set', tapOf(member), 'master', BRIDGE);
  }
}

function bridge(name: string, address: string, taps: readonly string[]): string[] {
  return [
    `ip link add ${name} type bridge`,
    `ip addr add ${address}/24 dev ${name}`,
    `ip link set ${name} up`,
    ...taps.map((tap) => `ip tuntap add dev ${tap} mode tap && ip link set ${tap} master ${name} up`),
  ];
}
