import { SaxesParser, type SaxesTagNS } from 'saxes';
import { DOCUMENT, type KnownElement } from './elements.js';

/** One `response` of a multistatus (RFC 4918, section 14.24), as the server wrote it. */
export interface DAVResponse {
  readonly href: string;
  /** Of the resource as a whole: `undefined` if there is none, 0 if it cannot be read. */
  readonly status: number | undefined;
  /** Those properties that came with a 2xx. */
  readonly props: Props;
}

export interface Props {
  /** Whether its `resourcetype` names a collection; `undefined` without a `resourcetype`. */
  readonly type: 'collection' | 'plain' | undefined;
  /** The server has a type but would not tell: it came with a status that is neither 2xx nor 404. */
  readonly typeRefused: boolean;
  readonly length: string | undefined;
  readonly modified: string | undefined;
  readonly etag: string | undefined;
}

/** The answer is not a multistatus. Says what is wrong with it, never quotes it. */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply';
}

const DAV = 'DAV:';
/** Before a prefix that the server did not declare: no namespace that it did declare begins so. */
const UNDECLARED = 'undeclared ';
/** A multistatus nests some ten deep; dead properties may nest, but not without end. */
const DEEPEST = 64;
const MOST_ATTRIBUTES = 64;
/** Characters of a name, a date or an etag. */
const LONGEST_VALUE = 64 * 1024;
/** Characters from one tag to the next. What goes on for longer says nothing, and would fill the memory. */
const LONGEST_GAP = 2 ** 20;
/** The XML declaration, which names the encoding, stands within this many bytes. */
const HEAD_BYTES = 1024;

interface PropStat {
  status: number;
  hasType: boolean;
  isCollection: boolean;
  length: string | undefined;
  modified: string | undefined;
  etag: string | undefined;
}

type Open<T> = { -readonly [K in keyof T]: T[K] };
const NOTHING = { length: undefined, modified: undefined, etag: undefined } as const;
const noProps = (): Open<Props> => ({ type: undefined, typeRefused: false, ...NOTHING });
const noPropStat = (): PropStat => ({ status: 0, hasType: false, isCollection: false, ...NOTHING });

/**
 * Reads a multistatus while it arrives, and keeps what counts.
 *
 * The parser is strict: what is not well-formed XML is refused, and so are document types, so that there are no
 * entities to expand but the five of XML itself. What servers were seen to do, and what cannot hide an entry, is
 * accepted: space before the XML declaration, prefixes inside properties that nobody declared, and bytes that are not
 * UTF-8. Those become U+FFFD, and a name with that in it counts as unreadable.
 */
export class MultistatusReader {
  readonly #parser = new SaxesParser({ xmlns: true, resolvePrefix: (prefix: string) => UNDECLARED + prefix });
  readonly #responses: DAVResponse[] = [];
  /** The open elements, outermost first; `undefined` for those that mean nothing. */
  readonly #at: (KnownElement | undefined)[] = [DOCUMENT];
  #head: Uint8Array[] | undefined = [];
  #headBytes = 0;
  #decoder = new TextDecoder();
  #text = '';
  #attributes = 0;
  #gap = 0;
  #hrefs: string[] = [];
  #status: number | undefined;
  #props = noProps();
  #propStat = noPropStat();

