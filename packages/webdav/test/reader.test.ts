import { describe, expect, it } from 'vitest';
import { MalformedReply, MultistatusReader, parseMultistatus } from '../src/multistatus/reader.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): ReturnType<typeof parseMultistatus> => parseMultistatus(bytes(text));
const OK = '<D:status>HTTP/1.1 200 OK</D:status>';
const wrap = (inside: string): string => `<D:multistatus xmlns:D="DAV:">${inside}</D:multistatus>`;

describe('a multistatus', () => {
  it('gives the properties that were found, whatever prefix the server likes', () => {
    const xml = `<?xml version="1.0" encoding="utf-8"?>
      <multistatus xmlns="DAV:" xmlns:lp1="DAV:" xmlns:ns0="urn:uuid:c2f41010-65b3-11d1-a29f-00aa00c14882/">
        <response>
          <href> /d/a&amp;b%20&#99; </href>
          <propstat>
            <prop>
              <lp1:resourcetype/>
              <lp1:getcontentlength>6</lp1:getcontentlength>
              <lp1:getlastmodified ns0:dt="dateTime.rfc1123">Mon, 23 Nov 2026 11:47:03 GMT</lp1:getlastmodified>
              <lp1:getetag><![CDATA["6-66"]]></lp1:getetag>
            </prop>
            <status>HTTP/1.1 200 OK</status>
          </propstat>
        </response>
      </multistatus>`;
    expect(parse(xml)).toEqual([
      {
        href: '/d/a&b%20c',
        status: undefined,
        props: {
          type: 'plain',
          typeRefused: false,
          length: '6',
          modified: 'Mon, 23 Nov 2026 11:47:03 GMT',
          etag: '"6-66"',
        },
      },
    ]);
  });

  it('tells a collection, also where the status comes before the properties', () => {
    const xml = wrap(`<D:response><D:href>/d/</D:href><D:propstat>${OK}
      <D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop></D:propstat></D:response>`);
    expect(parse(xml)[0]?.props.type).toBe('collection');
  });

  it('ignores properties that the server did not find', () => {
    const xml =
      wrap(`<D:response><D:href>/d/</D:href><D:propstat><D:prop><D:getcontentlength>7</D:getcontentlength>
      </D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat></D:response>`);
    expect(parse(xml)[0]?.props).toEqual({
      type: undefined,
      typeRefused: false,
      length: undefined,
      modified: undefined,
      etag: undefined,
    });
  });

  it('ignores elements of the same names in other namespaces and in other places', () => {
    const xml =
      wrap(`<D:response><D:href>/d/</D:href><x:href xmlns:x="urn:x">/evil</x:href><D:propstat><D:prop>
      <D:lockdiscovery><D:href>/evil</D:href><D:resourcetype><D:collection/></D:resourcetype></D:lockdiscovery>
      <resourcetype xmlns="urn:x"><collection/></resourcetype><D:resourcetype/></D:prop>${OK}</D:propstat>
      </D:response>`);
    expect(parse(xml)).toMatchObject([{ href: '/d/', props: { type: 'plain' } }]);
  });

  it('gives one response for each name of a response with a status', () => {
    const xml = wrap(`<D:response><D:href>/a</D:href><D:href>/b</D:href>
      <D:status>HTTP/1.1 423 Locked</D:status></D:response>`);
    expect(parse(xml)).toMatchObject([
      { href: '/a', status: 423 },
      { href: '/b', status: 423 },
    ]);
  });

  it.each([
    ['a blank line before the declaration', `\n<?xml version="1.0" encoding="utf-8"?>\n${wrap('')}`],
    ['a byte order mark', `\ufeff<?xml version="1.0"?>${wrap('')}`],
    ['a name for an encoding that nobody knows', `<?xml version="1.0" encoding="x-what"?>${wrap('')}`],
    ['an element beside the responses', wrap('<D:responsedescription>fine</D:responsedescription>')],
    ['no response at all', wrap('')],
  ])('may have: %s', (_, xml) => {
    expect(parse(xml)).toEqual([]);
  });

  it('may have properties with a prefix that nobody declared', () => {
    const xml = wrap(`<D:response><D:href>/d/</D:href><D:propstat><D:prop><Z:Win32 Z:at="1">20</Z:Win32>
      <D:resourcetype/></D:prop>${OK}</D:propstat></D:response>`);
    expect(parse(xml)).toMatchObject([{ href: '/d/', props: { type: 'plain' } }]);
  });

  it.each([
    ['HTTP/1.1 200 OK'],
    ['HTTP/1.1 200'],
    ['HTTP/2 200'],
    ['HTTP/1.1  200 OK '],
    ['http/1.1 200 OK'],
    ['HTTP 200 OK'],
    ['200 OK'],
  ])('has its properties also under the status "%s"', (status) => {
    const xml =
      wrap(`<D:response><D:href>/d/</D:href><D:propstat><D:prop><D:getcontentlength>7</D:getcontentlength>
      </D:prop><D:status>${status}</D:status></D:propstat></D:response>`);
    expect(parse(xml)[0]?.props.length).toBe('7');
  });

  it.each([['fine'], ['HTTP/1.1'], ['2000'], ['']])(
    'has a status of 0 where it cannot be read: "%s"',
    (status) => {
      const xml = wrap(`<D:response><D:href>/d/</D:href><D:status>${status}</D:status></D:response>`);
      expect(parse(xml)).toMatchObject([{ status: 0 }]);
    },
  );

  it.each<[string, string, object]>([
    ['without resourcetype', OK, { type: undefined, typeRefused: false }],
    ['with resourcetype under a 404', '<D:status>HTTP/1.1 404 Not Found</D:status>', { typeRefused: false }],
    ['with resourcetype under a 403', '<D:status>HTTP/1.1 403 Forbidden</D:status>', { typeRefused: true }],
    ['with resourcetype under no status', '', { typeRefused: true }],
  ])('tells a response %s', (what, status, expected) => {
    const prop = what.startsWith('without') ? '<D:getetag>"x"</D:getetag>' : '<D:resourcetype/>';
    const xml = wrap(
      `<D:response><D:href>/f</D:href><D:propstat><D:prop>${prop}</D:prop>${status}</D:propstat></D:response>`,
    );
    expect(parse(xml)).toMatchObject([{ props: { type: undefined, ...expected } }]);
  });

  it.each([
    ['0', 'plain'],
    ['1', 'collection'],
    ['true', 'collection'],
  ])('takes iscollection %s for the type, as old IIS says it', (value, type) => {
    const xml = wrap(`<D:response><D:href>/d/</D:href><D:propstat><D:prop>
      <D:iscollection>${value}</D:iscollection></D:prop>${OK}</D:propstat></D:response>`);
    expect(parse(xml)).toMatchObject([{ props: { type } }]);
  });

  it('is read in pieces of any length', () => {
    const xml = bytes(
      `\n<?xml version="1.0" encoding="utf-8"?>${wrap(
        '<D:response><D:href>/grün</D:href><D:status>HTTP/1.1 200 OK</D:status></D:response>'.repeat(20),
      )}`,
    );
    for (const size of [1, 2, 3, 7, 1023, 4096]) {
      const reader = new MultistatusReader();
      for (let at = 0; at < xml.length; at += size) reader.write(xml.subarray(at, at + size));
      const responses = reader.end();
      expect([responses.length, responses.at(-1)?.href]).toEqual([20, '/grün']);
    }
  });

  const BILLION = `<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "${'&a;'.repeat(10)}">]>`;
  it.each<[string, string]>([
    ['nothing at all', ''],
    ['a page', '<!doctype html><html><body>Log in</body></html>'],
    ['something else in XML', '<error xmlns="DAV:"/>'],
    ['a multistatus of no namespace', '<multistatus/>'],
    ['XML that breaks off', '<D:multistatus xmlns:D="DAV:"><D:response><D:href>/d/'],
    ['XML that is not closed', '<D:multistatus xmlns:D="DAV:"><D:response><D:href>/d/</D:href></D:response>'],
    ['XML with something behind it', `${wrap('')}<more/>`],
    ['tags that cross', wrap('<D:response><D:href></D:response></D:href>')],
    ['a response with a prefix that nobody declared', wrap('<E:response/>')],
    ['attributes without end', wrap(`<x ${Array.from({ length: 1000 }, (_, n) => `a${n}=""`).join(' ')}/>`)],
    [
      'namespaces without end',
      wrap(`<x ${Array.from({ length: 1000 }, (_, n) => `xmlns:a${n}="u"`).join(' ')}/>`),
    ],
    ['a name without end', wrap(`<D:response><D:href>/${'a'.repeat(100_000)}</D:href></D:response>`)],
    ['an ampersand that stands alone', wrap('<D:response><D:href>/a&b</D:href></D:response>')],
    ['an entity that nobody declared', wrap('<D:response><D:href>&boom;</D:href></D:response>')],
    ['entities of its own', `${BILLION}${wrap('<D:response><D:href>&b;</D:href></D:response>')}`],
    [
      'an entity from a file',
      `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>${wrap('<D:response><D:href>&f;</D:href></D:response>')}`,
    ],
    ['a document type alone', `<!DOCTYPE multistatus>${wrap('')}`],
    ['elements without end', wrap('<x>'.repeat(100_000))],
    ['a response without a name', wrap('<D:response></D:response>')],
  ])('is not: %s', (_, xml) => {
    expect(() => parse(xml)).toThrow(MalformedReply);
  });

  it.each([
    ['space', ' '],
    ['comments', '<!---->'],
  ])('is not: %s without end', (_, part) => {
    const reader = new MultistatusReader();
    reader.write(bytes('<D:multistatus xmlns:D="DAV:">'));
    const piece = bytes(part.repeat(10_000));
    expect(() => {
      for (let written = 0; written < 5_000_000; written += piece.length) reader.write(piece);
    }).toThrow(MalformedReply);
  });

  it('has U+FFFD where bytes are not UTF-8, or XML has no place for a character', () => {
    const xml = bytes(wrap('<D:response><D:href>/a@b\u0001c</D:href></D:response>'));
    xml[xml.indexOf(64)] = 0xe4;
    expect(parseMultistatus(xml)).toMatchObject([{ href: '/a\ufffdb\ufffdc' }]);
  });

  it('is read in the encoding that it declares', () => {
    const xml = Buffer.from(
      `<?xml version="1.0" encoding="iso-8859-1"?>${wrap('<D:response><D:href>/grün</D:href></D:response>')}`,
      'latin1',
    );
    expect(parseMultistatus(xml)).toMatchObject([{ href: '/grün' }]);
  });
});
