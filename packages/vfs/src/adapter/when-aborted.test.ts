import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { whenAborted } from './when-aborted.js';

describe('waiting for an abort', () => {
  test('takes one listener, however many wait, and none once nobody does', () => {
    const { signal } = new AbortController();
    const forget = Array.from({ length: 100 }, () => whenAborted(signal, () => undefined));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const each of forget) each();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    for (const each of forget) each();
    whenAborted(signal, () => undefined);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  });

  test('tells each who still waits, once, in order', () => {
    const controller = new AbortController();
    const told: string[] = [];
    const say = (name: string) => (): void => void told.push(name);
    const same = say('same');
    whenAborted(controller.signal, say('first'));
    const forget = whenAborted(controller.signal, say('gone'));
    whenAborted(controller.signal, same);
    whenAborted(controller.signal, same);
    forget();
    controller.abort();
    expect(told).toEqual(['first', 'same', 'same']);
    forget();
    expect(told).toHaveLength(3);
  });

  test('does not tell who is taken back by another that is told', () => {
    const controller = new AbortController();
    let told = 0;
    let forget: () => void = () => undefined;
    whenAborted(controller.signal, () => forget());
    forget = whenAborted(controller.signal, () => told++);
    controller.abort();
    expect(told).toBe(0);
  });
});
