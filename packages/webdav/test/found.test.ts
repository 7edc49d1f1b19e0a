import type { VFSPath } from '@holdfast/vfs';
import { describe, expect, it } from 'vitest';
import { readFound, SelfStatus, type Found } from '../src/multistatus/found.js';
import { MalformedReply, parseMultistatus } from '../src/multistatus/reader.js';

const URL_OF_D = 'https://dav.example/base/d/';
const COLLECTION = '<resourcetype><collection/></resourcetype>';
const PLAIN = '<resourcetype/>';

const propstat = (props: string, status = '200 OK'): string =>
  `<propstat><prop>${props}</prop><status>HTTP/1.1 ${status}</status></propstat>`;
const response = (href: string, props: string): string =>
  `<response><href>${href}</href>${propstat(props)}</response>`;
const refused = (href: string, status: number): string =>
  `<response><href>${href}</href><status>HTTP/1.1 ${status} No</status></response>`;
const SELF = response('/base/d/', COLLECTION);

function readAs(url: string, path: string, responses: readonly string[]): Found {
  const xml = `<multistatus xmlns="DAV:">${responses.join('')}</multistatus>`;
  return readFound(parseMultistatus(new TextEncoder().encode(xml)), url, path as VFSPath);
}
const read = (...responses: string[]): Found => readAs(URL_OF_D, '/d', responses);
const names = ({ children }: Found): string[] => children.map(({ name }) => name);

describe('the answer to a PROPFIND', () => {
  it('tells entries with their versions', () => {
    const file = `${PLAIN}<getcontentlength>6</getcontentlength><getetag>"x"</getetag>
      <getlastmodified>Mon, 23 Nov 2026 11:47:03 GMT</getlastmodified>`;
    expect(read(SELF, response('/base/d/f', file), response('/base/d/e/', COLLECTION)).children).toEqual([
      { name: 'f', type: 'file', size: 6, mtimeMs: Date.UTC(2026, 10, 23, 11, 47, 3), etag: '"x"' },
      { name: 'e', type: 'directory' },
    ]);
  });

  it('tells what the resource itself is', () => {
    const self = response('/base/d', `${PLAIN}<getcontentlength>0</getcontentlength>`);
    expect(read(self)).toEqual({ self: { type: 'file', size: 0 }, children: [], unreadable: 0 });
  });

  it('gives a directory the size 0, whatever the server says', () => {
    const self = response('/base/d/', `${COLLECTION}<getcontentlength>4096</getcontentlength>`);
    expect(read(self).self).toEqual({ type: 'directory', size: 0 });
  });

  it('takes a weak etag for the same as the strong one that it becomes', () => {
    const etags = ['W/"6-66"', '"6-66"'].map((etag) => {
      const [child] = read(SELF, response('/base/d/f', `${PLAIN}<getetag>${etag}</getetag>`)).children;
      return child?.etag;
    });
    expect(etags).toEqual(['"6-66"', '"6-66"']);
  });
});

describe('what the server does not tell', () => {
  it.each<[string, string]>([
    ['no resourcetype', propstat('<getcontentlength>7</getcontentlength>')],
    [
      'resourcetype under a 404',
      propstat('<getcontentlength>7</getcontentlength>') + propstat(PLAIN, '404 No'),
    ],
  ])('is the type of a file, which is a file: %s', (_, props) => {
    const file = `<response><href>/base/d</href>${props}</response>`;
    expect(read(file).self).toEqual({ type: 'file', size: 7 });
    expect(read(SELF, file.replace('/d<', '/d/f<')).children).toEqual([{ name: 'f', type: 'file', size: 7 }]);
  });

  it('is the type of a directory, which is known by what is in it', () => {
    const self = response('/base/d/', '<getlastmodified>x</getlastmodified>');
    expect(read(self, response('/base/d/f', PLAIN)).self).toEqual({ type: 'directory', size: 0 });
  });

  it('is absent: a size, a time, an etag that make no sense', () => {
    const odd = `${PLAIN}<getcontentlength>-1</getcontentlength><getlastmodified>yesterday</getlastmodified><getetag></getetag>`;
    expect(read(SELF, response('/base/d/f', odd)).children).toEqual([{ name: 'f', type: 'file' }]);
    expect(read(response('/base/d', odd)).self).toEqual({ type: 'file' });
  });

  it.each<[string, string]>([
    ['403 as a whole', refused('/base/d/f', 403)],
    ['423 as a whole', refused('/base/d/f', 423)],
    ['a status that is none', refused('/base/d/f', 0)],
    ['403 for each property', `<response><href>/base/d/f</href>${propstat(PLAIN, '403 No')}</response>`],
  ])('leaves an entry of which nothing more is known: %s', (_, entry) => {
    expect(read(SELF, entry).children).toEqual([{ name: 'f', type: 'other' }]);
  });

  it('leaves out an entry that went while the server was listing', () => {
    expect(read(SELF, refused('/base/d/f', 404), refused('/base/d/g', 410)).children).toEqual([]);
  });

  it.each([['/base/d/%e4'], ['/base/d/\ufffd'], ['/base/d/e%2Ff'], ['/base/d/%00'], ['/base/d/%2e%2e']])(
    'is a name like %s: all else is listed, and the directory is known not to be empty',
    (href) => {
      const found = read(SELF, response(href, PLAIN), response('/base/d/f', PLAIN));
      expect([names(found), found.unreadable]).toEqual([['f'], 1]);
    },
  );
});