  constructor() {
    const parser = this.#parser;
    parser.on('error', () => {
      throw new MalformedReply('the answer is not well-formed XML');
    });
    parser.on('doctype', () => {
      throw new MalformedReply('the answer has a document type');
    });
    parser.on('attribute', () => {
      if (++this.#attributes > MOST_ATTRIBUTES) {
        throw new MalformedReply('an element of the answer has too many attributes');
      }
    });
    parser.on('opentag', (tag) => this.#open(tag));
    parser.on('text', (part) => this.#add(part));
    parser.on('cdata', (part) => this.#add(part));
    parser.on('closetag', () => this.#close());
  }

  /** @throws MalformedReply */
  write(chunk: Uint8Array): void {
    if (this.#head === undefined) {
      this.#parse(this.#decoder.decode(chunk, { stream: true }));
      return;
    }
    this.#head.push(chunk);
    this.#headBytes += chunk.length;
    if (this.#headBytes >= HEAD_BYTES) this.#begin(this.#head);
  }

  /**
   * Ends the document.
   *
   * @throws MalformedReply
   */
  end(): readonly DAVResponse[] {
    if (this.#head !== undefined) this.#begin(this.#head);
    this.#parse(this.#decoder.decode());
    this.#parser.close();
    return this.#responses;
  }

  #begin(chunks: readonly Uint8Array[]): void {
    this.#head = undefined;
    const head = Buffer.concat(chunks);
    this.#decoder = decoderFor(head.toString('latin1', 0, HEAD_BYTES));
    // XML allows nothing before its declaration; PHP likes to leave a blank line there.
    this.#parse(this.#decoder.decode(head, { stream: true }).trimStart());
  }

  #parse(text: string): void {
    this.#gap += text.length;
    // XML has no place for control characters. In a name, they make that one unreadable, not the listing.
    // oxlint-disable-next-line no-control-regex -- They are what this is about.
    this.#parser.write(text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd'));
    if (this.#gap > LONGEST_GAP) throw new MalformedReply('the answer goes on without saying anything');
  }

  #add(part: string): void {
    if (this.#at.at(-1)?.isText !== true) return;
    this.#text += part;
    if (this.#text.length > LONGEST_VALUE) throw new MalformedReply('a value in the answer is too long');
  }

  #open({ uri, local }: SaxesTagNS): void {
    const above = this.#at.at(-1);
    const here = uri === DAV ? above?.inside.get(local) : undefined;
    if (this.#at.length === 1 && here === undefined) throw new MalformedReply('the answer is no multistatus');
    // Anywhere but among the properties it could be a response that is overlooked.
    if (uri.startsWith(UNDECLARED) && above !== undefined && above.meaning !== 'prop') {
      throw new MalformedReply('the answer has a prefix that is not declared');
    }
    if (this.#at.push(here) > DEEPEST) throw new MalformedReply('the answer nests too deep');
    this.#text = '';
    this.#gap = 0;
    this.#attributes = 0;
    if (here?.meaning === 'response') {
      this.#hrefs = [];
      this.#status = undefined;
      this.#props = noProps();
    } else if (here?.meaning === 'propstat') {
      this.#propStat = noPropStat();
    }
  }

  #close(): void {
    const value = this.#text.trim();
    this.#text = '';
    this.#gap = 0;
    const found = this.#propStat;
    switch (this.#at.pop()?.meaning) {
      case 'href':
        this.#hrefs.push(value);
        break;
      case 'status':
        this.#status = statusOf(value);
        break;
      case 'propstat-status':
        found.status = statusOf(value);
        break;
      case 'type':
        found.hasType = true;
        break;
      case 'collection':
        found.isCollection = true;
        break;
      case 'is-collection':
        found.hasType ||= value !== '';
        found.isCollection ||= /^(?:1|true)$/i.test(value);
        break;
      case 'length':
        found.length = value;
        break;
      case 'modified':
        found.modified = value;
        break;
      case 'etag':
        found.etag = value;
        break;
      case 'propstat':
        merge(this.#props, found);
        break;
      case 'response':
        if (this.#hrefs.length === 0) throw new MalformedReply('a response in the answer names nothing');
        for (const href of this.#hrefs) {
          this.#responses.push({ href, status: this.#status, props: this.#props });
        }
        break;
      case 'multistatus':
      case 'prop':
      case undefined:
        break;
    }
  }
}

/**
 * Reads a multistatus that has arrived.
 *
 * @throws MalformedReply
 */
export function parseMultistatus(xml: Uint8Array): readonly DAVResponse[] {
  const reader = new MultistatusReader();
  reader.write(xml);
  return reader.end();
}

function merge(props: Open<Props>, { status, hasType, isCollection, ...values }: PropStat): void {
  if (status >= 200 && status < 300) {
    if (hasType) props.type = isCollection || props.type === 'collection' ? 'collection' : 'plain';
    props.length ??= values.length;
    props.modified ??= values.modified;
    props.etag ??= values.etag;
  } else if (hasType && status !== 404) {
    props.typeRefused = true;
  }
}

/** 0 if it cannot be read. Some servers leave out the version, or the protocol. */
function statusOf(line: string): number {
  return Number(/^(?:HTTP\S*\s+)?(\d{3})(?:\s|$)/i.exec(line)?.[1] ?? 0);
}

function decoderFor(head: string): TextDecoder {
  const [, encoding = 'utf-8'] = /<\?xml[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']/i.exec(head) ?? [];
  try {
    return new TextDecoder(encoding);
  } catch {
    return new TextDecoder();
  }
}
