import { SaxesParser } from 'saxes';

/** One `response` of a multistatus (RFC 4918, section 14.24), as the server wrote it. */
export interface DAVResponse {
  readonly href: string;
  /** Of the resource as a whole, where there is one. */
  readonly status: number | undefined;
  /** Those properties that came with a 2xx. */
  readonly props: Props;
}

export interface Props {
  /** Which `resourcetype` it has, if it has one. */
  readonly type: 'collection' | 'plain' | undefined;
  readonly length: string | undefined;
  readonly modified: string | undefined;
  readonly etag: string | undefined;
}

/** The answer is not a multistatus. Says what is wrong with it, never quotes it. */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply';
}

const DAV = 'DAV:';
/** A multistatus nests some ten deep; dead properties may nest, but not without end. */
const DEEPEST = 64;

const RESPONSE = 'multistatus/response';
const PROPSTAT = `${RESPONSE}/propstat`;
const PROP = `${PROPSTAT}/prop`;
const NO_PROPS: Props = { type: undefined, length: undefined, modified: undefined, etag: undefined };

type Open<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads a multistatus. The parser is a strict one: what is not well-formed XML is refused, and so are document types,
 * so that there are no entities to expand but the five of XML itself.
 *
 * @throws MalformedReply
 */
export function parseMultistatus(xml: Uint8Array): DAVResponse[] {
  const responses: DAVResponse[] = [];
  const at: string[] = [];
  let text = '';
  let hrefs: string[] = [];
  let status: number | undefined;
  let props: Open<Props> = { ...NO_PROPS };
  let found: Open<Props> = { ...NO_PROPS };
  let foundStatus: number | undefined;

  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', () => {
    throw new MalformedReply('the answer is not well-formed XML');
  });
  parser.on('doctype', () => {
    throw new MalformedReply('the answer has a document type');
  });
  parser.on('opentag', (tag) => {
    at.push(tag.uri === DAV ? tag.local : '?');
    if (at.length > DEEPEST) throw new MalformedReply('the answer nests too deep');
    if (at.length === 1 && at[0] !== 'multistatus') throw new MalformedReply('the answer is no multistatus');
    text = '';
    const here = at.join('/');
    if (here === RESPONSE) {
      hrefs = [];
      status = undefined;
      props = { ...NO_PROPS };
    } else if (here === PROPSTAT) {
      found = { ...NO_PROPS };
      foundStatus = undefined;
    }
  });
  parser.on('text', (part) => (text += part));
  parser.on('cdata', (part) => (text += part));
  parser.on('closetag', () => {
    const value = text.trim();
    switch (at.join('/')) {
      case `${RESPONSE}/href`:
        hrefs.push(value);
        break;
      case `${RESPONSE}/status`:
        status = statusOf(value);
        break;
      case `${PROPSTAT}/status`:
        foundStatus = statusOf(value);
        break;
      case `${PROP}/resourcetype/collection`:
        found.type = 'collection';
        break;
      case `${PROP}/resourcetype`:
        found.type ??= 'plain';
        break;
      case `${PROP}/getcontentlength`:
        found.length = value;
        break;
      case `${PROP}/getlastmodified`:
        found.modified = value;
        break;
      case `${PROP}/getetag`:
        found.etag = value;
        break;
      case PROPSTAT:
        if (foundStatus !== undefined && foundStatus >= 200 && foundStatus < 300) merge(props, found);
        break;
      case RESPONSE:
        if (hrefs.length === 0) throw new MalformedReply('a response in the answer names nothing');
        for (const href of hrefs) responses.push({ href, status, props });
        break;
    }
    at.pop();
    text = '';
  });

  parser.write(decode(xml)).close();
  return responses;
}

function merge(into: Open<Props>, from: Props): void {
  into.type ??= from.type;
  into.length ??= from.length;
  into.modified ??= from.modified;
  into.etag ??= from.etag;
}

function decode(xml: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(xml);
  } catch {
    throw new MalformedReply('the answer is not UTF-8');
  }
}

function statusOf(line: string): number {
  const code = /^HTTP\/\S+\s+(\d{3})(?:\s|$)/.exec(line)?.[1];
  if (code === undefined) throw new MalformedReply('a status in the answer is none');
  return Number(code);
}
