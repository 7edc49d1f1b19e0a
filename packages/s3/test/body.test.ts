import { FailedAttempt, failure } from '@holdfast/vfs/adapter';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { inParts, readBody } from '../src/store/body.js';

const tooLarge = (maxBytes: number): FailedAttempt =>
  new FailedAttempt(failure('EFBIG', { detail: `more than ${maxBytes} bytes` }));

describe('a body that arrives', () => {
  test('is read whole, and each part is progress', async () => {
    let parts = 0;
    const stream = Readable.from([Buffer.from('ab'), Buffer.from('c')]);
    const body = await readBody(stream, 3, tooLarge, () => (parts += 1));
    expect(new TextDecoder().decode(body)).toBe('abc');
    expect(parts).toBe(2);
  });

  test('is cut off at its limit, and what is left of it is not read', async () => {
    let made = 0;
    function* endless(): Generator<Uint8Array> {
      for (;;) {
        made += 1;
        yield new Uint8Array(1_000);
      }
    }
    const stream = Readable.from(endless());
    await expect(readBody(stream, 10_000, tooLarge, () => undefined)).rejects.toMatchObject({
      failure: { code: 'EFBIG', detail: 'more than 10000 bytes' },
    });
    expect(stream.destroyed).toBe(true);
    expect(made).toBeLessThan(100);
  });
});

describe('a body that is sent', () => {
  test('goes in one piece if it is small', () => {
    const body = new Uint8Array(1_000);
    expect(inParts(body, () => undefined)).toBe(body);
  });

  test('goes in parts if it is large, each of which is progress', async () => {
    const body = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
    let parts = 0;
    const sent = inParts(body, () => (parts += 1));
    if (sent instanceof Uint8Array) throw new Error('it is in one piece');
    const arrived: Buffer[] = [];
    for await (const part of sent) arrived.push(part as Buffer);
    expect(Buffer.concat(arrived).equals(body)).toBe(true);
    expect(parts).toBe(5);
  });
});
