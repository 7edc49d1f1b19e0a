import { setTimeout as sleep } from 'node:timers/promises';
import { intercept } from '@holdfast/vfs';

/** A claim by its name: its number and nothing else. */
const CLAIM = /\/\d{16}$/;

/**
 * `vfs` as over a network on which each call takes `callMs`, half of it on the way there; and how many calls it took from
 * `start` until a number was obtained.
 */
export function slowed(vfs, callMs) {
  const counted = { calls: 0, callsToNumber: undefined };
  const slow = intercept(vfs, async (call, next) => {
    if (call.op === 'watch') return next(call);
    counted.calls++;
    await sleep(callMs / 2);
    const result = await next(call);
    if ((call.op === 'mkdir' || call.op === 'writeFile') && CLAIM.test(call.path)) {
      counted.callsToNumber ??= counted.calls;
    }
    await sleep(callMs / 2);
    return result;
  });
  return {
    vfs: slow,
    start() {
      counted.calls = 0;
      counted.callsToNumber = undefined;
    },
    get callsToNumber() {
      return counted.callsToNumber;
    },
  };
}
