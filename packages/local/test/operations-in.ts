import { parsePath } from '@holdfast/vfs';
import { DiskJail } from '../src/disk/disk-jail.js';
import { MountJail } from '../src/mounts/mount-jail.js';
import type { Jail } from '../src/operations/jail.js';
import { stepsOf, type ArgumentsOf, type OperationName } from '../src/operations/operations.js';
import type { RootConfig } from '../src/root-config.js';
import { Stepper } from './stepper.js';

export const at = (path: string): ReturnType<typeof parsePath> =>
  parsePath(path, { op: 'open', adapter: 'local' });
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export function jailAt(dir: string, changes: Partial<RootConfig>): Jail {
  const { platform } = process;
  const config = {
    root: dir,
    kept: undefined,
    insisted: false,
    create: false,
    shared: false,
    smb: false,
    sync: 'none',
    mode: undefined,
    platform,
    ...changes,
  } as const;
  return config.shared ? new MountJail(config) : new DiskJail(config, undefined);
}

/** Operations in `dir`, to be gone through call by call. */
export function operationsIn(dir: string, changes: Partial<RootConfig> = {}) {
  const jail = jailAt(dir, changes);
  const begin = <N extends OperationName>(name: N, ...rest: ArgumentsOf<N>) =>
    new Stepper(stepsOf(name, jail, rest));
  // The first use resolves the root; what is counted here is every later one.
  begin('ls', at('/')).finish();
  return begin;
}

export const callsOf = (stepper: Stepper<unknown>): string => {
  stepper.finish();
  return stepper.made.join(' ');
};
