import { fork } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sftpVFS, type SftpVFSOptions } from '@holdfast/sftp';
import type { Place } from '@holdfast/testkit';
import type { SftpServer } from '../servers/sftp-server.js';

/** An empty folder of a server, for one test. */
export interface SftpPlace extends Place {
  readonly options: SftpVFSOptions;
}

const CHILD = fileURLToPath(new URL('contend.mjs', import.meta.url));

export function placeOn(server: SftpServer): SftpPlace {
  const folder = mkdtempSync(join(server.folder, 'place-'));
  const base = `${server.options.base === '/' ? '' : server.options.base}/${basename(folder)}`;
  const options = { ...server.options, base };
  return {
    options,
    async open({ deadlineMs } = {}) {
      await chmod(folder, 0o777);
      return sftpVFS({ ...options, deadlineMs });
    },
    cleanup: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The hook of the conformance suite that runs a job in a process of its own, on the built packages. */
export function inProcess({ options }: SftpPlace, job: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD);
    child.once('message', (answer: string) => resolve(answer));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)));
    child.send({ options, job });
  });
}
