import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `500ms`, `10s`, `2m`, `1h`, `1.5s`, as milliseconds. */
export const durationSchema: z.ZodType<number, string> = z.string().transform((text, context) => {
  const [, count = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h)$/.exec(text) ?? [];
  if (unit in UNIT_MS) return Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  context.addIssue('must be a duration such as 500ms, 10s, 2m or 1h');
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
