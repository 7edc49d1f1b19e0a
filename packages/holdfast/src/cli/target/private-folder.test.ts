import { isVFSError } from '@holdfast/vfs';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DefaultFolder } from './default-folder.js';
import { makePrivateFolder } from './private-folder.js';

const USER = process.getuid?.() ?? -1;
const STRANGER = 41_001;

let home = '';
let folder: DefaultFolder = { state: '', own: ['', ''] };
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'holdfast-home-'));
  const state = join(home, '.local', 'state');
  folder = { state, own: [join(state, 'holdfast'), join(state, 'holdfast', 'locks')] };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

function refusal(user: number): unknown {
  try {
    makePrivateFolder(folder, user);
  } catch (error) {
    return isVFSError(error, 'EACCES') && error.op === 'open' ? error.path : error;
  }
  return 'it was taken';
}

describe.skipIf(process.platform === 'win32')("the folder of a user's locks", () => {
  it.each([0o000, 0o022, 0o777])('is for nobody else, with the umask %o', (umask) => {
    const before = process.umask(umask);
    try {
      mkdirSync(folder.state, { recursive: true });
      chmodSync(join(home, '.local'), 0o755);
      chmodSync(folder.state, 0o755);
      makePrivateFolder(folder, USER);
      makePrivateFolder(folder, USER);
    } finally {
      process.umask(before);
    }
    expect(folder.own.map(modeOf)).toStrictEqual([0o700, 0o700]);
  });

  it('is closed to others if it was open', () => {
    mkdirSync(folder.own[1], { recursive: true });
    for (const path of folder.own) chmodSync(path, 0o777);
    makePrivateFolder(folder, USER);
    expect(folder.own.map(modeOf)).toStrictEqual([0o700, 0o700]);
  });

  it.each([0, 1])('is refused if part %d of it is a link, even to a folder of the same user', (part) => {
    const elsewhere = join(home, 'elsewhere');
    mkdirSync(join(elsewhere, 'locks'), { recursive: true });
    mkdirSync(join(folder.own[part] ?? '', '..'), { recursive: true });
    symlinkSync(elsewhere, folder.own[part] ?? '');
    expect(refusal(USER)).toBe(folder.own[part]);
    expect(readdirSync(join(elsewhere, 'locks'))).toStrictEqual([]);
  });

  it('is refused if it is a file', () => {
    mkdirSync(folder.own[0], { recursive: true });
    writeFileSync(folder.own[1], '');
    expect(refusal(USER)).toBe(folder.own[1]);
  });

  it("is refused if it is another user's", () => {
    makePrivateFolder(folder, USER);
    // To the check somebody else is whoever has another number.
    expect([folder.state, ...folder.own]).toContain(refusal(USER + 1));
  });

  it.runIf(USER === 0)("is not made in what is another user's, as by sudo that keeps HOME", () => {
    chownSync(home, STRANGER, STRANGER);
    expect(refusal(USER)).toBe(home);
    expect(readdirSync(home)).toStrictEqual([]);
  });
});
