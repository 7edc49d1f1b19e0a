import type { MountKind } from '../lab/mounts.js';
import type { Figures, FiguresByMount } from './figures.js';

/** A column of the table of results: what it is called, and what it shows of a mount's figures by trial. */
interface Column {
  readonly title: string;
  readonly show: (figures: Figures) => string;
}

const ms = (value: number | undefined): string => (value === undefined ? '–' : `${Math.round(value)} ms`);
const s = (value: number | undefined): string =>
  value === undefined ? '–' : `${(value / 1000).toFixed(1)} s`;

/** Figures are named `trial.figure`. */
const COLUMNS: readonly Column[] = [
  { title: 'hand-over', show: (of) => ms(of['contention.handOver']) },
  { title: 'the longest', show: (of) => ms(of['contention.longestHandOver']) },
  { title: 'after a long wait', show: (of) => ms(of['quiet.lateHandOver']) },
  { title: 'killed: taken over', show: (of) => s(of['killed.takeover']) },
  { title: 'frozen: taken over', show: (of) => s(of['frozen.takeover']) },
  { title: 'cut off: taken over', show: (of) => s(of['cut-off.takeover']) },
  { title: 'back', show: (of) => s(of['cut-off.recovery']) },
  { title: 'server frozen: lost', show: (of) => s(of['server-frozen.noticed']) },
  { title: 'back', show: (of) => s(of['server-frozen.recovery']) },
  { title: 'server restarted: back', show: (of) => s(of['server-restarted.recovery']) },
  {
    title: 'clock 1 h off: taken over',
    show: (of) => s(greater(of['clock-3600.takeover'], of['clock-3600.reverse'])),
  },
];

function greater(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? one : Math.max(one, other);
}

/** What the trials of one run have measured, to be shown as a table. */
export class Table {
  readonly #rows = new Map<string, { readonly figures: Record<string, number> }>();

  add(trial: string, results: FiguresByMount): void {
    for (const [kind, figures] of results) {
      const row = this.#rows.get(kind.id) ?? { figures: {} };
      this.#rows.set(kind.id, row);
      for (const [name, value] of Object.entries(figures)) {
        if (!Number.isFinite(value)) throw new Error(`${trial} on ${kind.title}: ${name} is no figure`);
        row.figures[`${trial}.${name}`] = value;
      }
    }
  }

  /** The table in Markdown, with a row for each of `kinds`; a dash is where a trial is not made on a mount. */
  markdown(kinds: readonly MountKind[]): string {
    const rows = kinds.map(({ id, title }) => {
      const figures = this.#rows.get(id)?.figures ?? {};
      return [title, ...COLUMNS.map(({ show }) => show(figures))];
    });
    const titles = ['mount', ...COLUMNS.map(({ title }) => title)];
    const lines = [titles, titles.map(() => '---'), ...rows];
    return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  }
}
