import type { VFS } from '@holdfast/vfs';
import { optionError, parseURL, type URLRules } from '@holdfast/vfs/adapter';
import { s3VFS } from './open.js';
import type { S3VFSOptions } from './options.js';

const OPTIONS = {
  region: 'text',
  endpoint: 'text',
  profile: 'text',
  forcePathStyle: 'flag',
  createHeader: 'text',
  encryption: 'text',
  kmsKeyId: 'text',
  acl: 'text',
  storageClass: 'text',
  allowInsecureHttp: 'flag',
  maxFileBytes: 'number',
  deadlineMs: 'number',
} as const;

const RULES: URLRules<typeof OPTIONS> = {
  adapter: 's3',
  schemes: ['s3:'],
  form: 's3://bucket/prefix?region=… or s3://bucket/prefix?endpoint=https://host:port',
  options: OPTIONS,
  secrets:
    'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile, or pass the option credentials',
};

/**
 * Opens `s3://bucket/prefix?region=…&endpoint=…`. What `options` says goes before what the URL says.
 *
 * @throws `VFSError` `EINVAL` that says what is wrong and what is allowed
 */
export function s3VFSFromURL(url: string | URL, options: Partial<S3VFSOptions> = {}): VFS {
  return s3VFS({ ...optionsOfURL(url), ...options });
}

/** The options that an `s3:` URL stands for. */
export function optionsOfURL(url: string | URL): S3VFSOptions {
  const { user, host, port, path, options } = parseURL(url, RULES);
  if (user !== '') throw optionError('s3', 'the URL holds an access key', RULES.secrets);
  if (port !== undefined) throw optionError('s3', 'the URL has a port', `Write ${RULES.form}`);
  const prefix = path.replace(/^\//, '').replace(/\/$/, '');
  return {
    bucket: host,
    ...(prefix === '' ? {} : { prefix }),
    // Those of a few values only are checked with the other options.
    ...(options as Partial<S3VFSOptions>),
  };
}
