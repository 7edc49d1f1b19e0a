// Makes a fresh clone ready: installs what package-lock.json names, and builds. Does nothing that is done already.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Holdfast needs Node 20.19 or later; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Runs a step and ends with its status if it failed: what follows would only hide the cause. */
function step(name, args) {
  console.error(`> ${name}`);
  const { status, error } = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error) console.error(`npm could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

const installed = `${root}node_modules/.package-lock.json`;
const wanted = `${root}package-lock.json`;
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  step('Installing the packages of package-lock.json', ['ci', '--no-fund', '--no-audit']);
}
step('Building', ['run', '--silent', 'build']);
