import { median } from './statistics.js';

/**
 * Measures each of `names` once in every round, in turns, so that what disturbs the machine disturbs them all.
 *
 * @returns `[{ name, … }]`: of each figure that `measure(name)` resolved to, the median over the rounds
 */
export async function inTurns(names, rounds, measure) {
  const measured = names.map((name) => ({ name, figures: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const { name, figures } of measured) figures.push(await measure(name));
  }
  return measured.map(({ name, figures }) => Object.assign(mediansOf(figures), { name }));
}

function mediansOf(rounds) {
  const figures = Object.keys(rounds[0] ?? {});
  // A round in which there was nothing to measure has NaN.
  const known = (figure) => rounds.map((round) => round[figure]).filter((number) => !Number.isNaN(number));
  return Object.fromEntries(figures.map((figure) => [figure, median(known(figure))]));
}

/** Adds `timesHoldfast` to each row: its `figure` in terms of that of the first row, which is Holdfast's. */
export function besideHoldfast(rows, figure) {
  for (const row of rows) row.timesHoldfast = row[figure] / rows[0][figure];
  return rows;
}
