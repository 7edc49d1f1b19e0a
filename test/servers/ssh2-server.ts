import type { AddressInfo, Socket } from 'node:net';
import type { SftpVFSOptions } from '@holdfast/sftp';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, SFTPWrapper } from 'ssh2';
import { makeSite, optionsFor, type SftpServer, type SftpSite } from './sftp-server.js';
import { SessionFolder, status, type Answer, type Telling } from './ssh2-folder.js';
import type { SSHKey } from './ssh-keys.js';

/** One request as the server received it. */
export interface WireRequest {
  readonly op: string;
  /** Of the request itself, or of the handle it names. */
  readonly path: string;
}

/**
 * What befalls a request instead of being carried out and answered.
 * `hang`: nothing. `lost`: carried out, not answered. `late`: carried out and answered once `until` fulfils. `cut`: the
 * connection ends instead. `answer`: not carried out, but answered so. `bytes`: these go back instead of a reply.
 */
export type Fault =
  | { readonly kind: 'hang' | 'lost' | 'cut' }
  | { readonly kind: 'late'; readonly until: Promise<void> }
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'bytes'; readonly bytes: (id: number) => Buffer };

export type FaultPlan = (request: WireRequest) => Fault | undefined;

/** What a client has to prove, and what the server says to it. */
export interface SSHServerOptions {
  /** The key that may log in. Default: a new one. */
  readonly clientKey?: SSHKey;
  readonly password?: string;
  /** How the password is asked for. Default `password`. */
  readonly asks?: 'password' | 'dialogue';
  /** The password has expired: the server asks for a new one in these words. */
  readonly expired?: string;
  readonly tells?: Telling;
  /** Default: one ed25519 key. */
  readonly hostKeys?: readonly SSHKey[];
  readonly algorithms?: ssh2.Algorithms;
  /** Refuses to start an SFTP session. */
  readonly noSftp?: boolean;
  /**
   * Answers only once the client has nothing more to say, so that what is answered together is one round trip exactly.
   * Default `false`.
   */
  readonly inTurns?: boolean;
  /** Told when the SFTP session begins, before anything is answered. */
  readonly onSession?: (sftp: SFTPWrapper) => void;
}

/** A server inside the test, for what real ones do too seldom. */
export interface SSHServer extends SftpServer {
  readonly requests: readonly WireRequest[];
  /** Round trips so far, with `inTurns`, without those that nobody waits for: the CLOSE of what was only read. */
  readonly trips: number;
  /** Connections that are open. */
  readonly connections: number;
  /** Connections ever accepted. */
  readonly accepted: number;
  /** What clients said of themselves and tried, as `method` or `method:user`. */
  readonly logins: readonly string[];
  readonly clientKey: SSHKey;
  readonly hostKey: SSHKey;
  faults: FaultPlan | undefined;
  /** Forgets the requests and round trips so far. */
  recount(): void;
  /** With `inTurns`: fulfils once all is answered, and nothing more comes. */
  quiet(): Promise<void>;
  /** Ends every connection at once. */
  cut(): void;
}

export async function startSSHServer(options: SSHServerOptions = {}): Promise<SSHServer> {
  const made = await makeSite();
  try {
    return await serve({ ...made, clientKey: options.clientKey ?? made.clientKey }, options);
  } catch (error) {
    await made.remove();
    throw error;
  }
}

