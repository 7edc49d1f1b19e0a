// Packs every package, and asks two independent judges whether a stranger can import what comes out.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'holdfast-pack-'));
const run = (command, args) =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

try {
  const packed = JSON.parse(
    run('npm', ['pack', '--workspaces', '--silent', '--json', '--pack-destination', out]),
  );
  for (const { name, filename, files } of packed) {
    const fault = faultIn(files.map(({ path }) => path));
    if (fault !== undefined) throw new Error(`${name}: ${fault}`);
    const tarball = join(out, filename);
    run('npx', ['--no-install', 'publint', 'run', tarball, '--strict']);
    run('npx', ['--no-install', 'attw', tarball, '--profile', 'esm-only']);
    console.log(`${name}: ${files.length} files; publint and attw are content`);
  }
} catch (error) {
  console.error(String(error.stdout || error));
  process.exitCode = 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}

/** What the judges do not look at. */
function faultIn(paths) {
  for (const wanted of ['README.md', 'LICENSE', 'package.json']) {
    if (!paths.includes(wanted)) return `${wanted} is missing`;
  }
  const stray = paths.find((path) => /\.(?:test|fixture)\.|tsbuildinfo|^(?:src|test)\//.test(path));
  return stray === undefined ? undefined : `${stray} does not belong into a package`;
}
