/** What an element of a multistatus means for us. */
export type Meaning =
  | 'multistatus'
  | 'response'
  | 'href'
  | 'status'
  | 'propstat'
  | 'propstat-status'
  | 'prop'
  | 'type'
  | 'collection'
  | 'is-collection'
  | 'length'
  | 'modified'
  | 'etag';

/** An element that means something where it stands. The same name elsewhere, or in another namespace, does not. */
export interface KnownElement {
  readonly meaning: Meaning;
  /** What counts is the text in it. */
  readonly isText: boolean;
  readonly inside: ReadonlyMap<string, KnownElement>;
}

function element(meaning: Meaning, inside: Readonly<Record<string, KnownElement>> = {}): KnownElement {
  return { meaning, isText: false, inside: new Map(Object.entries(inside)) };
}

function text(meaning: Meaning): KnownElement {
  return { ...element(meaning), isText: true };
}

/** The document around the root element (RFC 4918, section 14.16). */
export const DOCUMENT: KnownElement = element('multistatus', {
  multistatus: element('multistatus', {
    response: element('response', {
      href: text('href'),
      status: text('status'),
      propstat: element('propstat', {
        status: text('propstat-status'),
        prop: element('prop', {
          resourcetype: element('type', { collection: element('collection') }),
          // Old IIS and SharePoint say it this way.
          iscollection: text('is-collection'),
          getcontentlength: text('length'),
          getlastmodified: text('modified'),
          getetag: text('etag'),
        }),
      }),
    }),
  }),
});