async function serve(site: SftpSite, options: SSHServerOptions): Promise<SSHServer> {
  const hostKeys = options.hostKeys ?? [site.hostKey];
  const live = new Set<Connection>();
  const state = new Wire(options.inTurns === true, options.tells);
  const logins: string[] = [];
  let accepted = 0;
  const server = new ssh2.Server(
    {
      hostKeys: hostKeys.map((key) => key.private),
      ...(options.algorithms && { algorithms: options.algorithms }),
    },
    (connection) => {
      accepted++;
      live.add(connection);
      // Else each of two replies in a row waits for the other's acknowledgement, 40 ms.
      connection.once('handshake', () => socketOf(connection).setNoDelay(true));
      connection.on('error', () => undefined);
      connection.on('close', () => live.delete(connection));
      connection.on('authentication', (context) => {
        logins.push(context.method);
        authenticate(context, options, site.clientKey);
      });
      connection.on('session', (accept) => {
        const session = accept();
        session.on('sftp', (acceptSftp, rejectSftp) => {
          if (options.noSftp === true) return rejectSftp();
          const sftp = acceptSftp();
          options.onSession?.(sftp);
          state.serve(sftp, site.folder, () => connection.end());
        });
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { privateKey: _, ...withoutKey } = optionsFor(site, port, '/');
  const login: Partial<SftpVFSOptions> =
    options.password === undefined ? { privateKey: site.clientKey.private } : { password: options.password };
  return {
    options: { ...withoutKey, ...login, port, hostKeyFingerprint: hostKeys.map((key) => key.fingerprint) },
    folder: site.folder,
    clientKey: site.clientKey,
    hostKey: site.hostKey,
    logins,
    get requests() {
      return state.requests;
    },
    get trips() {
      return state.trips;
    },
    get connections() {
      return live.size;
    },
    get accepted() {
      return accepted;
    },
    get faults() {
      return state.faults;
    },
    set faults(faults) {
      state.faults = faults;
    },
    recount: () => state.recount(),
    quiet: () => state.quiet(),
    cut: () => cutAll(live),
    async stop() {
      cutAll(live);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await site.remove();
    },
  };
}

const QUIET_ROUNDS = 20;

/** What went over the wire, and what is to befall it. */
class Wire {
  requests: WireRequest[] = [];
  trips = 0;
  faults: FaultPlan | undefined;
  readonly #inTurns: boolean;
  readonly #tells: Telling | undefined;
  #turn: { readonly answers: (() => void)[]; awaited: boolean; quiet: number } | undefined;

  constructor(inTurns: boolean, tells: Telling | undefined) {
    this.#inTurns = inTurns;
    this.#tells = tells;
  }

  recount(): void {
    this.requests = [];
    this.trips = 0;
  }

  async quiet(): Promise<void> {
    for (let round = 0; round < 2 * QUIET_ROUNDS; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#turn !== undefined) round = 0;
    }
  }

  serve(sftp: SFTPWrapper, root: string, cut: () => void): void {
    const folder = new SessionFolder(root, this.#tells);
    const written = new Set<string>();
    const on = (op: string, act: (...args: never[]) => Answer, pathOf: (first: unknown) => string): void => {
      sftp.on(op, (id: number, ...args: unknown[]) => {
        const first = args[0];
        const path = pathOf(first);
        if (op === 'WRITE') written.add(String(first));
        const awaited = op !== 'CLOSE' || written.has(String(first));
        const request = { op, path };
        this.requests.push(request);
        const fault = this.faults?.(request);
        this.#inTurn(awaited, () =>
          this.#carryOut(sftp, id, { fault, act: () => act(...(args as never[])), cut }),
        );
      });
    };
    const named = String;
    const opened = (handle: unknown): string => folder.pathOf(handle as Buffer);
    on('MKDIR', (path: string) => folder.mkdir(path), named);
    on('RMDIR', (path: string) => folder.rmdir(path), named);
    on('REMOVE', (path: string) => folder.remove(path), named);
    on('STAT', (path: string) => folder.stat(path), named);
    on('LSTAT', (path: string) => folder.lstat(path), named);
    on('SETSTAT', (path: string, attributes: ssh2.Attributes) => folder.setstat(path, attributes), named);
    on('OPEN', (path: string, flags: number) => folder.open(path, flags), named);
    on('OPENDIR', (path: string) => folder.opendir(path), named);
    on('READDIR', (handle: Buffer) => folder.readdir(handle), opened);
    on('FSTAT', (handle: Buffer) => folder.fstat(handle), opened);
    on('READ', (handle: Buffer, at: number, length: number) => folder.read(handle, at, length), opened);
    on('WRITE', (handle: Buffer, at: number, data: Buffer) => folder.write(handle, at, data), opened);
    on('CLOSE', (handle: Buffer) => folder.close(handle), opened);
    sftp.on('error', () => undefined);
    sftp.on('close', () => folder.end());
  }

  #inTurn(awaited: boolean, answer: () => void): void {
    if (!this.#inTurns) return answer();
    const turn = (this.#turn ??= this.#begin());
    turn.answers.push(answer);
    turn.awaited ||= awaited;
    turn.quiet = 0;
  }

  /** The client runs in this process, so it has nothing more to say once the event loop has gone round some times. */
  #begin(): { readonly answers: (() => void)[]; awaited: boolean; quiet: number } {
    const turn = { answers: [], awaited: false, quiet: 0 };
    const wait = (): void => {
      if (++turn.quiet <= QUIET_ROUNDS) return void setImmediate(wait);
      this.#turn = undefined;
      if (turn.awaited) this.trips++;
      for (const answer of turn.answers as (() => void)[]) answer();
    };
    setImmediate(wait);
    return turn;
  }

  #carryOut(
    sftp: SFTPWrapper,
    id: number,
    { fault, act, cut }: { fault: Fault | undefined; act: () => Answer; cut: () => void },
  ): void {
    switch (fault?.kind) {
      case undefined:
        return act()(sftp, id);
      case 'hang':
        return undefined;
      case 'lost':
        act();
        return undefined;
      case 'cut':
        return cut();
      case 'answer':
        return fault.answer(sftp, id);
      case 'bytes':
        return sendBytes(sftp, fault.bytes(id));
      case 'late':
        void fault.until.then(() => act()(sftp, id));
        return undefined;
    }
  }
}

/** A status of any number: ssh2 itself sends none above 8. */
export function rawStatus(code: number, text = ''): Fault {
  return {
    kind: 'bytes',
    bytes: (id) => packet(101, [uint32(id), uint32(code), string(text), string('')]),
  };
}

/** A packet of the protocol, of any type and content. */
export function packet(type: number, fields: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from([type]), ...fields]);
  return Buffer.concat([uint32(body.length), body]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function string(text: string): Buffer {
  return Buffer.concat([uint32(Buffer.byteLength(text)), Buffer.from(text)]);
}

/** ssh2 has no public way to break the protocol. */
export function sendBytes(sftp: SFTPWrapper, bytes: Buffer): void {
  const { _protocol: protocol, outgoing } = sftp as unknown as {
    _protocol: { channelData(id: number, data: Buffer): void };
    outgoing: { id: number };
  };
  protocol.channelData(outgoing.id, bytes);
}

function authenticate(
  context: AuthContext,
  { password, asks, expired }: SSHServerOptions,
  key: SSHKey,
): void {
  if (password === undefined) {
    const isOurs =
      context.method === 'publickey' && context.key.data.toString('base64') === key.public.split(' ')[1];
    // Whoever shows the key may log in: that the signature fits is the library's matter, not this test's.
    return isOurs ? context.accept() : context.reject(['publickey']);
  }
  if (asks === 'dialogue') {
    if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
    return context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
      if (answers[0] !== password) return context.reject();
      if (expired === undefined) return context.accept();
      context.prompt([{ prompt: expired, echo: false }], () => context.reject());
    });
  }
  if (context.method !== 'password' || context.password !== password) return context.reject(['password']);
  if (expired === undefined) return context.accept();
  context.requestChange(expired, () => context.reject());
}

function cutAll(connections: ReadonlySet<Connection>): void {
  for (const connection of connections) socketOf(connection).destroy();
}

/** ssh2 shows it to clients alone. */
function socketOf(connection: Connection): Socket {
  return (connection as unknown as { readonly _sock: Socket })._sock;
}

export { status };
