import { describe, expect, it } from 'vitest';
import { MalformedReply } from './multistatus.js';
import { readPropfind, SelfStatus } from './propfind.js';

const URL_OF_D = 'https://dav.example/base/d/';
const COLLECTION = '<resourcetype><collection/></resourcetype>';
const PLAIN = '<resourcetype/>';

const response = (href: string, props: string): string =>
  `<response><href>${href}</href><propstat><prop>${props}</prop><status>HTTP/1.1 200 OK</status></propstat></response>`;
const refused = (href: string, status: number): string =>
  `<response><href>${href}</href><status>HTTP/1.1 ${status} No</status></response>`;
const SELF = response('/base/d/', COLLECTION);

function read(...responses: string[]): ReturnType<typeof readPropfind> {
  const xml = `<multistatus xmlns="DAV:">${responses.join('')}</multistatus>`;
  return readPropfind(new TextEncoder().encode(xml), URL_OF_D);
}

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
    expect(read(self)).toEqual({
      self: { type: 'file', size: 0, mtimeMs: undefined },
      empty: true,
      children: [],
    });
  });

  it('gives a directory the size 0, whatever the server says', () => {
    const self = response('/base/d/', `${COLLECTION}<getcontentlength>4096</getcontentlength>`);
    expect(read(self)).toMatchObject({ self: { type: 'directory', size: 0 }, empty: false });
  });

  it('takes a weak etag for the same as the strong one that it becomes', () => {
    const etags = ['W/"6-66"', '"6-66"'].map((etag) => {
      const [child] = read(SELF, response('/base/d/f', `${PLAIN}<getetag>${etag}</getetag>`)).children;
      return child?.etag;
    });
    expect(etags).toEqual(['"6-66"', '"6-66"']);
  });

  it('leaves out an mtime that is no date, and an etag that is empty', () => {
    const odd = `${PLAIN}<getlastmodified>yesterday</getlastmodified><getetag></getetag>`;
    expect(read(SELF, response('/base/d/f', odd)).children).toEqual([{ name: 'f', type: 'file' }]);
  });

  it('keeps an entry of which the server would say no more', () => {
    const mute =
      '<response><href>/base/d/g</href><propstat><prop/><status>HTTP/1.1 403 No</status></propstat></response>';
    expect(read(SELF, refused('/base/d/f', 403), mute).children).toEqual([
      { name: 'f', type: 'other' },
      { name: 'g', type: 'other' },
    ]);
  });

  it('leaves out an entry that went while the server was listing', () => {
    expect(read(SELF, refused('/base/d/f', 404), refused('/base/d/g', 410)).children).toEqual([]);
  });

  it('may come under another path, as behind a proxy', () => {
    const { children } = read(
      response('http://inner:8080/d/', COLLECTION),
      response('http://inner:8080/d/f', PLAIN),
    );
    expect(children).toEqual([{ name: 'f', type: 'file' }]);
  });

  it.each<[string, string[]]>([
    ['it does not name the resource itself', [response('/base/d/f', PLAIN), response('/base/d/g', PLAIN)]],
    ['it names one entry alone', [response('/base/d/f', PLAIN)]],
    ['it is empty', []],
    ['it is about another resource', [response('/base/e/', COLLECTION)]],
    ['it names something elsewhere', [SELF, response('/etc/passwd', PLAIN)]],
    ['it names something above', [SELF, response('/base/d/../e', PLAIN)]],
    ['it names something deeper', [SELF, response('/base/d/e/f', PLAIN)]],
    ['it names something with a slash in it', [SELF, response('/base/d/e%2Ff', PLAIN)]],
    ['it names no path', [SELF, response('/base/d/%zz', PLAIN)]],
    ['it names the resource twice', [SELF, SELF]],
    ['it does not say what the resource is', [response('/base/d/', '')]],
    [
      'a size is not a number',
      [SELF, response('/base/d/f', `${PLAIN}<getcontentlength>-1</getcontentlength>`)],
    ],
  ])('is refused if %s', (_, responses) => {
    expect(() => read(...responses)).toThrow(MalformedReply);
  });

  it.each([404, 403, 507])('has the status %i if the server says so of the resource', (status) => {
    expect(() => read(refused('/base/d/', status))).toThrow(SelfStatus);
    // 507 about the resource itself is how a server says that its listing is not whole.
    expect(() => read(response('/base/d/f', PLAIN), refused('/base/d/', status))).toThrow(SelfStatus);
  });
});
