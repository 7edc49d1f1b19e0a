import { z } from 'zod';

/** From the longest on, the order in which they are written. */
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000, 1];
const COUNT = String.raw`(\d{1,12}(?:\.\d{1,6})?)`;
const IN_UNITS = new RegExp(`^${['d', 'h', 'm', 's', 'ms'].map((unit) => `(?:${COUNT}${unit})?`).join('')}$`);
const IN_SECONDS = new RegExp(`^${COUNT}$`);

/** `500ms`, `10s`, `1.5s`, `2m`, `1h30m`, `1d`, and seconds without a unit, as milliseconds. */
export const durationSchema: z.ZodType<number, string> = z.string().transform((text, context) => {
  const seconds = IN_SECONDS.exec(text)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1_000;
  const counts = text === '' ? null : IN_UNITS.exec(text);
  if (counts !== null) {
    return UNITS_MS.reduce((sum, unitMs, at) => sum + Number(counts[at + 1] ?? 0) * unitMs, 0);
  }
  context.addIssue('must be a duration such as 500ms, 10s, 1h30m or 1d');
  return z.NEVER;
});

/** For people: two units at most, as in `850ms`, `3.4s`, `14s`, `2m 13s`, `1h 4m`, `3d 4h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '0s';
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const s = Math.floor(ms / 1_000);
  if (s < 60) return `${s}s`;
  const m = Math.floor(s / 60);
  if (m < 60) return `${m}m ${s % 60}s`;
  const h = Math.floor(m / 60);
  return h < 24 ? `${h}h ${m % 60}m` : `${Math.floor(h / 24)}d ${h % 24}h`;
}
