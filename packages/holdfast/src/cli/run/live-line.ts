import { printable } from '@holdfast/vfs';
import cliTruncate from 'cli-truncate';
import { createLogUpdate } from 'log-update';

/** One line of a terminal that is written over again and again. */
export class LiveLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #update: ReturnType<typeof createLogUpdate>;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#update = createLogUpdate(stream, { showCursor: true });
  }

  draw(text: string): void {
    // The last column stays free: a terminal may break the line there.
    this.#update(cliTruncate(printable(text), (this.#stream.columns || 80) - 1));
  }

  clear(): void {
    this.#update.clear();
  }
}
