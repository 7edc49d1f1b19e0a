// What one sees while it runs: a picture that is drawn over on a terminal, plain lines elsewhere.
import { createLogUpdate } from 'log-update';
import { styleText } from 'node:util';

const EVERY_MS = 100;
const PLAIN_EVERY_MS = 1_000;
const MARKS = {
  holds: '●',
  shares: '●',
  waits: '○',
  works: '·',
  stopped: '‖',
  killed: '✗',
  starts: '·',
  ended: '·',
};
const COLOURS = {
  holds: 'green',
  shares: 'cyan',
  stopped: 'yellow',
  killed: 'red',
  works: 'dim',
  starts: 'dim',
  ended: 'dim',
};
/** What the parent knows better than the queue: whether a process can still do anything. */
const STANDING_STILL = new Set(['stopped', 'killed', 'ended', 'starts']);

export class Display {
  /** @readonly */
  #live = process.stdout.isTTY;
  /** @readonly */
  #colours = process.stdout.isTTY && process.stdout.hasColors();
  /** @readonly */
  #draw = createLogUpdate(process.stdout, { showCursor: true });
  /** @readonly */
  #workers;
  /** @readonly */
  #queue;
  #startedAt;
  #timer;

  /**
   * @param workers `Map` of name to `{ pid, state, count }`, which is read at each drawing
   * @param queue has `look()`, for who holds and who waits
   */
  constructor(workers, queue) {
    this.#workers = workers;
    this.#queue = queue;
  }

  start() {
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => void this.#show(), this.#live ? EVERY_MS : PLAIN_EVERY_MS);
  }

  /** A line that stays. */
  tell(text, colour) {
    this.#draw.clear();
    const time = this.#startedAt === undefined ? '      ' : `${this.#seconds().padStart(5)} s`;
    console.log(`${this.#paint('dim', time)}  ${colour === undefined ? text : this.#paint(colour, text)}`);
    if (this.#timer !== undefined && this.#live) this.#picture(this.#queue.seen);
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

  async #show() {
    const queue = await this.#queue.look().catch(() => this.#queue.seen);
    if (this.#timer === undefined) return;
    if (this.#live) this.#picture(queue);
    else this.#line(queue);
  }

  #line({ holders, waiters }) {
    const held = holders.map(({ name, shared }) => `${name} ${shared ? 'shares' : 'holds'} it`).join(', ');
    const waiting = waiters.length === 0 ? 'nobody waits' : `waiting, in order: ${waiters.join(', ')}`;
    console.log(`${this.#seconds().padStart(5)} s  ${held === '' ? 'free' : held}; ${waiting}`);
  }

  #picture({ holders, waiters }) {
    const shown = new Map(holders.map(({ name, shared }) => [name, shared ? 'shares' : 'holds']));
    for (const name of waiters) shown.set(name, 'waits');
    const order = [...new Set([...shown.keys(), ...this.#workers.keys()])];
    const rows = order.flatMap((name) => {
      const worker = this.#workers.get(name);
      if (worker === undefined) return [];
      const state = STANDING_STILL.has(worker.state) ? worker.state : (shown.get(name) ?? 'works');
      const place = state === 'waits' ? `waits, number ${waiters.indexOf(name) + 1}` : state;
      const row = `${MARKS[state]} ${name.padEnd(8)} pid ${String(worker.pid).padEnd(8)} ${place.padEnd(18)} ${String(worker.count).padStart(4)} times`;
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
