import { describe, expect, test } from 'vitest';
import { FAULTLESS, findingsIn, SOUND, verdictOn, type Hole } from './hole.fixture.js';
import type { ActorScript } from './index.js';

// A protocol that is right as long as directories are read at one moment.

/** Takes the lock for free if it lists no entry but `busy`, which whoever holds it only ever renames. */
const lister: ActorScript = async ({ vfs, granted }) => {
  if ((await vfs.ls('/d')).length === 1) granted({ held: true });
};

const renamer =
  (from: string, to: string): ActorScript =>
  async ({ vfs, granted, step }) => {
    granted({ held: true });
    await vfs.rename(from, to);
    await step('hold');
  };

const busy =
  (name: string): NonNullable<Hole['scenario']['setup']> =>
  async (vfs) => {
    await vfs.mkdir('/d');
    await vfs.mkdir('/d/m');
    await vfs.mkdir(`/d/${name}`);
  };

const HOLES: readonly Hole[] = [
  {
    name: 'the entry that tells moves behind a listing that goes forwards',
    scenario: {
      listings: 'forwards',
      setup: busy('z'),
      actors: { A: lister, B: renamer('/d/z', '/d/a') },
    },
    options: FAULTLESS,
    schedule: 'A1/ B1 A1',
    kind: 'two-holders',
  },
  {
    name: 'the entry that tells moves behind a listing that goes backwards',
    scenario: {
      listings: 'backwards',
      setup: busy('a'),
      actors: { A: lister, B: renamer('/d/a', '/d/z') },
    },
    options: FAULTLESS,
    schedule: 'A1/ B1 A1',
    kind: 'two-holders',
  },
  {
    name: 'the entry that tells moves behind a listing that is scattered',
    scenario: {
      listings: 'scattered',
      setup: busy('a'),
      actors: { A: lister, B: renamer('/d/a', '/d/c') },
    },
    options: FAULTLESS,
    schedule: 'A1/ B1 A1',
    kind: 'two-holders',
  },
];

describe('the explorer finds, where listings are read in parts, that', () => {
  test.each(HOLES)('$name', async (hole) => {
    expect(await findingsIn(hole)).toEqual([hole.kind, hole.kind]);
  });
});

test('it minds nothing of an entry that moves where directories are read at one moment', async () => {
  const scenario = { setup: busy('z'), actors: { A: lister, B: renamer('/d/z', '/d/a') } };
  expect(await verdictOn(scenario, FAULTLESS)).toEqual(SOUND);
});
