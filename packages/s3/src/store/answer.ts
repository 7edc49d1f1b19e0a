import { FailedAttempt } from '@holdfast/vfs/adapter';
import { answerSummary } from '../errors.js';
import { NOT_S3, REDIRECTED } from './failures.js';

/**
 * What a good answer must look like. A sign-in page, a proxy or a web server says 200 to anything, and the SDK reads an
 * empty listing, or a change that was made, out of that.
 */
export type Expected =
  /** An object was written: its etag, and nothing else. */
  | 'written'
  /** An object, or what a HEAD tells of one. */
  | 'object'
  /** An object was removed: the status 204, which has no body. */
  | 'removed'
  /** A document with this root. */
  | 'ListBucketResult'
  | 'DeleteResult';

/** An answer as it came, of which the body was read to the end; `undefined` where it is still to be read. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array | undefined;
}

/** What to make of an answer that may be S3's: read it as it is, or as a failure. */
export type Verdict =
  | { readonly read: 'as it is' }
  /** It says 200, and its body is an error. */
  | { readonly read: 'as an error' }
  /** Its body is no error document of S3's, so that the status is all that it tells. */
  | { readonly read: 'by its status' };

/** @throws `FailedAttempt` if the answer is not one of S3 */
export function judge(expected: Expected, { status, headers, body }: RawAnswer): Verdict {
  const root = body === undefined ? undefined : rootOf(body);
  if (status >= 300) {
    const isError = root === 'Error';
    const told = isError || headers['x-amz-bucket-region'] !== undefined;
    if (status < 400 && !told) throw new FailedAttempt(REDIRECTED, { cause: summaryOf(status, root) });
    return { read: isError ? 'as it is' : 'by its status' };
  }
  if (root === 'Error' && expected !== 'object') return { read: 'as an error' };
  if (!isExpected(expected, { status, headers, body }, root)) {
    throw new FailedAttempt(NOT_S3, { cause: summaryOf(status, root) });
  }
  return { read: 'as it is' };
}

function isExpected(
  expected: Expected,
  { status, headers, body }: RawAnswer,
  root: string | undefined,
): boolean {
  switch (expected) {
    case 'written':
      return hasEtag(headers) && isBlank(body);
    case 'object':
      return hasEtag(headers);
    case 'removed':
      return status === 204 && isBlank(body);
    case 'ListBucketResult':
    case 'DeleteResult':
      return root === expected;
  }
}

function hasEtag(headers: RawAnswer['headers']): boolean {
  return (headers['etag'] ?? '') !== '';
}

function isBlank(body: Uint8Array | undefined): boolean {
  return body === undefined || textOf(body).trim() === '';
}

/**
 * The name of a document's root element, without its namespace, if the document is whole. One that declares entities
 * is none: S3 never does, and what they grow to has no limit.
 */
function rootOf(body: Uint8Array): string | undefined {
  const text = textOf(body).trim();
  const start = /^(?:<\?[^>]*>\s*|<!--(?:(?!-->)[^])*-->\s*)*<(?:[\w.-]+:)?([\w.-]+)[\s/>]/.exec(text);
  const name = start?.[1];
  if (name === undefined || /<!DOCTYPE/i.test(text)) return undefined;
  const isWhole = new RegExp(
    `</(?:[\\w.-]+:)?${name.replaceAll('.', '\\.')}\\s*>(?:\\s|<!--(?:(?!-->)[^])*-->)*$`,
  ).test(
    // The end of a long document is enough to look at.
    text.slice(-1000),
  );
  const isEmpty = start !== null && /^<[^<>]*\/>$/.test(text.slice(text.lastIndexOf('<')));
  return isWhole || isEmpty ? name : undefined;
}

function textOf(body: Uint8Array): string {
  return new TextDecoder().decode(body);
}

function summaryOf(status: number, root: string | undefined): Error {
  const what = root === undefined ? 'no document of S3' : `a document <${root.slice(0, 40)}>`;
  return answerSummary(`HTTP ${status} with ${what}`);
}
