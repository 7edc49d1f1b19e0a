import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

const PROGRAM = `
import assert from 'node:assert/strict';
import { Lock, LockedError, isLockError, isVFSError, openVFS } from 'holdfast';
import { Lock as CoreLock } from '@holdfast/lock';
import { nodeIdentity } from '@holdfast/lock/node';
import { localVFS } from '@holdfast/local';
import { memoryVFS } from '@holdfast/memory';
import { VirtualClock } from '@holdfast/testkit/clock';
import { createVFS } from '@holdfast/vfs/adapter';

const vfs = await openVFS('memory:packed');
const lock = new Lock(vfs, { id: 'packed' });
const lease = await lock.acquire({ timeoutMs: 1000 });
assert.ok(lease.token > 0);
await assert.rejects(lock.tryAcquire(), (error) => error instanceof LockedError && isLockError(error, 'ELOCKED'));
await lease.release();
assert.ok(lock instanceof CoreLock);
await assert.rejects(localVFS('/nowhere').ls('/'), (error) => isVFSError(error, 'ENOENT'));
assert.ok(nodeIdentity().self.pid === process.pid && typeof createVFS === 'function' && memoryVFS() && new VirtualClock());
console.log('packed, installed, used');
`;

const TYPED = `
import { isLockError, Lock, openVFS, type Holder, type Lease, type LockOptions, type VFS } from 'holdfast';
import { inspectAll, type LockInfo, type UnreadableLock } from '@holdfast/lock';
import { localVFS, type LocalVFSOptions } from '@holdfast/local';
import { memoryVFS } from '@holdfast/memory';
import { type Capabilities } from '@holdfast/vfs';
import { createVFS, type VFSDriver } from '@holdfast/vfs/adapter';

export const options: LockOptions = { id: 'typed', staleAfterMs: 5000, identity: 'none' };
export async function use(vfs: VFS, signal: AbortSignal): Promise<readonly (LockInfo | UnreadableLock)[]> {
  await using lease: Lease = await new Lock(vfs, options).acquire({ timeoutMs: 1000, signal });
  const token: number = lease.token;
  // @ts-expect-error a token is a number
  const wrong: string = token;
  return wrong === undefined ? [] : inspectAll(vfs, '/');
}
export const whose = (error: unknown): Holder | undefined =>
  isLockError(error, 'ELOCKED', 'ELOCKTIMEOUT') ? error.holder : undefined;
// @ts-expect-error there is no such option
export const refused: LockOptions = { id: 'a', retries: 3 };
export const open = (local: LocalVFSOptions): VFS => localVFS('/tmp', local);
export const wrap = (driver: VFSDriver): VFS => createVFS(driver);
export const can = (vfs: VFS): Capabilities => vfs.capabilities;
await use(await openVFS('memory:typed'), AbortSignal.timeout(10_000));
await use(memoryVFS(), AbortSignal.timeout(10_000));
console.log('typed, compiled, run');
`;

/** The core needs nothing of Node, nor of its types. */
const CORE = `
import { Lock, type Lease } from '@holdfast/lock';
import { memoryVFS } from '@holdfast/memory';
import { systemClock, type VFS } from '@holdfast/vfs';

const vfs: VFS = memoryVFS();
const lease: Lease = await new Lock(vfs, { id: 'core', clock: systemClock }).acquire();
await lease.release();
console.log('typed, compiled, run');
`;

describe('the packed packages, installed in an empty project', () => {
  let folder = '';
  const run = (file: string, args: readonly string[]): string =>
    execFileSync(file, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-packed-'));
    const packed = join(folder, 'packed');
    mkdirSync(packed);
    execFileSync('npm', ['pack', '--workspaces', '--silent', '--pack-destination', packed], {
      cwd: ROOT,
      stdio: 'ignore',
    });
    writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }');
    const tarballs = readdirSync(packed).map((name) => join(packed, name));
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', ...tarballs]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('work from JavaScript', () => {
    writeFileSync(join(folder, 'program.js'), PROGRAM);
    expect(run(process.execPath, ['program.js'])).toBe('packed, installed, used\n');
  });

  test.each([
    ['for Node', TYPED, { types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] }],
    ['for a browser', CORE, { types: [] }],
  ])('work from strict TypeScript that checks every declaration, %s', (_, program, { types, ...where }) => {
    writeFileSync(join(folder, 'typed.ts'), program);
    const compilerOptions = {
      ...where,
      types,
      lib: ['ES2023', 'ESNext.Disposable', ...(types.length === 0 ? ['DOM'] : [])],
      target: 'ES2022',
      module: 'NodeNext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['typed.ts'] }));
    const compiled = spawnSync(process.execPath, [TSC, '-p', '.'], { cwd: folder, encoding: 'utf8' });
    expect(compiled).toMatchObject({ status: 0, stdout: '' });
    expect(run(process.execPath, ['typed.js'])).toBe('typed, compiled, run\n');
  });

  test('bring the command line', () => {
    const holdfast = join(folder, 'node_modules/.bin/holdfast');
    const say = ['sh', '-c', 'echo "$HOLDFAST_TOKEN"'];
    expect(run(holdfast, ['run', '--on', folder, '--', ...say])).toMatch(/^\d{16}\n$/);
    expect(run(holdfast, ['status', '--on', folder, '--json'])).toContain('"state": "free"');
  });
});
