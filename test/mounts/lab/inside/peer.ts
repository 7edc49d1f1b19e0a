/** A conversation's messages, as JSON. */
type Message =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: string;
      readonly params: readonly unknown[];
    }
  | { readonly kind: 'answer'; readonly id: number; readonly result?: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: WireError }
  | { readonly kind: 'note'; readonly topic: string; readonly data: unknown };

/** An error as it travels: what tests look at. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Thrown by `call` for what the other side threw. Has its `name`, `code` and the other plain fields. */
export class RemoteError extends Error {
  readonly fields: Readonly<Record<string, unknown>>;

  constructor({ name, message, fields }: WireError) {
    super(message);
    this.name = name;
    this.fields = fields;
  }

  get code(): unknown {
    return this.fields['code'];
  }
}

/** What one side can be asked, by method. */
export type Methods = Record<string, (...params: never[]) => unknown>;
type Answer<M extends Methods, K extends keyof M> = Awaited<ReturnType<M[K]>>;

/** One end of a conversation in calls and notes, over anything that carries JSON in order. */
export class Peer<Theirs extends Methods> {
  readonly #send: (message: unknown) => void;
  readonly #mine: Methods;
  readonly #heard: (topic: string, data: unknown) => void;
  readonly #pending = new Map<number, { resolve(result: unknown): void; reject(error: unknown): void }>();
  #calls = 0;
  #gone: Error | undefined;

  constructor(
    send: (message: unknown) => void,
    mine: Methods = {},
    heard: (topic: string, data: unknown) => void = () => undefined,
  ) {
    this.#send = send;
    this.#mine = mine;
    this.#heard = heard;
  }

  call<K extends keyof Theirs & string>(
    method: K,
    ...params: Parameters<Theirs[K]>
  ): Promise<Answer<Theirs, K>> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const id = ++this.#calls;
    const message: Message = { kind: 'call', id, method, params };
    const answer = new Promise<unknown>((resolve, reject) => this.#pending.set(id, { resolve, reject }));
    this.#send(message);
    return answer as Promise<Answer<Theirs, K>>;
  }

  note(topic: string, data: unknown): void {
    const message: Message = { kind: 'note', topic, data };
    this.#send(message);
  }

  /** To be called with each message of the other side. */
  receive(received: unknown): void {
    const message = received as Message;
    switch (message.kind) {
      case 'call':
        void this.#answer(message.id, message.method, message.params);
        break;
      case 'answer':
        this.#settle(message.id)?.resolve(message.result);
        break;
      case 'refusal':
        this.#settle(message.id)?.reject(new RemoteError(message.error));
        break;
      case 'note':
        this.#heard(message.topic, message.data);
        break;
    }
  }

  /** The other side is gone: what it was asked rejects, now and later. */
  end(why: string): void {
    this.#gone = new Error(why);
    for (const { reject } of this.#pending.values()) reject(this.#gone);
    this.#pending.clear();
  }

  #settle(id: number): { resolve(result: unknown): void; reject(error: unknown): void } | undefined {
    const waiting = this.#pending.get(id);
    this.#pending.delete(id);
    return waiting;
  }

  async #answer(id: number, name: string, params: readonly unknown[]): Promise<void> {
    let message: Message;
    try {
      const method = this.#mine[name];
      if (method === undefined) throw new Error(`no method ${name}`);
      message = { kind: 'answer', id, result: await method(...(params as never[])) };
    } catch (error) {
      message = { kind: 'refusal', id, error: toWire(error) };
    }
    this.#send(message);
  }
}

/** `error` with its plain fields; what hangs on them, such as a cause, stays behind. */
export function toWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} };
  const plain = Object.entries(error).filter(([, value]) => ['string', 'number'].includes(typeof value));
  return { name: error.name, message: error.message, fields: Object.fromEntries(plain) };
}

/** Splits what arrives into lines, and hands on each that is complete. */
export function lines(onLine: (line: string) => void): (chunk: Uint8Array | string) => void {
  const decoder = new TextDecoder();
  let rest = '';
  return (chunk) => {
    const parts = (
      rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))
    ).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) onLine(line);
  };
}
