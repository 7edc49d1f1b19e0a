import { describe, expect, it } from 'vitest';
import { HalfDone } from '../errors.js';
import { typeMounted } from './filesystem.js';
import { mountOf, parseMounts } from './mount-table.js';
import { Stepper } from '../../test/stepper.js';
import type { Steps } from '../operations/steps.js';
import { OFFLOAD } from '../operations/steps.js';
import { assertMounted, assertMountedStill } from './still-mounted.js';
import { treeAt, type Kept } from './tree.js';

const DISK = '27 1 254:0 / / rw - ext4 /dev/vda rw\n';
const TEAM = '30 27 0:41 / /mnt/team rw - nfs4 filer:/team rw\n';
const typed = (type: string): string => TEAM.replace('nfs4', type);

/** What must stay mounted for `root`, by the table as it is when the VFS is opened. */
function keptOf(table: string, root: string): Kept {
  const mounts = parseMounts(table);
  const here = mountOf(mounts, root);
  return {
    root,
    mounts: treeAt(mounts, root, typeMounted(here?.type ?? '', here?.source ?? '', here?.options ?? []))
      .mounts,
  };
}

/** Runs a check, each look at the table of mounts finding the next of `tables`; tells what calls it made. */
function run(steps: Steps<void>, tables: readonly string[]): string {
  const made: string[] = [];
  const left = [...tables];
  for (let turn = steps.next(); turn.done !== true;) {
    if (turn.value === OFFLOAD) throw new Error('it need not be left to the thread pool');
    const { name } = turn.value;
    made.push(name);
    if (name === 'mountinfo') turn = steps.next(left.length > 1 ? left.shift() : left[0]);
    else turn = name === 'open' ? steps.next(0) : steps.next();
  }
  return made.join(' ');
}

const check = (kept: Kept, path: string, ...now: string[]): string => run(assertMounted(kept, path), now);
const isGone = expect.objectContaining({ code: 'ECONN' });

describe('what was mounted', () => {
  const LOCKS = '/mnt/team/locks';

  it.each(['nfs4', 'cifs', 'fuse.sshfs'])('is there as long as the table of mounts says so (%s)', (type) => {
    expect(check(keptOf(DISK + typed(type), LOCKS), LOCKS, DISK + typed(type))).toBe('mountinfo');
  });

  it('is there when it was mounted again, which gives it another number', () => {
    const again = TEAM.replace('30 27 0:41', '99 27 0:77');
    expect(check(keptOf(DISK + TEAM, LOCKS), LOCKS, DISK + again)).toBe('mountinfo');
  });

  it.each([
    ['only the disk below is left', DISK],
    ['another type has taken its place', DISK + typed('tmpfs')],
    ['it was one of another kind', DISK + typed('nfs')],
    ['it was one from elsewhere', DISK + TEAM.replace('filer', 'other')],
    ['another was mounted over it', `${DISK + TEAM}31 30 0:42 / /mnt/team rw - nfs4 filer:/b rw\n`],
    ['something local hides it', `${DISK + TEAM}31 30 0:42 / /mnt/team/locks rw - tmpfs none rw\n`],
    ['what held it is covered', `${DISK + TEAM}31 27 0:42 / /mnt rw - tmpfs none rw\n`],
  ])('is gone if %s', (_, table) => {
    expect(() => check(keptOf(DISK + TEAM, LOCKS), LOCKS, table)).toThrow(isGone);
  });

  it('is gone if only what it was mounted in is left, of the same type', () => {
    const outer = '30 27 0:41 / /mnt rw - fuse.sshfs host:/ rw\n';
    const inner = '31 30 0:42 / /mnt/team rw - fuse.sshfs other:/ rw\n';
    const kept = keptOf(DISK + outer + inner, LOCKS);
    expect(check(kept, LOCKS, DISK + outer + inner)).toBe('mountinfo');
    expect(() => check(kept, LOCKS, DISK + outer)).toThrow(isGone);
  });

  it('is brought back by an automounter that took it away, when its directory is opened', () => {
    const auto = '29 27 0:40 / /mnt rw - autofs auto rw,indirect\n';
    const mounted = auto + TEAM.replace('30 27', '30 29');
    const kept = keptOf(DISK + mounted, LOCKS);
    expect(check(kept, LOCKS, DISK + auto, DISK + mounted)).toBe('mountinfo open close mountinfo');
    expect(() => check(kept, LOCKS, DISK + auto)).toThrow(isGone);
  });

  it('of an automounter is whatever that mounts', () => {
    const auto = '29 27 0:40 / /mnt rw - autofs auto rw,indirect\n';
    const kept = keptOf(DISK + auto, '/mnt');
    for (const table of [auto, auto + TEAM.replace('30 27', '30 29')]) {
      expect(check(kept, LOCKS, DISK + table)).toBe('mountinfo');
    }
    expect(() => check(kept, LOCKS, DISK)).toThrow(isGone);
  });

  it.each(['nfs4', 'cifs'])('may mount more of its server below itself, and take it away (%s)', (type) => {
    const sub = `31 30 0:42 / /mnt/team/locks rw - ${type} filer:/team/locks rw\n`;
    const [with_, without] = [DISK + typed(type) + sub, DISK + typed(type)];
    expect(check(keptOf(without, LOCKS), LOCKS, with_)).toBe('mountinfo');
    expect(check(keptOf(with_, LOCKS), LOCKS, without, with_)).toBe('mountinfo open close mountinfo');
    expect(() => check(keptOf(with_, LOCKS), LOCKS, DISK)).toThrow(isGone);
  });

  it('below a local root is looked after for paths on it, and for no other', () => {
    const kept = keptOf(DISK + TEAM, '/mnt');
    expect(check(kept, '/mnt/other', DISK)).toBe('');
    expect(check(kept, LOCKS, DISK + TEAM)).toBe('mountinfo');
    expect(() => check(kept, LOCKS, DISK)).toThrow(isGone);
  });

  it('may have local filesystems on it that were there from the first', () => {
    const scratch = '31 30 0:42 / /mnt/team/scratch rw - tmpfs none rw\n';
    const kept = keptOf(DISK + TEAM + scratch, '/mnt/team');
    expect(check(kept, '/mnt/team/scratch/x', DISK + TEAM + scratch)).toBe('mountinfo');
    expect(() => check(kept, '/mnt/team/scratch/x', DISK + TEAM)).toThrow(isGone);
  });

  it('and went during a change leaves its outcome unknown', () => {
    const kept = keptOf(DISK + TEAM, LOCKS);
    const after = (table: string): string => run(assertMountedStill(kept, `${LOCKS}/a`), [table]);
    expect(after(DISK + TEAM)).toBe('mountinfo');
    expect(() => after(DISK)).toThrow(HalfDone);
    expect(() => after(DISK)).toThrow(expect.objectContaining({ cause: isGone }));
  });

  it.runIf(process.platform === 'linux')('can be looked up on this machine', () => {
    const kept = { root: '/x', mounts: [{ point: '/', type: 'nothing', source: 'nowhere' }] };
    const stepper = new Stepper(assertMounted(kept, '/x'));
    expect(() => stepper.finish()).toThrow(isGone);
    expect(stepper.made).toEqual(['mountinfo', 'open', 'close', 'mountinfo']);
  });
});
