import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { localVFS } from '@holdfast/local';
import { vfsConformance } from '@holdfast/testkit';
import { describe, expect, test } from 'vitest';
import { canMount, helpersOf, makeDirectory, makeTmpfs, type Place } from './places.fixture.js';

const CONTEND = fileURLToPath(new URL('contend.js', import.meta.url));

/** A place for the suite, in a directory that goes with it. */
function suited({ dir, [Symbol.dispose]: dispose }: Place, filesystem: 'auto' | 'network' = 'auto') {
  return {
    dir,
    open: async (options = {}) => localVFS(dir, { ...options, filesystem }),
    cleanup: async () => dispose(),
  };
}

async function inProcess({ dir }: { readonly dir: string }, job: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CONTEND, dir, job]);
  return stdout;
}

describe('the local VFS keeps the contract on a disk, also among processes', () => {
  vfsConformance({ test, inProcess, factory: async () => suited(makeDirectory()) });
});

describe.runIf(canMount)('the local VFS keeps the contract on a tmpfs', () => {
  vfsConformance({ test, inProcess, factory: async () => suited(makeTmpfs()) });
});

/** What a mount's silent server is to its clients, a helper process that is stopped is to the VFS. */
function signalHelpers(signal: NodeJS.Signals): void {
  const helpers = helpersOf(process.pid);
  expect(helpers).not.toEqual([]);
  for (const pid of helpers) process.kill(pid, signal);
}

describe.runIf(process.platform === 'linux')(
  'the local VFS keeps the contract through its helper process',
  () => {
    vfsConformance({
      test,
      factory: async () => suited(makeDirectory(), 'network'),
      stall: async () => {
        signalHelpers('SIGSTOP');
        return async () => signalHelpers('SIGCONT');
      },
      cut: async () => signalHelpers('SIGKILL'),
    });
  },
);

test.runIf(process.env['CI'] === 'true')('the machine can mount what these tests need', () => {
  expect(canMount).toBe(true);
});
