import { describe, expect, it } from 'vitest';
import { membersOf, type Guarded } from './members.js';
import type { ProcessTable } from './processes.js';

/** Each as pid, parent, group and start. */
const table = (...rows: [pid: number, parent: number, group: number, start: string][]): ProcessTable =>
  new Map(rows.map(([pid, parent, group, start]) => [pid, { pid, parent, group, start, alive: true }]));

const members = (guarded: Guarded, now: ProcessTable): number[] =>
  [...membersOf(guarded, now).keys()].sort((a, b) => a - b);

describe('a group', () => {
  const group: Guarded = { kind: 'group', pid: 7, start: '100' };

  it('has whoever is in it, wherever it descends from', () => {
    expect(
      members(group, table([7, 1, 7, '100'], [8, 7, 7, '101'], [9, 1, 7, '102'], [10, 7, 10, '103'])),
    ).toEqual([7, 8, 9]);
  });

  it('goes on without its leader', () => {
    expect(members(group, table([8, 1, 7, '101']))).toEqual([8]);
  });

  it('is empty once its number means another process', () => {
    expect(members(group, table([7, 1, 7, '900'], [8, 7, 7, '901']))).toEqual([]);
  });

  it('is taken for what it says where no start is known', () => {
    expect(members({ ...group, start: undefined }, table([7, 1, 7, '900']))).toEqual([7]);
  });
});

describe('a tree', () => {
  const tree: Guarded = {
    kind: 'tree',
    known: new Map([
      [7, '100'],
      [8, '101'],
      [9, undefined],
    ]),
  };

  it('has what is known of it, and all that descends from that', () => {
    expect(
      members(
        tree,
        table([12, 11, 1, '104'], [11, 8, 1, '103'], [8, 1, 1, '101'], [9, 1, 1, '5'], [13, 1, 1, '6']),
      ),
    ).toEqual([8, 9, 11, 12]);
  });

  it('has nobody who bears a number of it now, nor what descends from them', () => {
    expect(members(tree, table([7, 1, 1, '900'], [10, 7, 1, '901'], [8, 1, 1, '101']))).toEqual([8]);
  });
});
