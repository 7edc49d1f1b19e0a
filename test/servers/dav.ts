import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, type ServerCommand, type ServerProcess } from './process.js';

/** A WebDAV server of the test's own, on a free port of 127.0.0.1. */
export interface DAVServer {
  /** The URL of its share, without a `/` at the end. */
  readonly url: string;
  /** The folder on this machine that it shares. */
  readonly root: string;
  /** The process, where it is one. */
  readonly process?: ServerProcess;
  /** Ends it and removes its folders. Twice is fine. */
  stop(): Promise<void>;
}

/** A share that answers to what these say; each server takes those that it can. */
export interface DAVShare {
  /** The folder to share. Default: a new one, removed at the end. */
  readonly root?: string;
  /** Ask for the user `ada` with the password `p@ss:wörd`. Default: nobody is asked. */
  readonly auth?: 'basic' | 'digest';
  /** The hashes that are offered for a digest, one challenge for each. Default: MD5 alone. */
  readonly hashes?: readonly ('MD5' | 'SHA-256')[];
  /** The server serves it as `/`, behind a rewrite of `/dav/`, and names it so in its listings. */
  readonly isRewritten?: boolean;
  /** Refuse every change. */
  readonly readOnly?: boolean;
}

export const USER = 'ada';
export const PASSWORD = 'p@ss:wörd';
export const REALM = 'shelf';

/** A folder for one server: what it needs in `home`, what it shares in `root`. */
export interface Folders {
  readonly home: string;
  readonly root: string;
  remove(): Promise<void>;
}

/** Folders that a server which gave up being root can still use. */
export async function makeFolders(root?: string): Promise<Folders> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-dav-'));
  const share = root ?? (await mkdtemp(join(tmpdir(), 'holdfast-share-')));
  await chmod(home, 0o777);
  if (root === undefined) await chmod(share, 0o777);
  return {
    home,
    root: share,
    async remove() {
      await rm(home, { recursive: true, force: true });
      if (root === undefined) await rm(share, { recursive: true, force: true });
    },
  };
}

/** Starts `command`, and removes the folders when it ends or does not start. */
export async function serve(folders: Folders, port: number, command: ServerCommand): Promise<DAVServer> {
  let server: ServerProcess;
  try {
    server = await startServer(command);
  } catch (error) {
    await folders.remove();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}/dav`,
    root: folders.root,
    process: server,
    async stop() {
      await server.stop();
      await folders.remove();
    },
  };
}
