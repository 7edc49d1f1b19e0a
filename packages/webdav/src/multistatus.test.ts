import { describe, expect, it } from 'vitest';
import { MalformedReply, parseMultistatus } from './multistatus.js';

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
        props: { type: 'plain', length: '6', modified: 'Mon, 23 Nov 2026 11:47:03 GMT', etag: '"6-66"' },
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
    ['a prefix that nobody declared', wrap('<E:response/>')],
    ['an ampersand that stands alone', wrap('<D:response><D:href>/a&b</D:href></D:response>')],
    ['control characters', wrap('<D:response><D:href>/a\u0001</D:href></D:response>')],
    ['an entity that nobody declared', wrap('<D:response><D:href>&boom;</D:href></D:response>')],
    ['entities of its own', `${BILLION}${wrap('<D:response><D:href>&b;</D:href></D:response>')}`],
    [
      'an entity from a file',
      `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>${wrap('<D:response><D:href>&f;</D:href></D:response>')}`,
    ],
    ['a document type alone', `<!DOCTYPE multistatus>${wrap('')}`],
    ['elements without end', wrap('<x>'.repeat(100_000))],
    ['a response without a name', wrap('<D:response></D:response>')],
    ['a status that is none', wrap('<D:response><D:href>/</D:href><D:status>fine</D:status></D:response>')],
  ])('is not: %s', (_, xml) => {
    expect(() => parse(xml)).toThrow(MalformedReply);
  });

  it('is not: bytes that are not UTF-8', () => {
    const xml = bytes(wrap('<D:response><D:href>/a</D:href></D:response>'));
    xml[xml.indexOf(97, 50)] = 0xff;
    expect(() => parseMultistatus(xml)).toThrow(MalformedReply);
  });
});
