import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SftpVFSOptions } from '@holdfast/sftp';
import { startServer, type ServerCommand, type ServerProcess } from './process.js';
import { makeKey, type SSHKey } from './ssh-keys.js';

/** An SFTP server of the test's own, on a free port of 127.0.0.1. */
export interface SftpServer {
  /** Logs in with a key, and has the host's key pinned. */
  readonly options: SftpVFSOptions & { readonly port: number };
  /** The folder that is `/` of a VFS with these options, as this machine sees it. */
  readonly folder: string;
  /** Ends it and removes its folders. Twice is fine. */
  stop(): Promise<void>;
}

/** One that is a process of its own. */
export interface SftpDaemon extends SftpServer {
  readonly process: ServerProcess;
}

/** What a server is started with: keys, and folders that a server without rights can use. */
export interface SftpSite {
  readonly home: string;
  readonly folder: string;
  readonly hostKey: SSHKey;
  readonly clientKey: SSHKey;
  /** Writes a file into `home`. Private keys are refused unless nobody else can read them. */
  write(name: string, text: string, mode?: number): Promise<string>;
  remove(): Promise<void>;
}

interface ServerUser {
  readonly name: string;
  readonly group: string;
  readonly uid: number;
  readonly gid: number;
}

/** Servers run without rights, so that a read-only directory is read-only also where root runs the tests. */
export const SERVER_USER: ServerUser =
  process.getuid?.() === 0 ? { name: 'daemon', group: 'daemon', uid: 1, gid: 1 } : ownUser();

export async function makeSite(keys: 'ed25519' | 'rsa' = 'ed25519'): Promise<SftpSite> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-sftp-'));
  const folder = join(home, 'files');
  await mkdir(folder);
  await chmod(home, 0o755);
  await chmod(folder, 0o777);
  const hostKey = makeKey(keys);
  return {
    home,
    folder,
    hostKey,
    clientKey: makeKey(keys),
    async write(name, text, mode = 0o644) {
      const path = join(home, name);
      await writeFile(path, text, { mode });
      return path;
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** Starts `command`, and removes the folders when it ends or does not start. */
export async function serveSite(
  site: SftpSite,
  command: ServerCommand & { readonly ready: number },
  base = site.folder,
): Promise<SftpDaemon> {
  let server: ServerProcess;
  try {
    server = await startServer(command);
  } catch (error) {
    await site.remove();
    throw error;
  }
  return {
    options: optionsFor(site, command.ready, base),
    folder: site.folder,
    process: server,
    async stop() {
      await server.stop();
      await site.remove();
    },
  };
}

export function optionsFor(site: SftpSite, port: number, base: string): SftpServer['options'] {
  return {
    host: '127.0.0.1',
    port,
    username: SERVER_USER.name,
    privateKey: site.clientKey.private,
    hostKeyFingerprint: site.hostKey.fingerprint,
    base,
  };
}

function ownUser(): ServerUser {
  const { username, uid, gid } = userInfo();
  const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
  return { name: username, group, uid, gid };
}
