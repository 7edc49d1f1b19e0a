import { describe, expect, test } from 'vitest';
import { systemClock } from '../contract/clock.js';
import { isClock, optionError, parseOptions, type OptionsSchema } from './options.js';

const schema: OptionsSchema<{ port: number }> = {
  shape: { port: {}, host: {} },
  safeParse: (value) =>
    typeof value === 'object' && value !== null && 'port' in value
      ? { success: true, data: { port: Number(value.port) } }
      : { success: false, error: { issues: [{ path: ['port'], message: 'is missing' }] } },
};

describe('options', () => {
  test('are what the schema makes of them', () => {
    expect(parseOptions(schema, { port: '22' }, 'some', 'SomeVFSOptions')).toEqual({ port: 22 });
  });

  test('that are not right are an error that names them, and those that there are', () => {
    expect(() => parseOptions(schema, {}, 'some', 'SomeVFSOptions')).toThrow(
      expect.objectContaining({
        code: 'EINVAL',
        op: 'open',
        adapter: 'some',
        detail: 'port: is missing',
        advice: 'The options are port, host; see SomeVFSOptions',
      }),
    );
  });

  test('have one error', () => {
    expect(optionError('some', 'port: is odd')).toMatchObject({ code: 'EINVAL', outcome: 'failed' });
  });

  test.each([
    [systemClock, true],
    [{ ...systemClock, wall: 1 }, false],
    [null, false],
    [undefined, false],
  ])('%# know a clock', (value, is) => {
    expect(isClock(value)).toBe(is);
  });
});
