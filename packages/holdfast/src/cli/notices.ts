import { printable } from '@holdfast/vfs';

/** What the command line says beside its results: on stderr, one line each, sanitised. */
export class Notices {
  readonly #quiet: boolean;

  constructor({ quiet }: { readonly quiet: boolean }) {
    this.#quiet = quiet;
  }

  get quiet(): boolean {
    return this.#quiet;
  }

  /** Progress: silenced by `--quiet`. */
  tell(text: string): void {
    if (!this.#quiet) this.warn(text);
  }

  /** Trouble: always said. */
  warn(text: string): void {
    process.stderr.write(`holdfast: ${printable(text)}\n`);
  }
}
