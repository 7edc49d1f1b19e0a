// What one sees while it runs: a picture that is drawn over on a terminal, plain lines elsewhere.
import { createLogUpdate } from 'log-update';
import { styleText } from 'node:util';

const EVERY_MS = 100;
const PLAIN_EVERY_MS = 2_000;
const MARKS = {
  holding: '●',
  waiting: '○',
  working: '○',
  stopped: '‖',
  killed: '✗',
  starting: '·',
  ended: '·',
};
const COLOURS = { holding: 'green', stopped: 'yellow', killed: 'red', starting: 'dim', ended: 'dim' };

export class Display {
  /** @readonly */
  #live = process.stdout.isTTY;
  /** @readonly */
  #colours = process.stdout.isTTY && process.stdout.hasColors();
  /** @readonly */
  #draw = createLogUpdate(process.stdout, { showCursor: true });
  /** @readonly */
  #workers;
  #startedAt;
  #timer;

  /** @param workers `Map` of name to `{ pid, state, token, count }`, which is read at each drawing */
  constructor(workers) {
    this.#workers = workers;
  }

  start() {
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#show(), this.#live ? EVERY_MS : PLAIN_EVERY_MS);
  }

  /** A line that stays. */
  tell(text, colour) {
    this.#draw.clear();
    const time = this.#startedAt === undefined ? '      ' : `${this.#seconds().padStart(5)} s`;
    console.log(`${this.#paint('dim', time)}  ${colour === undefined ? text : this.#paint(colour, text)}`);
    if (this.#timer !== undefined && this.#live) this.#show();
  }

  end() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#draw.clear();
  }

  summary({ ok, lines, details }) {
    console.log(`\nWhat the processes recorded:\n`);
    const width = Math.max(...lines.map(({ what }) => what.length));
    for (const line of lines) {
      const mark = line.ok ? this.#paint('green', '✓') : this.#paint('red', '✗');
      console.log(`  ${mark} ${line.what.padEnd(width)}  ${line.found}`);
    }
    if (details !== '') console.log(`\n${details}`);
    console.log(
      `\n${ok ? this.#paint('green', 'All of it holds.') : this.#paint('red', 'It does NOT hold.')}`,
    );
  }

  #show() {
    if (!this.#live) {
      const parts = [...this.#workers].map(([name, { state, token, count }]) =>
        state === 'holding' ? `${name} holds ${token}` : `${name} ${state} (${count})`,
      );
      console.log(`${this.#seconds().padStart(5)} s  ${parts.join(', ')}`);
      return;
    }
    const rows = [...this.#workers].map(([name, { pid, state, token, count }]) => {
      const what = state === 'holding' ? `holds token ${token}` : state;
      const row = `${MARKS[state]} ${name.padEnd(8)} pid ${String(pid).padEnd(8)} ${what.padEnd(18)} ${String(count).padStart(4)} times`;
      return `  ${COLOURS[state] === undefined ? row : this.#paint(COLOURS[state], row)}`;
    });
    this.#draw(`\n${rows.join('\n')}\n\n  ${this.#seconds()} s`);
  }

  #seconds() {
    return ((performance.now() - this.#startedAt) / 1_000).toFixed(1);
  }

  #paint(colour, text) {
    return this.#colours ? styleText(colour, text) : text;
  }
}
