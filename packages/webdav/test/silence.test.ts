import { VirtualClock } from '@holdfast/testkit';
import { describe, expect, it } from 'vitest';
import { Silence } from '../src/transport/silence.js';

function watched() {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const note = (what: string) => () => void seen.push(`${what} at ${clock.now}`);
  const silence = new Silence({
    clock,
    pauseMs: 450,
    onPause: note('pause'),
    silenceMs: 3000,
    onSilence: note('silence'),
  });
  return { clock, seen, silence };
}

describe('a request that is watched for silence', () => {
  it('pauses, and falls silent, and is told so again', async () => {
    const { clock, seen, silence } = watched();
    await clock.advance(6500);
    expect(seen).toEqual(['pause at 450', 'silence at 3000', 'silence at 6000']);
    silence.end();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is never silent as long as anything moves', async () => {
    const { clock, seen, silence } = watched();
    for (let n = 0; n < 30; n++) {
      await clock.advance(400);
      silence.heard();
    }
    expect([clock.now, seen]).toEqual([12_000, []]);
    silence.end();
  });

  it('is silent from the last that moved', async () => {
    const { clock, seen, silence } = watched();
    await clock.advance(2000);
    silence.heard();
    await clock.advance(2999);
    expect(seen).toEqual(['pause at 450']);
    await clock.advance(1);
    expect(seen).toEqual(['pause at 450', 'silence at 5000']);
    silence.end();
  });

  it('is not silent if what has arrived during a stall is read in the same moment', async () => {
    const { clock, seen, silence } = watched();
    // Scheduled later for the same moment, as what a socket has to read comes after the timers that are due.
    await clock.advance(2999);
    clock.schedule(() => silence.heard(), 1);
    await clock.advance(1);
    expect(seen).toEqual(['pause at 450']);
    silence.end();
  });
});
