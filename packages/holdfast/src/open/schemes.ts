import type { VFS } from '@holdfast/vfs';

/** Options of the adapter behind a URL, as that adapter documents them. */
export type OpenOptions = Readonly<Record<string, unknown>>;

/** One kind of URL. */
export interface Scheme {
  /** What such a URL looks like, for messages. */
  readonly form: string;
  /** Opens it. The adapter checks the rest of the URL, and the options, and loads only when it is asked for. */
  readonly open: (url: URL, options: OpenOptions) => Promise<VFS>;
}

/** Every scheme that `openVFS` knows, by `URL.protocol`. */
export const SCHEMES: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  [
    'file:',
    {
      form: 'file:///folder',
      open: async (...at) => (await import('@holdfast/local')).localVFSFromURL(...at),
    },
  ],
  [
    'memory:',
    {
      form: 'memory:name',
      open: async (...at) => (await import('@holdfast/memory')).memoryVFSFromURL(...at),
    },
  ],
  [
    'sftp:',
    {
      form: 'sftp://user@host/folder',
      open: async (...at) => (await import('@holdfast/sftp')).sftpVFSFromURL(...at),
    },
  ],
  ['webdav:', { form: 'webdav://localhost/folder', open: openWebDAV }],
  ['webdavs:', { form: 'webdavs://host/folder', open: openWebDAV }],
  [
    's3:',
    { form: 's3://bucket/prefix', open: async (...at) => (await import('@holdfast/s3')).s3VFSFromURL(...at) },
  ],
]);

const FORMS = [...SCHEMES.values()].map(({ form }) => form).join(' or ');

/** What to write instead of a scheme that many people try first. */
const INSTEAD: Readonly<Record<string, string>> = {
  'http:': 'For WebDAV without TLS write webdav://',
  'https:': 'For WebDAV write webdavs://; for an S3 server, s3://bucket?endpoint=https://…',
  'dav:': 'For WebDAV without TLS write webdav://',
  'davs:': 'For WebDAV write webdavs://',
  'ssh:': 'For a folder on an SSH server write sftp://user@host/folder',
  'scp:': 'For a folder on an SSH server write sftp://user@host/folder',
  'smb:': 'Mount the share, and write file:///where/it/is/mounted',
  'cifs:': 'Mount the share, and write file:///where/it/is/mounted',
  'nfs:': 'Mount the share, and write file:///where/it/is/mounted',
};

/** What URLs there are. @param tried the scheme that was tried, which is not repeated: it may be half of a password */
export function adviceOn(tried = ''): string {
  const forms = `Pass a URL such as ${FORMS}`;
  return Object.hasOwn(INSTEAD, tried) ? `${INSTEAD[tried]}. ${forms}` : forms;
}

async function openWebDAV(url: URL, options: OpenOptions): Promise<VFS> {
  return (await import('@holdfast/webdav')).webdavVFSFromURL(url, options);
}
