import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import type { Timer } from '@holdfast/vfs';
import SftpClient from 'ssh2-sftp-client';
import { Channel, type RawSession } from './channel.js';
import { explain } from './dial-failure.js';
import { Breakdown } from './fault.js';
import { hostKeyCheck } from './host-key.js';
import type { Credentials, Settings } from './options.js';
import { quoting } from './secrets.js';

/** A connection that is open. */
export interface Link {
  readonly channel: Channel;
  /** Fulfils once it is of no more use, whatever the reason. Never rejects. */
  readonly down: Promise<Breakdown>;
  /** Whether it keeps the process alive, as it should while someone waits for a reply. */
  keepAlive(yes: boolean): void;
  /** Says goodbye, and cuts it off. What is under way rejects with `why`. */
  end(why: Breakdown): void;
}

/** Milliseconds of silence after which the system asks whether the other end is still there. */
const TCP_KEEPALIVE_MS = 15_000;

type Connected = Awaited<ReturnType<SftpClient['connect']>>;

/**
 * Opens a connection: what may be read is read, the host is verified, the user logged in, the SFTP session begun.
 *
 * @param signal cuts the attempt off
 */
export async function dial(settings: Settings, signal: AbortSignal): Promise<Link> {
  const { host, port, clock, connectTimeoutMs } = settings;
  const quote = quoting(settings.credentials);
  const [login, check] = await Promise.all([
    readCredentials(settings.credentials),
    hostKeyCheck(settings.hostKey, { host, port }),
  ]);
  signal.throwIfAborted();

  const ignore = (): void => undefined;
  const client = new SftpClient('holdfast', { error: ignore, end: ignore, close: ignore });
  // ssh2's own errors say at what level they arose; what ssh2-sftp-client makes of them does not.
  let first: Error | undefined;
  let objection: Breakdown | undefined;
  client.on('error', (error: Error) => (first ??= error));
  answerPrompts(client, login.password);

  // A socket of our own: only so can an idle connection let the process end, and a hung one be cut off.
  const socket = connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEPALIVE_MS,
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let timer: Timer | undefined;
  let onAbort: (() => void) | undefined;
  try {
    const session = await new Promise<Connected>((resolve, reject) => {
      timer = clock.schedule(() => reject(tooLate(connectTimeoutMs)), connectTimeoutMs);
      onAbort = (): void => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      void closed.then(() => reject(first ?? new Error('the connection was closed')));
      client
        .connect({
          ...login,
          sock: socket,
          username: settings.username,
          readyTimeout: 0,
          authHandler: methodsOf(login),
          tryKeyboard: login.password !== undefined,
          ...(check.algorithms && { algorithms: { serverHostKey: [...check.algorithms] as never[] } }),
          hostVerifier: (key: Buffer): boolean => {
            objection = check.objection(key);
            return objection === undefined;
          },
        })
        .then(resolve, reject);
    });
    return establish(settings, { client, socket, closed, session });
  } catch (error) {
    socket.destroy();
    throw objection ?? explain(first ?? error, quote);
  } finally {
    timer?.cancel();
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

interface Parts {
  readonly client: SftpClient;
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly session: Connected;
}

function establish(settings: Settings, { client, socket, closed, session }: Parts): Link {
  const quote = quoting(settings.credentials);
  let tell: (why: Breakdown) => void = () => undefined;
  const down = new Promise<Breakdown>((resolve) => (tell = resolve));
  const channel = new Channel({
    session: session as unknown as RawSession,
    clock: settings.clock,
    deadlineMs: settings.answerTimeoutMs,
    quote,
    onDown: (why) => {
      socket.destroy();
      tell(why);
    },
  });
  const broken = (detail: string): void => channel.fail(new Breakdown({ code: 'ECONN', sent: true, detail }));
  const garbled = (error: Error): void =>
    channel.fail(
      new Breakdown({
        code: 'EIO',
        sent: true,
        detail: `the server broke the protocol: ${quote(error.message)}`,
      }),
    );
  session.on('error', garbled);
  session.on('close', () => broken('the server ended the SFTP session'));
  session.on('end', () => broken('the server ended the SFTP session'));
  client.on('error', (error: Error) => broken(`the connection broke off: ${quote(error.message)}`));
  void closed.then(() => broken('the connection was closed'));
  return {
    channel,
    down,
    keepAlive: (yes) => void (yes ? socket.ref() : socket.unref()),
    end(why) {
      // The goodbye is handed to the system before the socket goes; whether it arrives is no matter.
      client.end().catch(() => undefined);
      channel.fail(why);
    },
  };
}

type Login = Readonly<Partial<Record<'passphrase' | 'agent' | 'password', string>>> & {
  readonly privateKey?: Buffer | string;
};

async function readCredentials({
  privateKey,
  privateKeyPath,
  passphrase,
  agent,
  password,
}: Credentials): Promise<Login> {
  const key = privateKeyPath === undefined ? privateKey : await readKey(privateKeyPath);
  return {
    ...(key !== undefined && { privateKey: typeof key === 'string' ? key : Buffer.from(key) }),
    ...(passphrase !== undefined && { passphrase }),
    ...(agent !== undefined && { agent }),
    ...(password !== undefined && { password }),
  };
}

async function readKey(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Breakdown({
      code: 'EINVAL',
      sent: false,
      detail: `the private key ${path} cannot be read (${code})`,
      advice: 'Correct privateKeyPath',
      final: true,
    });
  }
}

/** What is at hand, and no more: asking which methods there are would cost a round trip. */
function methodsOf(login: Login): ('publickey' | 'agent' | 'password' | 'keyboard-interactive')[] {
  return [
    ...(login.privateKey === undefined ? [] : (['publickey'] as const)),
    ...(login.agent === undefined ? [] : (['agent'] as const)),
    ...(login.password === undefined ? [] : (['password', 'keyboard-interactive'] as const)),
  ];
}

/** Many servers ask for the password by way of a dialogue. Only what is typed unseen is answered with it. */
function answerPrompts(client: SftpClient, password: string | undefined): void {
  if (password === undefined) return;
  client.on(
    'keyboard-interactive',
    (
      _name: string,
      _instructions: string,
      _language: string,
      prompts: readonly { readonly echo: boolean }[],
      finish: (answers: string[]) => void,
    ) => finish(prompts.map(({ echo }) => (echo ? '' : password))),
  );
}

function tooLate(connectTimeoutMs: number): Breakdown {
  return new Breakdown({
    code: 'ECONN',
    sent: false,
    detail: `no connection within ${connectTimeoutMs} ms`,
    advice: 'Check address, firewall and server, or raise connectTimeoutMs',
  });
}
