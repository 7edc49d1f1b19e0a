/** The server answered a request, and refused it. */
export class ServerRefusal extends Error {
  override readonly name = 'ServerRefusal';
  /** The number of the protocol, see `errors.ts`. */
  readonly status: number;

  /** @param text what the server said, made printable already */
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}
