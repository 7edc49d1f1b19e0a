import { optionError } from '@holdfast/vfs/adapter';

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The store that the tools of AWS are told to use in place of AWS. */
export function environmentEndpoint(env: Environment): string | undefined {
  if (env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return undefined;
  for (const name of ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL']) {
    const value = env[name];
    if (value === undefined || value === '') continue;
    if (!isEndpoint(value))
      throw optionError(
        's3',
        `${name} is not a URL such as https://minio.example:9000`,
        `Correct or unset ${name}`,
      );
    return value;
  }
  return undefined;
}

/** @throws `VFSError` `EINVAL` for plain http to another machine */
export function refuseInsecure({ protocol, hostname }: URL): void {
  if (protocol !== 'http:' || isLoopback(hostname)) return;
  throw optionError(
    's3',
    'endpoint: plain http is for loopback addresses: anyone on the way could read and change everything',
    'Use https, or set allowInsecureHttp',
  );
}

/** Whether a host is this machine, whatever a name server says. */
export function isLoopback(hostname: string): boolean {
  return /^(127(\.\d{1,3}){3}|\[?::1\]?|localhost|.*\.localhost)$/i.test(hostname);
}

/** Whether `value` can be the address of a store. */
export function isEndpoint(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return (
    url !== undefined &&
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === ''
  );
}
