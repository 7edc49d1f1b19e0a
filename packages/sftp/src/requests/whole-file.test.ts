import { describe, expect, test } from 'vitest';
import type { Channel } from '../transport/channel.js';
import type { Attributes } from '../transport/replies.js';
import { readWhole, writeWhole, type ReadOptions } from './whole-file.js';

const HANDLE = Buffer.from('handle');
/** What ssh2 sends in one request to a server that it does not know. */
const LONGEST_REQUEST = 31_952;

/** A channel to one file, which is `content`. */
class FileChannel {
  readonly requests: string[] = [];
  content: Buffer;
  /** How many bytes a read at `position` brings at most. */
  longestRead: (position: number) => number = () => Infinity;
  failWriteAt: number | undefined;
  bytesAsked = 0;
  readonly #size: number | undefined;

  constructor(content: Buffer = Buffer.alloc(0), size: number | undefined = content.length) {
    this.content = content;
    this.#size = size;
  }

  get channel(): Channel {
    return this as unknown as Channel;
  }

  async open(_path: string, flags: string): Promise<Buffer> {
    this.requests.push(`open ${flags}`);
    return HANDLE;
  }

  async fstat(): Promise<Attributes> {
    return { mode: 0o100644, size: this.#size };
  }

  async read(_: Buffer, position: number, length: number): Promise<Uint8Array> {
    this.requests.push('read');
    this.bytesAsked = Math.max(this.bytesAsked, position + length);
    if (length > LONGEST_REQUEST) throw new Error('ssh2 would cut this read in two');
    return this.content.subarray(position, position + Math.min(length, this.longestRead(position)));
  }

  async write(_: Buffer, data: Buffer, position: number): Promise<void> {
    this.requests.push('write');
    if (data.length > LONGEST_REQUEST) throw new Error('ssh2 would cut this write in two');
    if (position === this.failWriteAt) throw new Error('full');
    const grown = Buffer.alloc(Math.max(this.content.length, position + data.length));
    this.content.copy(grown);
    data.copy(grown, position);
    this.content = grown;
  }

  async lstat(): Promise<Attributes> {
    return {};
  }

  async close(): Promise<void> {
    this.requests.push('close');
  }
}

function bytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff));
}

/** Not `toEqual`: nobody can read the diff of a megabyte. */
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

function read(file: FileChannel, options: Partial<ReadOptions> = {}): Promise<Uint8Array> {
  return readWhole(file.channel, '/f', { maxBytes: Infinity, signal: undefined, ...options });
}

describe('a file is read whole', () => {
  test.each([0, 1, 30_719, 30_720, 30_721, 100_000, 2_500_000])('with %i bytes', async (length) => {
    const content = bytes(length);
    expect(same(await read(new FileChannel(content)), content)).toBe(true);
  });

  test.each<[string, number | undefined]>([
    ['no size', undefined],
    ['a size of nothing', 0],
    ['too small a size', 1_000],
    ['too large a size', 1_000_000],
  ])('where the server tells %s', async (_, size) => {
    const content = bytes(200_000);
    expect(same(await read(new FileChannel(content, size)), content)).toBe(true);
  });

  test('where the server sends less than it was asked for, here and there', async () => {
    const file = new FileChannel(bytes(400_000));
    file.longestRead = (position) => (position % 7 === 0 ? 1_000 : 20_001);
    expect(same(await read(file), file.content)).toBe(true);
  });

  test('and closed, also if the caller gave up', async () => {
    const file = new FileChannel(bytes(100_000));
    await expect(read(file, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    expect(file.requests).toEqual(['open r', 'read', 'close']);
  });
});

describe('a file that may have so many bytes', () => {
  test.each([
    [100, 100],
    [0, 0],
    [30_720, 30_720],
    [100_000, 100_000],
    [99_999, 100_000],
  ])('is read with %i of %i', async (length, maxBytes) => {
    expect(await read(new FileChannel(bytes(length)), { maxBytes })).toHaveLength(length);
  });

  test.each<[string, number, number, number | undefined]>([
    ['one more', 101, 100, 101],
    ['one at all', 1, 0, 1],
    ['many more', 500_000, 100_000, 500_000],
    ['many more than it tells', 500_000, 100_000, 10],
    ['many more, and no size', 500_000, 100_000, undefined],
  ])(
    'is refused with %s, and no more than one above them is asked for',
    async (_, length, maxBytes, size) => {
      const file = new FileChannel(bytes(length), size);
      await expect(read(file, { maxBytes })).rejects.toMatchObject({ failure: { code: 'EFBIG' } });
      expect(file.bytesAsked).toBeLessThanOrEqual(maxBytes + 1);
      expect(file.requests.at(-1)).toBe('close');
    },
  );
});

describe('a file is written whole', () => {
  const opened = (): void => undefined;
  test.each([0, 1, 30_720, 30_721, 983_040, 983_041, 2_500_000])('with %i bytes', async (length) => {
    const file = new FileChannel();
    const content = bytes(length);
    await writeWhole(file.channel, '/f', content, { exclusive: false, opened });
    expect(same(file.content, content)).toBe(true);
    expect(file.requests.at(0)).toBe('open w');
    expect(file.requests.at(-1)).toBe('close');
  });

  test('from a part of a buffer', async () => {
    const file = new FileChannel();
    await writeWhole(file.channel, '/f', bytes(100).subarray(10, 20), { exclusive: true, opened });
    expect(same(file.content, bytes(100).subarray(10, 20))).toBe(true);
    expect(file.requests.at(0)).toBe('open wx');
  });

  test.each([0, 1_200_000 - (1_200_000 % 30_720)])('or closed at a failure, here at byte %i', async (at) => {
    const file = new FileChannel();
    file.failWriteAt = at;
    const writing = writeWhole(file.channel, '/f', bytes(2_000_000), { exclusive: false, opened });
    await expect(writing).rejects.toThrow('full');
    expect(file.requests.filter((request) => request === 'close')).toHaveLength(1);
  });
});
