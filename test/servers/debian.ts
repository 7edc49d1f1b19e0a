import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Where daemons live that are not on everybody's path. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

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

/** What stood in the way, if anything did. Test files run beside each other, and apt suffers only one at a time. */
async function install(packages: readonly string[]): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'installing needs root';
  if (!existsSync('/usr/bin/apt-get')) return 'there is no apt here';
  const script = `
    guard=/usr/sbin/policy-rc.d
    if [ ! -e "$guard" ]; then
      printf '#!/bin/sh\\nexit 101\\n' > "$guard" && chmod 755 "$guard"
      trap 'rm -f "$guard"' EXIT
    fi
    install() { apt-get install -y -q --no-install-recommends "$@"; }
    install "$@" || { apt-get update -q && install "$@"; }`;
  try {
    await run('flock', ['/tmp/apt.lock', 'sh', '-c', script, 'sh', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      maxBuffer: 64 * 1024 * 1024,
    });
    return undefined;
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? error).slice(-500);
  }
}
