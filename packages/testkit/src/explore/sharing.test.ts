import { describe, expect, test } from 'vitest';
import { FAULTLESS, findingsIn, only, SOUND, verdictOn, type Hole } from './hole.fixture.js';
import type { ActorScript, Hold } from './index.js';

const holder =
  (hold: Hold): ActorScript =>
  async ({ vfs, granted, step }) => {
    await vfs.ls('/');
    granted(hold);
    await step('work');
  };

const reader = (token?: number): ActorScript => holder({ held: true, mode: 'shared', token });
const writer = (token?: number): ActorScript => holder({ held: true, mode: 'exclusive', token });
const taker = (permits?: number): ActorScript => holder({ held: true, permits });

/** Holds for itself, lets others in once it has worked, and counts itself among them as soon as it knows that it has. */
const downgrading: ActorScript = async ({ vfs, granted, step }) => {
  await vfs.mkdir('/taken');
  const hold: { held: boolean; mode: 'exclusive' | 'shared' } = { held: true, mode: 'exclusive' };
  granted(hold);
  await step('work');
  await vfs.mkdir('/shared');
  hold.mode = 'shared';
  await vfs.ls('/');
  await step('read');
};

const guest: ActorScript = async ({ vfs, granted }) => {
  if ((await vfs.ls('/')).some(({ name }) => name === 'shared')) granted({ held: true, mode: 'shared' });
};

const HOLES: readonly Hole[] = [
  {
    name: 'a reader beside a writer',
    scenario: { sharing: 'modes', actors: { A: writer(), B: reader() } },
    options: FAULTLESS,
    schedule: 'A1 B1',
    kind: 'two-holders',
  },
  {
    name: 'two writers',
    scenario: { sharing: 'modes', actors: { A: writer(), B: writer() } },
    options: FAULTLESS,
    schedule: 'A1 B1',
    kind: 'two-holders',
  },
  {
    name: 'two readers of a lock that nobody shares',
    scenario: { actors: { A: reader(), B: reader() } },
    options: FAULTLESS,
    schedule: 'A1 B1',
    kind: 'two-holders',
  },
  {
    name: 'a writer that lets readers in before it knows that it has',
    scenario: { sharing: 'modes', actors: { A: downgrading, B: guest } },
    options: only('slow-reply'),
    schedule: 'A1 As A2:slow-reply A2! B1',
    kind: 'two-holders',
  },
  {
    name: 'a permit too many',
    scenario: { sharing: { permits: 2 }, actors: { A: taker(), B: taker(), C: taker() } },
    options: FAULTLESS,
    schedule: 'A1 B1 C1',
    kind: 'two-holders',
  },
  {
    name: 'one who takes more than is left',
    scenario: { sharing: { permits: 3 }, actors: { A: taker(2), B: taker(2) } },
    options: FAULTLESS,
    schedule: 'A1 B1',
    kind: 'two-holders',
  },
  {
    name: 'a writer granted a lower token than a reader before',
    scenario: {
      sharing: 'modes',
      actors: { A: holder({ held: false, mode: 'shared', token: 2 }), B: holder({ held: false, token: 1 }) },
    },
    options: FAULTLESS,
    schedule: 'A1 B1',
    kind: 'token-order',
  },
  {
    name: 'two Locks of one process that know nothing of each other',
    scenario: {
      actors: {
        A: async (world) => {
          await Promise.all([writer()(world), writer()(world)]);
        },
      },
    },
    options: FAULTLESS,
    schedule: 'A1 A2',
    kind: 'two-holders',
  },
  {
    name: 'one who is granted before another who asked earlier',
    scenario: {
      actors: {
        A: async ({ vfs, granted }) => {
          await vfs.mkdir('/1-of-A');
          await vfs.ls('/');
          granted({ held: false, token: 1 });
          await vfs.rm('/1-of-A');
        },
        B: async ({ vfs, granted }) => {
          await vfs.ls('/');
          granted({ held: false, token: 2 });
        },
      },
      rules: () => [
        {
          judgeGrant: ({ actor }, storage) =>
            actor !== 'A' && storage.has('/1-of-A') && !storage.harmed('A') ? 'A asked earlier' : undefined,
        },
      ],
    },
    options: FAULTLESS,
    schedule: 'A1 B1',
    kind: 'rule',
  },
];

describe('the explorer finds', () => {
  test.each(HOLES)('$name', async (hole) => {
    expect(await findingsIn(hole)).toEqual([hole.kind, hole.kind]);
  });
});

describe('and minds nothing of', () => {
  test.each<[string, Hole['scenario']]>([
    [
      'readers beside each other, whoever comes first',
      { sharing: 'modes', actors: { A: reader(2), B: reader(1) } },
    ],
    ['a writer that lets readers in', { sharing: 'modes', actors: { A: downgrading, B: guest } }],
    [
      'as many holders as there are permits',
      { sharing: { permits: 3 }, actors: { A: taker(2), B: taker() } },
    ],
    [
      'a hold that goes on under its token',
      {
        actors: {
          A: async ({ vfs, granted, releasing, resumed }) => {
            const first = { held: true, token: 1 };
            granted(first);
            await vfs.mkdir('/handed-on');
            releasing(first);
            first.held = false;
            resumed({ held: true, token: 1 });
          },
        },
      },
    ],
  ])('%s', async (_, scenario) => {
    expect(await verdictOn(scenario, FAULTLESS)).toEqual(SOUND);
  });
});
