import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this process may mount filesystems. */
export const canMount: boolean = process.platform === 'linux' && process.getuid?.() === 0 && mounts();

if (!canMount)
  console.warn('Skipped: what needs a filesystem of its own, since this process may not mount any');

/** A directory for one test; gone, with what was mounted on it, when its block ends. */
export interface Place extends Disposable {
  readonly dir: string;
}

export function makeDirectory(): Place {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-test-')));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A tmpfs of its own, with the given options of mount(8), for instance `size=64k`. */
export function makeTmpfs(options = 'size=8m'): Place {
  const parent = makeDirectory();
  const dir = join(parent.dir, 'tmpfs');
  mkdirSync(dir);
  run('mount', ['-t', 'tmpfs', '-o', options, 'holdfast-test', dir]);
  return { dir, [Symbol.dispose]: () => unmount(dir, parent) };
}

/** Makes the tmpfs at `dir` read-only, whoever asks: root goes past all permission bits. */
export function makeReadOnly(dir: string): void {
  run('mount', ['-o', 'remount,ro', dir]);
}

/** An ext4 in a file, which can be frozen: whoever changes something on it then hangs in the kernel until the thaw. */
export interface Freezer extends Place {
  freeze(): void;
  thaw(): void;
}

export function makeFreezer(): Freezer {
  const parent = makeDirectory();
  const [image, dir] = [join(parent.dir, 'image'), join(parent.dir, 'ext4')];
  mkdirSync(dir);
  run('truncate', ['-s', '16M', image]);
  run('mkfs.ext4', ['-q', image]);
  run('mount', ['-o', 'loop', image, dir]);
  let frozen = false;
  const thaw = (): void => {
    if (frozen) run('fsfreeze', ['--unfreeze', dir]);
    frozen = false;
  };
  return {
    dir,
    freeze(): void {
      run('fsfreeze', ['--freeze', dir]);
      frozen = true;
    },
    thaw,
    [Symbol.dispose](): void {
      thaw();
      unmount(dir, parent);
    },
  };
}

/** The processes that make calls on mounts for the process `parent`. */
export function helpersOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const [stat, command] = [textOf(`/proc/${pid}/stat`), textOf(`/proc/${pid}/cmdline`)];
      // The fields begin behind the name, which is in brackets: state, parent, …
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(fields[1]) === parent && /holdfast-mount|helper-main\.js/.test(command);
    })
    .map(Number);
}

function unmount(dir: string, parent: Disposable): void {
  try {
    run('umount', [dir]);
  } catch {
    // Somebody may still be in it; it goes as soon as they do.
    run('umount', ['--lazy', dir]);
  }
  parent[Symbol.dispose]();
}

function run(command: string, args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Containers may be root and still not be allowed to mount. */
function mounts(): boolean {
  const trial = makeDirectory();
  try {
    run('mount', ['-t', 'tmpfs', 'holdfast-test', trial.dir]);
    run('umount', [trial.dir]);
    return true;
  } catch {
    return false;
  } finally {
    trial[Symbol.dispose]();
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
