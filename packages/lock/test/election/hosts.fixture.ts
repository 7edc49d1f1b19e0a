import { Election, type ElectionOptions, type Leader } from '@holdfast/lock';
import { short, type Host, type Hosts } from '../hosts.fixture.js';

export function election(host: Host, value?: string, options: Partial<ElectionOptions> = {}): Election {
  const { vfs, clock, events } = host;
  const onEvent = (event: (typeof events)[number]): void => void events.push(event);
  return new Election(vfs, { id: 'chief', value, clock, onEvent, ...options });
}

/** The names in the ledger, numbers without their zeros. */
export async function ledger(hosts: Hosts): Promise<string[]> {
  return (await hosts.truth.ls('/election-chief')).map(({ name }) => short(name)).sort();
}

/** What an observer was told so far. */
export function observed(
  by: Election,
  signal?: AbortSignal,
): {
  readonly seen: (string | undefined)[];
  readonly tokens: (number | undefined)[];
  readonly ended: Promise<unknown>;
} {
  const seen: (string | undefined)[] = [];
  const tokens: (number | undefined)[] = [];
  const run = async (): Promise<string> => {
    for await (const leader of by.observe({ signal })) {
      seen.push(valueOf(leader));
      tokens.push(leader?.token);
    }
    return 'ended';
  };
  return { seen, tokens, ended: run().catch((error: unknown) => error) };
}

export function valueOf(leader: Leader | undefined): string | undefined {
  return leader?.value;
}
