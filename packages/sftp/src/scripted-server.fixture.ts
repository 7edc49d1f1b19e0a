import { VirtualClock } from '@holdfast/testkit';
import { isVFSError, type VFSPath } from '@holdfast/vfs';
import type { FailedAttempt } from '@holdfast/vfs/adapter';
import { SftpDriver } from './driver.js';
import { Channel } from './transport/channel.js';
import { Connection } from './transport/connection.js';
import type { Link } from './transport/link.js';
import type { Reply, Session } from './transport/session.js';

/** How a server answers the requests of a kind. */
export type Script = Partial<Record<keyof Session, (path: string, reply: Reply) => void>>;

/** What a server tells of a file. */
export interface Known {
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
}

export const DIRECTORY: Known = { mode: 0o040755, size: 4096, mtime: 1 };
export const FILE: Known = { mode: 0o100644, size: 5, mtime: 1 };
export const LINK: Known = { mode: 0o120777, size: 5, mtime: 1 };
export const HANDLE: Buffer = Buffer.from('handle');
export const SERVER = 'files.example.org:22';
export const ANSWER_TIMEOUT_MS = 1_000;

export function refusal(code: number, text = 'Failure'): Error {
  return Object.assign(new Error(text), { code });
}

export interface ScriptOptions {
  readonly create?: boolean;
  /** Why no connection can be had. */
  readonly noConnection?: FailedAttempt;
}

export interface Scripted {
  readonly driver: SftpDriver;
  /** The requests so far, on all connections. */
  readonly asked: readonly (keyof Session)[];
  /** One for each connection that was opened. */
  readonly channels: readonly Channel[];
  readonly clock: VirtualClock;
}

/** A driver on a server that answers as `script` says, and has nothing but directories for the rest. */
export function driverOn(script: Script, { create = false, noConnection }: ScriptOptions = {}): Scripted {
  const asked: (keyof Session)[] = [];
  const channels: Channel[] = [];
  const defaults: Script = {
    opendir: (_, reply) => reply(undefined, HANDLE),
    open: (_, reply) => reply(undefined, HANDLE),
    readdir: (_, reply) => reply(refusal(1)),
    stat: (_, reply) => reply(undefined, DIRECTORY),
    lstat: (_, reply) => reply(undefined, DIRECTORY),
    write: (_, reply) => reply(undefined, 0),
  };
  const session = new Proxy({} as Session, {
    get:
      (_, name: keyof Session) =>
      (...args: unknown[]) => {
        const reply = args.at(-1) as Reply;
        asked.push(name);
        const act = script[name] ?? defaults[name];
        if (act !== undefined) act(String(args[0]), reply);
        else if (name === 'ext_openssh_statvfs')
          throw new Error('Server does not support this extended request');
        else reply(undefined);
      },
  });
  const clock = new VirtualClock();
  const dial = async (): Promise<Link> => {
    if (noConnection !== undefined) throw noConnection;
    let tellDown: (why: FailedAttempt) => void = () => undefined;
    let tellStuck: () => void = () => undefined;
    const down = new Promise<FailedAttempt>((resolve) => (tellDown = resolve));
    const stuck = new Promise<void>((resolve) => (tellStuck = resolve));
    const channel = new Channel({
      session,
      clock,
      server: SERVER,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      quote: (text) => text,
      onDown: (why) => tellDown(why),
      onStuck: () => tellStuck(),
    });
    channels.push(channel);
    return { channel, down, stuck, keepAlive: () => undefined, end: (why) => channel.fail(why) };
  };
  const connection = new Connection({
    dial,
    server: SERVER,
    clock,
    random: () => 0,
    idleMs: 100_000,
    secondAttemptMs: ANSWER_TIMEOUT_MS,
  });
  const target = { connection, server: SERVER, base: '/base', clock, random: () => 0 };
  return { driver: new SftpDriver({ ...target, create }), asked, channels, clock };
}

export const at = (path: string): VFSPath => path as VFSPath;

export async function failureOf(attempt: Promise<unknown>): Promise<{ code: string; outcome: string }> {
  try {
    await attempt;
  } catch (error) {
    if (isVFSError(error)) return { code: error.code, outcome: error.outcome };
    throw error;
  }
  throw new Error('the call succeeded');
}