describe('hrefs', () => {
  it.each<[string, string, string]>([
    ['below a reverse proxy that leaves out the base', '/d/', '/d/f'],
    ['below a reverse proxy with another base', '/srv/files/d/', '/srv/files/d/f'],
    ['of another host', 'http://inner:8080/base/d/', 'http://inner:8080/base/d/f'],
    ['with two slashes', '//base/d/', '//base/d/f'],
    ['with a slash too many', '/base//d/', '/base//d//f'],
    ['without the slash of a collection', '/base/d', '/base/d/f'],
    ['in another case', '/BASE/d/', '/BASE/d/f'],
    ['in different cases', '/BASE/D', '/base/d/f'],
    ['encoded otherwise', '/%62ase/%64/', '/b%61se/d/%66'],
    ['that count from the folder', './', 'f'],
    ['that count from the folder, which names itself', 'd/', 'f'],
    ['that count from the folder above', 'd/', 'd/f'],
    ['of a server that leaves out the base in what is listed', '/base/d/', '/d/f'],
  ])('%s tell the folder from what is in it', (_, self, child) => {
    const responses = [response(self, COLLECTION), response(child, PLAIN)];
    expect(names(read(...responses))).toEqual(['f']);
    // In whatever order.
    expect(names(read(...responses.toReversed()))).toEqual(['f']);
    expect(read(response(self, COLLECTION))).toMatchObject({ self: { type: 'directory' }, children: [] });
  });

  it.each<[string, string, string]>([
    ['a base that is the root of the server behind', '/', '/f'],
    ['a base that is another folder behind', '/srv/files/', '/srv/files/f'],
    ['a base that is told by the name it was asked by', '/base/', '/srv/files/f'],
    ['a base that is what it was asked for', '/base/', '/base/f'],
    ['a base in another case', '/Base', '/Base/f'],
  ])('of %s tell it from what is in it', (_, self, child) => {
    const responses = [response(self, COLLECTION), response(child, PLAIN)];
    expect(names(readAs('https://dav.example/base/', '/', responses))).toEqual(['f']);
  });

  it('of what is in the base, and is called as the base, are not taken for it', () => {
    const responses = [response('/', COLLECTION), response('/base/', COLLECTION), response('/f', PLAIN)];
    expect(names(readAs('https://dav.example/base/', '/', responses))).toEqual(['base', 'f']);
  });

  it('of the root of a server tell it from what is in it', () => {
    const responses = [response('/', COLLECTION), response('/f', PLAIN), response('/g/', COLLECTION)];
    expect(names(readAs('https://dav.example/', '/', responses))).toEqual(['f', 'g']);
  });

  it('may be very many', () => {
    const self = {
      href: '/base/d/',
      status: undefined,
      props: {
        type: 'collection',
        typeRefused: false,
        length: undefined,
        modified: undefined,
        etag: undefined,
      },
    } as const;
    const responses = [
      self,
      ...Array.from({ length: 300_000 }, (_, n) => ({ ...self, href: `/base/d/${n}` })),
    ];
    expect(readFound(responses, URL_OF_D, '/d' as VFSPath).children).toHaveLength(300_000);
  });

  it('may come twice', () => {
    const twice = read(SELF, SELF, response('/base/d/f/', COLLECTION), response('/base/d/f', COLLECTION));
    expect(names(twice)).toEqual(['f']);
  });
});

describe('an answer', () => {
  it.each<[string, string[]]>([
    ['it does not name the resource itself', [response('/base/d/f', PLAIN), response('/base/d/g', PLAIN)]],
    ['it names one entry alone', [response('/base/d/f', PLAIN)]],
    ['it names one directory alone', [response('/base/d/d/', COLLECTION)]],
    ['it is empty', []],
    ['it is about another resource', [response('/base/e/', COLLECTION)]],
    ['it names something elsewhere', [SELF, response('/etc/passwd', PLAIN)]],
    ['it names something above', [SELF, response('/base/d/../e', PLAIN)]],
    ['it names something deeper', [SELF, response('/base/d/e/f', PLAIN)]],
    ['it names something in two folders', [SELF, response('/d/f', PLAIN), response('/x/d/f', PLAIN)]],
    ['it names no path', [SELF, response('javascript:alert(1)', PLAIN)]],
  ])('is refused if %s', (_, responses) => {
    expect(() => read(...responses)).toThrow(MalformedReply);
  });

  it.each<[string, string[]]>([
    ['what is in it alone', [response('/base/f', PLAIN)]],
    ['what is in it alone, as the server behind knows it', [response('/f', PLAIN), response('/g', PLAIN)]],
    ['what is deeper', [response('/base/', COLLECTION), response('/base/e/f', PLAIN)]],
  ])('about the base is refused if it names %s', (_, responses) => {
    expect(() => readAs('https://dav.example/base/', '/', responses)).toThrow(MalformedReply);
  });

  it.each([404, 403, 507])('has the status %i if the server says so of the resource', (status) => {
    expect(() => read(refused('/base/d/', status))).toThrow(SelfStatus);
    // 507 about the resource itself is how a server says that its listing is not whole.
    expect(() => read(response('/base/d/f', PLAIN), refused('/base/d/', status))).toThrow(SelfStatus);
    expect(() => read(SELF, refused('/base/d/', status))).toThrow(SelfStatus);
  });
});
