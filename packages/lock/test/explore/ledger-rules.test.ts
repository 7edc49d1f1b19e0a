import { explore, type ActorScript, type Scenario } from '@holdfast/testkit/explore';
import type { VFS } from '@holdfast/vfs';
import { describe, expect, test } from 'vitest';
import { ledgerRules, type LedgerRuleOptions } from './ledger-rules.js';

const at = (name: string): string => `/lock/${name.replace(/^\d+/, (number) => number.padStart(16, '0'))}`;
const makeIn =
  (vfs: VFS) =>
  (name: string): Promise<void> =>
    vfs.mkdir(at(name));

/** What is wrong with what `script` does to a ledger in which A has the claims 11, which is free, and 12. */
async function faultOf(script: ActorScript, options: LedgerRuleOptions = {}): Promise<string | undefined> {
  const owner: ActorScript = async ({ vfs, step }) => {
    for (const name of ['10.origin', '11', '11.free', '12', '12.beat.100']) await makeIn(vfs)(name);
    await step('ready');
  };
  const ready: ActorScript = async (world) => {
    const names = (await world.vfs.ls('/lock')).map(({ name }) => name);
    if (names.some((name) => name.endsWith('12.beat.100'))) await script(world);
  };
  const scenario: Scenario = {
    name: 'ledger',
    tickMs: 50,
    ticks: 0,
    setup: (vfs) => vfs.mkdir('/lock'),
    actors: { A: owner, B: ready },
    rules: ledgerRules('/lock', options),
  };
  const { violation } = await explore(scenario, { faults: 0, shrink: false });
  return violation?.violation?.message;
}

const making =
  (...names: string[]): ActorScript =>
  async ({ vfs }) => {
    for (const name of names) await makeIn(vfs)(name);
  };

const removing =
  (made: readonly string[], ...names: string[]): ActorScript =>
  async (world) => {
    await making(...made)(world);
    for (const name of names) await world.vfs.rm(at(name));
  };

const granting =
  (made: readonly string[], token: number, mode: 'exclusive' | 'shared' = 'exclusive'): ActorScript =>
  async (world) => {
    await making(...made)(world);
    world.granted({ held: false, token, mode });
  };

describe('the rules of a ledger let nobody', () => {
  test.each<[string, ActorScript, string]>([
    ['free the claim of one in health', making('12.free'), 'B makes 12.free, which belongs to A'],
    [
      'beat under the number of another',
      making('12.beat.100.7'),
      'B makes 12.beat.100.7, which belongs to A',
    ],
    ['share what is not its own', making('12.shared'), 'B makes 12.shared, which belongs to A'],
    ['mark what nobody has claimed', making('13.free'), 'B makes 13.free, which nobody has claimed'],
    ['make a floor without a claim', making('11.floor'), 'B makes 11.floor and has no claim above it'],
    ['make a floor above its claim', making('13', '13.floor'), 'B makes 13.floor and has no claim above it'],
    ['remove an origin', removing([], '10.origin'), 'B removes 10.origin'],
    ['remove what is over above the floor', removing([], '11'), 'B removes 11, above every floor'],
    ['remove a claim that is alive', removing(['13', '12.floor'], '12'), 'B removes 12, which is not over'],
    [
      'remove the marks first',
      removing(['13', '11.floor'], '11.free'),
      'B removes 11.free, whose claim stands',
    ],
    [
      'remove one of the last floors',
      removing(['13', '11.floor'], '11.floor'),
      'B removes 11.floor, and only 0 floors are above it',
    ],
    ['be granted what is not there', granting([], 13), 'B was granted 13, which is not its claim'],
    ['be granted what is free', granting(['13', '13.free'], 13), 'B was granted 13, which does not stand'],
    ['be granted before one who asked earlier', granting(['13'], 13), 'B was granted 13 before 12'],
  ])('%s', async (_, script, fault) => {
    expect(await faultOf(script)).toBe(fault);
  });

  test('share the lock with one who asked for it alone', async () => {
    const options: LedgerRuleOptions = { sharing: 'modes' };
    expect(await faultOf(granting(['13', '13.shared'], 13, 'shared'), options)).toBe(
      'B was granted 13 before 12',
    );
    const both = granting(['13', '13.shared', '14', '14.shared'], 14, 'shared');
    expect(await faultOf(both, options)).toBe('B was granted 14 before 12');
  });

  test('take permits that were asked for earlier', async () => {
    const script = granting(['13', '13.takes.1'], 13);
    expect(await faultOf(script, { sharing: { permits: 2 } })).toBe('B was granted 13 before 12');
  });
});

describe('they let', () => {
  test.each<[string, ActorScript, LedgerRuleOptions?]>([
    ['anyone break a lock where that is excepted', making('12.free'), { mayBreak: true }],
    ['anyone sweep what is over below a floor', removing(['13', '11.floor'], '11', '11.free')],
    ['a holder replace its beats', removing(['13', '13.beat.100.1', '13.beat.100.2'], '13.beat.100.1')],
    ['the late calls of a former ledger do anything', making('99.free', '12.free'), { lawless: ['B'] }],
    ['who is next be granted', granting(['12.free', '13'], 13), { mayBreak: true }],
  ])('%s', async (_, script, options) => {
    expect(await faultOf(script, options)).toBe(undefined);
  });
});
