import { describe, expect, it } from 'vitest';
import { Stepper } from './steps.fixture.js';
import { assertMounted } from './still-mounted.js';
import type { SystemCall } from './steps.js';

const ROOT = '27 1 254:0 / / rw - ext4 /dev/vda rw\n';
const mounted = (type: string): string => `${ROOT}30 27 0:41 / /mnt/team rw - ${type} filer:/team rw\n`;

/** What comes of the check, made of `type`, when the table of mounts is `table`. */
function check(type: string, table: string): () => void {
  const steps = assertMounted({ path: '/mnt/team/locks', type });
  return () => {
    let turn = steps.next();
    expect((turn.value as SystemCall).name).toBe('mountinfo');
    turn = steps.next(table);
    expect(turn.done).toBe(true);
  };
}

describe('what was mounted', () => {
  it.each(['nfs4', 'cifs', 'fuse.sshfs'])('is there as long as the table of mounts says so (%s)', (type) => {
    expect(check(type, mounted(type))).not.toThrow();
  });

  it.each([
    ['only the disk below is left', ROOT],
    ['another type has taken its place', mounted('tmpfs')],
    ['it was one of another kind', mounted('nfs')],
  ])('is gone if %s', (_, table) => {
    expect(check('nfs4', table)).toThrow(expect.objectContaining({ code: 'ECONN' }));
  });

  it('is brought back by an automounter that took it away', () => {
    expect(check('nfs4', mounted('autofs'))).not.toThrow();
    expect(check('autofs', mounted('nfs4'))).not.toThrow();
  });

  it('can be looked up on this machine', () => {
    if (process.platform !== 'linux') return;
    const steps = new Stepper(assertMounted({ path: '/proc/self', type: 'proc' }));
    expect(() => steps.finish()).not.toThrow();
  });
});
