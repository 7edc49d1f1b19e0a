import { connect, type Socket } from 'node:net';
import type { Clock, Timer } from '@holdfast/vfs';
import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import SftpClient from 'ssh2-sftp-client';
import { brokenOff, Channel, protocolError } from './channel.js';
import { whyNoConnection } from './dial-error.js';
import type { HostKeyCheck, HostKeys } from './host-key.js';
import type { Link } from './link.js';
import { answerPrompts, authMethodsOf, readLogin, type Login } from './login.js';
import type { Credentials } from '../options.js';
import { quoting, type Quote } from './quote.js';
import type { Session } from './session.js';

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Both as one text, for errors. */
  readonly server: string;
  readonly username: string;
  readonly credentials: Credentials;
  readonly hostKeys: HostKeys;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  readonly answerTimeoutMs: number;
  /** Cuts the attempt off. */
  readonly signal: AbortSignal;
}

/** Milliseconds of silence after which the system asks whether the other end is still there. */
const TCP_KEEPALIVE_MS = 15_000;

type Connected = Awaited<ReturnType<SftpClient['connect']>>;

/** Opens a connection: reads the credentials, verifies the host, logs in and starts SFTP. */
export async function dial(options: DialOptions): Promise<Link> {
  const { clock, connectTimeoutMs, signal } = options;
  const giveUpAt = clock.monotonic() + connectTimeoutMs;
  const [login, check] = await Promise.all([readLogin(options.credentials), options.hostKeys.check()]);
  const handshake = { ...options, login, quote: quoting(options.credentials) };
  for (;;) {
    signal.throwIfAborted();
    const attempt = new Handshake({ ...handshake, check, limitMs: giveUpAt - clock.monotonic() });
    try {
      return await attempt.run();
    } catch (error) {
      // A host shows one of its keys. If that is none of those that are pinned, it may have another one that is.
      const { refusedKey } = attempt;
      if (refusedKey !== undefined && check.askForAnother(refusedKey)) continue;
      const hasNoOther = refusedKey !== undefined || isNoSuchKey(error);
      throw hasNoOther ? (check.firstObjection ?? error) : error;
    }
  }
}

/** How ssh2 says that the host has no key of the types that it was asked for. */
function isNoSuchKey(error: unknown): boolean {
  return error instanceof FailedAttempt && error.message.includes('no matching host key format');
}

interface HandshakeOptions extends DialOptions {
  readonly login: Login;
  readonly check: HostKeyCheck;
  readonly quote: Quote;
  readonly limitMs: number;
}

/** One attempt, on a socket of its own. */
class Handshake {
  /** The host's key, if it was the reason for ending the attempt. */
  refusedKey: Uint8Array | undefined;
  readonly #options: HandshakeOptions;
  readonly #client: SftpClient;
  readonly #socket: Socket;
  readonly #closed: Promise<void>;
  /** ssh2's own error, which tells at what level it arose. The one of ssh2-sftp-client does not. */
  #firstError: Error | undefined;
  #reason: FailedAttempt | undefined;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    const ignore = (): void => undefined;
    this.#client = new SftpClient('holdfast', { error: ignore, end: ignore, close: ignore });
    this.#client.on('error', (error: Error) => (this.#firstError ??= error));
    const { host, port } = options;
    // A socket of our own, so that an idle connection lets the process end, and a hung one can be destroyed.
    const keepAlive = { keepAlive: true, keepAliveInitialDelay: TCP_KEEPALIVE_MS };
    this.#socket = connect({ host, port, noDelay: true, ...keepAlive });
    this.#closed = new Promise((resolve) => this.#socket.once('close', () => resolve()));
  }

  async run(): Promise<Link> {
    const { clock, signal, limitMs, server, quote, login } = this.#options;
    let timer: Timer | undefined;
    let onAbort: (() => void) | undefined;
    try {
      const session = await new Promise<Connected>((resolve, reject) => {
        const tooLate = (): void => reject(this.#tooLate());
        // After a stall of this process the timer runs before an answer that has long arrived: one more turn reads it.
        timer = clock.schedule(() => (timer = clock.schedule(tooLate, 0)), Math.max(0, limitMs));
        onAbort = (): void => reject(signal.reason);
        signal.addEventListener('abort', onAbort, { once: true });
        answerPrompts(this.#client, login.password, (prompt) => {
          this.#reason = passwordExpired(server, quote(prompt));
          reject(this.#reason);
        });
        void this.#closed.then(() => reject(this.#firstError ?? new Error('it was closed by the server')));
        this.#client.connect(this.#config()).then(resolve, reject);
      });
      return this.#link(session);
    } catch (error) {
      this.#socket.destroy();
      throw this.#reason ?? whyNoConnection(this.#firstError ?? error, { server, quote });
    } finally {
      timer?.cancel();
      if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    }
  }

  #config(): SftpClient.ConnectOptions {
    const { username, login, check } = this.#options;
    return {
      ...login,
      sock: this.#socket,
      username,
      readyTimeout: 0,
      authHandler: authMethodsOf(login),
      tryKeyboard: login.password !== undefined,
      ...(check.algorithms && { algorithms: { serverHostKey: [...check.algorithms] as never[] } }),
      hostVerifier: (key: Buffer): boolean => {
        this.#reason = check.objection(key);
        if (this.#reason !== undefined) this.refusedKey = key;
        return this.#reason === undefined;
      },
    };
  }

  #link(connected: Connected): Link {
    const { clock, server, quote, answerTimeoutMs } = this.#options;
    const [client, socket] = [this.#client, this.#socket];
    let tellDown: (why: FailedAttempt) => void = () => undefined;
    let tellStuck: () => void = () => undefined;
    const down = new Promise<FailedAttempt>((resolve) => (tellDown = resolve));
    const stuck = new Promise<void>((resolve) => (tellStuck = resolve));
    const channel = new Channel({
      session: connected as unknown as Session,
      clock,
      server,
      answerTimeoutMs,
      quote,
      onDown: (why) => {
        socket.destroy();
        tellDown(why);
      },
      onStuck: () => tellStuck(),
    });
    const broken = (how: string): void => channel.fail(brokenOff(server, how));
    connected.on('error', (error: Error) => channel.fail(protocolError(server, quote(error.message))));
    connected.on('close', () => broken('the server ended the SFTP session'));
    connected.on('end', () => broken('the server ended the SFTP session'));
    client.on('error', (error: Error) => broken(quote(error.message)));
    void this.#closed.then(() => broken('it was closed'));
    return {
      channel,
      down,
      stuck,
      keepAlive: (yes) => void (yes ? socket.ref() : socket.unref()),
      end(why) {
        // Best effort: the goodbye is handed to the system before the socket is destroyed.
        client.end().catch(() => undefined);
        channel.fail(why);
      },
    };
  }

  #tooLate(): FailedAttempt {
    const { server, connectTimeoutMs } = this.#options;
    return new FailedAttempt(
      failure('ECONN', {
        retryable: true,
        detail: `no connection to ${server} within ${connectTimeoutMs} ms`,
        advice: 'Check address, firewall and server, or raise connectTimeoutMs',
      }),
    );
  }
}

function passwordExpired(server: string, prompt: string): FailedAttempt {
  return new FailedAttempt(
    failure('EAUTH', {
      detail: `${server} wants a new password before it lets the user in: ${prompt || 'the old one has expired'}`,
      advice: 'Log in by hand (ssh USER@HOST) and set a new password, then use that',
    }),
  );
}
