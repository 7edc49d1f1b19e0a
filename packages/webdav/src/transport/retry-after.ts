import type { Clock } from '@holdfast/vfs';
import type { Reply } from './exchange.js';

/** `Retry-After` in milliseconds: so many seconds, or a date by the server's own clock. */
export function retryAfterMs(reply: Pick<Reply, 'header'>, clock: Clock): number | undefined {
  const value = reply.header('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  if (Number.isNaN(at)) return undefined;
  const now = Date.parse(reply.header('date') ?? '');
  return Math.max(0, at - (Number.isNaN(now) ? clock.wall() : now));
}
