import { checkHistory, parseHistory, type HistoryEvent, type HistoryFault } from './index.js';

/**
 * Events, one a line: `a acquired 1 @ 10`, `a update 1 0 1 @ 12`, or `a update 1 0 1 11 @ 12` of a change that began
 * at 11.
 */
export function history(
  script: string,
  lockOf = (_process: string): string => 'l',
  suffix = '',
): HistoryEvent[] {
  const lines = script.split('\n').filter((line) => line.trim() !== '');
  const text = lines.map((line) => {
    const [name = '', type, ...rest] = line.trim().split(/\s+/);
    const at = Number(rest.at(-1));
    const [token, from, to, since] = rest.slice(0, -2).map(Number);
    return `${JSON.stringify({ process: name + suffix, lock: lockOf(name), type, at, token, from, to, since })}\n`;
  });
  return parseHistory(text.join(''));
}

/** What is wrong with a script, in the order of time. */
export function faultsOf(script: string, counters: Readonly<Record<string, number>> = {}): HistoryFault[] {
  return checkHistory(history(script), { counters }).violations.map(({ fault }) => fault);
}
