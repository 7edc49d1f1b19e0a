import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** Where daemons live that are not on everybody's path. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/** While it is there, a package that apt installs starts no daemon: see invoke-rc.d(8). */
const GUARD = '/usr/sbin/policy-rc.d';
/** By what line of it the guard of a run that was killed, and could not remove it, is told from one of somebody else. */
const MARK = '# Put here by the tests of Holdfast, while they install packages.';
/** Empty, and stays: to remove it would let two in that wait for it. Gone with the next start of the machine. */
const LOCK = '/run/lock/holdfast-tests-apt';

const run = promisify(execFile);

/**
 * Makes sure that `commands` can be run, installing the Debian `packages` that have them if any is missing.
 *
 * Installing needs root and apt. No daemon is started by it: policy-rc.d forbids that while apt runs.
 *
 * @returns `undefined` if all is there, else why not, for the title of what is skipped. With `CI=true` in the
 *   environment a missing server is a failure: it throws instead.
 */
export async function ensureDebian(
  packages: readonly string[],
  commands: readonly string[],
): Promise<string | undefined> {
  if (abandoned()) await install([]);
  if (missing(commands).length === 0) return undefined;
  const obstacle = await install(packages);
  const still = missing(commands);
  if (still.length === 0) return undefined;
  const reason = `${still.join(', ')} not found (Debian packages ${packages.join(' ')}): ${obstacle ?? 'not in them'}`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  return reason;
}

/** The absolute path of `command`, if it is there. */
export function findCommand(command: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder || '.', command)).find(executable);
}

function missing(commands: readonly string[]): string[] {
  return commands.filter((command) => findCommand(command) === undefined);
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether the guard stands here that a run has put up; whether that is still at it, only the lock can tell. */
function abandoned(): boolean {
  try {
    return readFileSync(GUARD, 'utf8').includes(MARK);
  } catch {
    return false; // There is none.
  }
}

/** `sh` runs no EXIT trap when a signal ends it, unless it has a trap for the signal that exits. */
const INSTALL = `
  guard=$1 mark=$2
  shift 2
  if grep -qxF "$mark" "$guard" 2>/dev/null; then rm -f "$guard"; fi
  [ $# -gt 0 ] || exit 0
  if [ ! -e "$guard" ]; then
    trap 'rm -f "$guard"' EXIT
    trap 'exit 1' INT TERM HUP
    printf '#!/bin/sh\\n%s\\nexit 101\\n' "$mark" > "$guard" && chmod 755 "$guard"
  fi
  install() { apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; }
  install "$@" || { apt-get update -q && install "$@"; }`;

/** What stood in the way, if anything did. Test files run beside each other, and apt suffers only one at a time. */
async function install(packages: readonly string[]): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'installing needs root';
  if (!existsSync('/usr/bin/apt-get')) return 'there is no apt here';
  try {
    mkdirSync(dirname(LOCK), { recursive: true });
    await run('flock', [LOCK, 'sh', '-c', INSTALL, 'sh', GUARD, MARK, ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 64 * 1024 * 1024,
    });
    return undefined;
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? error).slice(-500);
  }
}
