import { beatName, type Ledger, type Numbered } from '../ledger/index.js';

/** The last sign of life of a claim by the storage's clock, in milliseconds since the epoch; `undefined` if it does not tell. */
export async function lastBeatOf(
  ledger: Ledger,
  { number, claim, beats, beatNumbers, beatWindowMs }: Numbered,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const last = beatNumbers.at(-1);
  if (last !== undefined && beatWindowMs !== undefined)
    return (await ledger.stat(beatName(number, beatWindowMs, last), signal))?.mtimeMs;
  const entry = beats[0] ?? claim;
  if (entry === undefined) return undefined;
  return entry.mtimeMs ?? (await ledger.stat(entry.name, signal))?.mtimeMs;
}
