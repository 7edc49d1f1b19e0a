import type { VFS } from '@holdfast/vfs';
import type { S3Options } from './options.js';
import { s3VFS, type S3Wiring } from './open.js';
import { refused } from './refused.js';

const PARAMETERS = ['region', 'endpoint', 'profile', 'forcePathStyle', 'createHeader', 'deadlineMs'] as const;
type Parameter = (typeof PARAMETERS)[number];

const FORM = 'Write s3://bucket/prefix?region=… or s3://bucket/prefix?endpoint=https://host:port';
/** Not from a URL: those end up in shell histories, process lists and logs. */
const CREDENTIALS =
  'Credentials come from the environment (AWS_ACCESS_KEY_ID, …), a profile, or the option credentials';

/**
 * Opens `s3://bucket/prefix?region=…&endpoint=…`. What `options` says goes before what the URL says.
 *
 * @throws `VFSError` `EINVAL` that says what is wrong and what is allowed
 */
export function s3VFSFromURL(url: string | URL, options: Partial<S3Options> = {}, wiring?: S3Wiring): VFS {
  return s3VFS({ ...optionsOfURL(url), ...options }, wiring);
}

/** The options that an `s3:` URL stands for. Parameters: region, endpoint, profile, forcePathStyle, createHeader, deadlineMs. */
export function optionsOfURL(url: string | URL): S3Options {
  const { protocol, hostname, port, username, password, pathname, searchParams, hash } = parsed(url);
  if (protocol !== 's3:') throw refused('the URL does not begin with s3://', FORM);
  if (username !== '' || password !== '') throw refused('the URL holds credentials', CREDENTIALS);
  if (port !== '' || hash !== '') {
    throw refused('the URL has a port or a fragment', FORM);
  }
  const given = parametersOf(searchParams);
  const prefix = decoded(pathname).replace(/^\//, '').replace(/\/$/, '');
  return {
    bucket: decoded(hostname),
    ...(prefix === '' ? {} : { prefix }),
    ...pick(given, 'region'),
    ...pick(given, 'endpoint'),
    ...pick(given, 'profile'),
    ...(given.forcePathStyle === undefined ? {} : { forcePathStyle: flag(given.forcePathStyle) }),
    // Checked with the other options; the type says what it may be once it has passed.
    ...(given.createHeader === undefined
      ? {}
      : { createHeader: given.createHeader as NonNullable<S3Options['createHeader']> }),
    ...(given.deadlineMs === undefined ? {} : { deadlineMs: Number(given.deadlineMs) }),
  };
}

function parsed(url: string | URL): URL {
  try {
    return new URL(url);
  } catch {
    // The parser's own error quotes what it was given, and that may hold a password.
    throw refused('it is not a URL', FORM);
  }
}

function parametersOf(search: URLSearchParams): Partial<Record<Parameter, string>> {
  const given: Partial<Record<Parameter, string>> = {};
  for (const [name, value] of search) {
    const known = PARAMETERS.find((parameter) => parameter === name);
    if (known === undefined || given[known] !== undefined) {
      throw refused(
        'the URL has a parameter that is not known, or one twice',
        `The parameters are ${PARAMETERS.join(', ')}. ${CREDENTIALS}`,
      );
    }
    given[known] = value;
  }
  return given;
}

function pick<P extends 'region' | 'endpoint' | 'profile'>(
  given: Partial<Record<Parameter, string>>,
  name: P,
): { [K in P]?: string } {
  const value = given[name];
  return (value === undefined ? {} : { [name]: value }) as { [K in P]?: string };
}

function flag(value: string): boolean {
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw refused('forcePathStyle is neither true nor false', FORM);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('the URL has a "%" that is not followed by two hexadecimal digits', 'Write %25 for a %');
  }
}
