import type { Case } from '../case.js';
import { demand, demandBytes, demandEqual, demandNames, demandRefusal, resultOf, utf8 } from '../verdict.js';

const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, value) => value);
const MEBIBYTE = new Uint8Array(2 ** 20);
for (let at = 0; at < MEBIBYTE.length; at++) MEBIBYTE[at] = at * 31 + (at >> 8);

/** The rules of `writeFile` and `readFile`. */
export const contentCases: readonly Case[] = [
  {
    name: 'writeFile and readFile keep every byte',
    async run({ vfs, open }) {
      const other = await open();
      const contents: readonly (readonly [name: string, data: Uint8Array])[] = [
        ['empty', new Uint8Array()],
        ['every byte', EVERY_BYTE],
        ['line ends', utf8('a\nb\r\nc\rd\n\n')],
        ['byte order mark', utf8('\u{feff}a')],
        ['not UTF-8', Uint8Array.of(0xff, 0xfe, 0xc3, 0x28, 0x00, 0x80)],
        ['zeros', new Uint8Array(1000)],
        ['a mebibyte', MEBIBYTE],
      ];
      for (const [name, data] of contents) {
        await vfs.writeFile(`/${name}`, data);
        demandBytes(await other.readFile(`/${name}`), data, name);
        demandEqual((await other.stat(`/${name}`)).size, data.byteLength, `size of ${name}`);
      }
    },
  },
  {
    name: 'writeFile writes a part of a buffer as that part, and a string as UTF-8',
    async run({ vfs }) {
      await vfs.writeFile('/part', EVERY_BYTE.subarray(7, 11));
      demandBytes(await vfs.readFile('/part'), Uint8Array.of(7, 8, 9, 10), 'part of a buffer');
      await vfs.writeFile('/text', 'gr\u{fc}n \u{1f512}\r\n');
      demandBytes(await vfs.readFile('/text'), utf8('gr\u{fc}n \u{1f512}\r\n'), 'text');
    },
  },
  {
    name: 'writeFile replaces the whole file',
    async run({ vfs }) {
      for (const text of ['long, long, long', 'short', '', 'long again']) {
        await vfs.writeFile('/f', text);
        demandBytes(await vfs.readFile('/f'), utf8(text), `file rewritten with "${text}"`);
      }
      await demandNames(vfs, '/', ['f'], 'after rewriting');
    },
  },
  {
    name: 'writeFile never makes a parent',
    async run({ vfs, capabilities }) {
      if (capabilities.directories === 'virtual') {
        const result = await resultOf(() => vfs.writeFile('/no/f', 'x'));
        if (result.fulfilled) return demandNames(vfs, '/no', ['f'], 'after writeFile');
      }
      await demandRefusal(() => vfs.writeFile('/no/f', 'x'), 'writeFile', '/no/f', 'ENOENT');
      await demandNames(vfs, '/', [], 'after a refused writeFile');
    },
  },
  {
    name: 'writeFile does not bring back a directory that was removed',
    async run({ vfs, open, capabilities }) {
      const other = await open();
      await vfs.mkdir('/d');
      await vfs.writeFile('/d/f', 'x');
      await other.rm('/d', { recursive: true });
      if (capabilities.directories === 'virtual') {
        const result = await resultOf(() => vfs.writeFile('/d/f', 'late'));
        if (result.fulfilled) return demandNames(vfs, '/d', ['f'], 'after writeFile');
      }
      await demandRefusal(() => vfs.writeFile('/d/f', 'late'), 'writeFile', '/d/f', 'ENOENT');
      await demandNames(other, '/', [], 'after a refused writeFile');
    },
  },
  {
    name: 'writeFile over a directory is EISDIR, and changes nothing',
    async run({ vfs, capabilities: { directories } }) {
      await vfs.mkdir('/d');
      await vfs.writeFile('/d/f', 'kept');
      if (directories === 'virtual') await resultOf(() => vfs.writeFile('/d', 'x'));
      else await demandRefusal(() => vfs.writeFile('/d', 'x'), 'writeFile', '/d', 'EISDIR');
      await demandRefusal(() => vfs.writeFile('/', 'x'), 'writeFile', '/', 'EISDIR');
      await demandNames(vfs, '/d', ['f'], 'after a refused writeFile');
    },
  },
  {
    name: 'writeFile below a file is ENOTDIR or ENOENT',
    async run({ vfs, capabilities }) {
      await vfs.writeFile('/f', 'kept');
      const result = await resultOf(() => vfs.writeFile('/f/g', 'x'));
      demand(
        !result.fulfilled || capabilities.directories === 'virtual',
        'writeFile wrote a file below a file',
      );
      if (!result.fulfilled) {
        await demandRefusal(() => vfs.writeFile('/f/g', 'x'), 'writeFile', '/f/g', 'ENOTDIR', 'ENOENT');
      }
      demandBytes(await vfs.readFile('/f'), utf8('kept'), 'file in the way');
    },
  },
  {
    name: 'readFile of what is missing is ENOENT, of a directory EISDIR',
    async run({ vfs }) {
      await vfs.mkdir('/d');
      await demandRefusal(() => vfs.readFile('/no'), 'readFile', '/no', 'ENOENT');
      await demandRefusal(() => vfs.readFile('/no/f'), 'readFile', '/no/f', 'ENOENT');
      await demandRefusal(() => vfs.readFile('/d'), 'readFile', '/d', 'EISDIR');
      await demandRefusal(() => vfs.readFile('/'), 'readFile', '/', 'EISDIR');
    },
  },
  {
    name: 'readFile of more than maxBytes is EFBIG, of as much it is the file',
    async run({ vfs }) {
      await vfs.writeFile('/f', 'four');
      await vfs.writeFile('/empty', '');
      await vfs.writeFile('/large', MEBIBYTE);
      for (const maxBytes of [4, 5, 2 ** 20, Infinity]) {
        demandBytes(await vfs.readFile('/f', { maxBytes }), utf8('four'), `file of 4 of ${maxBytes} bytes`);
      }
      demandBytes(await vfs.readFile('/empty', { maxBytes: 0 }), utf8(''), 'empty file of at most 0 bytes');
      for (const maxBytes of [0, 3]) {
        await demandRefusal(() => vfs.readFile('/f', { maxBytes }), 'readFile', '/f', 'EFBIG');
      }
      await demandRefusal(() => vfs.readFile('/large', { maxBytes: 4096 }), 'readFile', '/large', 'EFBIG');
      for (const maxBytes of [-1, Number.NaN, '4' as unknown as number]) {
        await demandRefusal(() => vfs.readFile('/f', { maxBytes }), 'readFile', '/f', 'EINVAL');
      }
      await demandRefusal(() => vfs.readFile('/no', { maxBytes: 4 }), 'readFile', '/no', 'ENOENT');
    },
  },
  {
    name: 'an exclusive write is EEXIST also where a directory has the name, and changes nothing',
    async run({ vfs, open, capabilities: { exclusiveWrite, directories } }) {
      // Where a directory is but a prefix of names, file and directory do not meet.
      if (!exclusiveWrite || directories === 'virtual') return;
      const other = await open();
      const exclusive = { exclusive: true } as const;
      await vfs.mkdir('/empty');
      await vfs.mkdir('/filled');
      await vfs.writeFile('/filled/f', 'kept');
      for (const path of ['/empty', '/filled', '/']) {
        for (const client of [vfs, other]) {
          await demandRefusal(() => client.writeFile(path, 'x', exclusive), 'writeFile', path, 'EEXIST');
        }
      }
      await demandNames(vfs, '/filled', ['f'], 'after a refused exclusive write');
      demandEqual((await vfs.stat('/empty')).type, 'directory', 'type of the directory in the way');
    },
  },
  {
    name: 'mkdir and an exclusive write of one name have one winner among concurrent callers',
    async run({ vfs, open, capabilities, settings: { callers, rounds } }) {
      if (!capabilities.exclusiveWrite || capabilities.directories === 'virtual') return;
      const other = await open();
      for (let round = 0; round < rounds; round++) {
        const path = `/race-${round}`;
        const results = await Promise.all(
          Array.from({ length: callers }, (_, caller) => {
            const client = caller % 4 < 2 ? vfs : other;
            const asFile = (caller + round) % 2 === 0;
            return resultOf(() =>
              asFile ? client.writeFile(path, 'x', { exclusive: true }) : client.mkdir(path),
            );
          }),
        );
        const won = results.filter(({ fulfilled }) => fulfilled).length;
        demandEqual(won, 1, `winners of mkdir and exclusive writes of ${path}`);
        for (const [caller, result] of results.entries()) {
          if (result.fulfilled) continue;
          const op = (caller + round) % 2 === 0 ? 'writeFile' : 'mkdir';
          await demandRefusal(() => Promise.reject(result.error), op, path, 'EEXIST');
        }
      }
    },
  },
  {
    name: 'an exclusive write makes a new file only, or is ENOTSUP as declared',
    async run({ vfs, open, capabilities, settings: { callers, rounds } }) {
      const exclusive = { exclusive: true } as const;
      if (!capabilities.exclusiveWrite) {
        await demandRefusal(() => vfs.writeFile('/f', 'x', exclusive), 'writeFile', '/f', 'ENOTSUP');
        return demandNames(vfs, '/', [], 'after a refused writeFile');
      }
      const other = await open();
      await vfs.mkdir('/d');
      await vfs.writeFile('/f', 'first', exclusive);
      await demandRefusal(() => other.writeFile('/f', 'x', exclusive), 'writeFile', '/f', 'EEXIST');
      demandBytes(await vfs.readFile('/f'), utf8('first'), 'file written exclusively');
      for (let round = 0; round < rounds; round++) {
        const path = `/race-${round}`;
        const results = await Promise.all(
          Array.from({ length: callers }, (_, caller) =>
            resultOf(() => (caller % 2 === 0 ? vfs : other).writeFile(path, `caller ${caller}`, exclusive)),
          ),
        );
        const winner = results.findIndex(({ fulfilled }) => fulfilled);
        demandEqual(
          results.filter(({ fulfilled }) => fulfilled).length,
          1,
          `winners of exclusive writes of ${path}`,
        );
        demandBytes(await vfs.readFile(path), utf8(`caller ${winner}`), `file of the winner of ${path}`);
      }
    },
  },
];
