import { describe, expect, it } from 'vitest';
import { OFFLOAD, runDirect, runPooled, step, type Steps } from './steps.js';

/** A call that notes in which form it was made. */
function noted(notes: string[], name: string, failure?: Error): Steps<string> {
  const make = (form: string) => (): string => {
    notes.push(`${name} ${form}`);
    if (failure !== undefined) throw failure;
    return name;
  };
  const now = make('now');
  const later = make('later');
  return step(name, now, async () => later());
}

function* caught(notes: string[]): Steps<string> {
  try {
    return yield* noted(notes, 'b', new Error('no'));
  } catch {
    return yield* noted(notes, 'c');
  }
}

describe('the runners', () => {
  it('make all calls at once, or all later', async () => {
    const steps = function* (notes: string[]): Steps<string> {
      return (yield* noted(notes, 'a')) + (yield* caught(notes));
    };
    const direct: string[] = [];
    const running = runDirect(steps(direct));
    expect(direct).toEqual(['a now', 'b now', 'c now']);
    expect(await running).toBe('ac');
    const pooled: string[] = [];
    expect(await runPooled(steps(pooled))).toBe('ac');
    expect(pooled).toEqual(['a later', 'b later', 'c later']);
  });

  it('leave the main thread where an operation asks for it, and stay off it', async () => {
    const notes: string[] = [];
    const steps = function* (): Steps<string> {
      yield* noted(notes, 'a');
      yield OFFLOAD;
      const c = yield* caught(notes);
      yield OFFLOAD;
      return c;
    };
    expect(await runDirect(steps())).toBe('c');
    expect(notes).toEqual(['a now', 'b later', 'c later']);
    notes.length = 0;
    expect(await runPooled(steps())).toBe('c');
    expect(notes).toEqual(['a later', 'b later', 'c later']);
  });

  it('reject with what an operation throws', async () => {
    const steps = (): Steps<string> => noted([], 'a', new Error('no'));
    await expect((async () => runDirect(steps()))()).rejects.toThrow('no');
    await expect(runPooled(steps())).rejects.toThrow('no');
  });

  it('on the main thread let timers and the network in, even if one call follows the other', async () => {
    const letIn: string[] = [];
    setImmediate(() => letIn.push('the loop'));
    // Bounded: a loop of promises alone that goes on for ever could not even be timed out.
    for (let count = 0; count < 1_000_000 && letIn.length === 0; count++) await runDirect(noted([], 'a'));
    expect(letIn).toEqual(['the loop']);
  });
});
