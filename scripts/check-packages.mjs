// Packs every package and asks two independent judges whether a stranger can import what comes out.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'holdfast-pack-'));
const run = (command, args) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });

try {
  run('npm', ['pack', '--workspaces', '--silent', '--pack-destination', out]);
  for (const name of readdirSync(out)) {
    const tarball = join(out, name);
    run('npx', ['--no-install', 'publint', 'run', tarball, '--strict']);
    run('npx', ['--no-install', 'attw', tarball, '--profile', 'esm-only']);
    console.log(`${name}: publint and attw are content`);
  }
} catch (error) {
  process.stdout.write(String(error.stdout ?? error));
  process.exitCode = 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
