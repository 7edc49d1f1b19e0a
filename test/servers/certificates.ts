import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureDebian } from './debian.js';

const run = promisify(execFile);

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority of the test's own, and what it signed. */
export interface Certificates {
  readonly ca: string;
  /** For 127.0.0.1 and localhost. */
  readonly server: Identity;
  /** For another host. */
  readonly elsewhere: Identity;
  readonly client: Identity;
  /** `client` as PKCS #12, under the passphrase `sesame`. */
  readonly pfx: Buffer;
}

export const PASSPHRASE = 'sesame';

/** Why there is no openssl, or `undefined`. */
export const noOpenSSL = (): Promise<string | undefined> => ensureDebian(['openssl'], ['openssl']);

/** Makes an authority and certificates that are good for a day. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-tls-'));
  const openssl = (line: string): Promise<unknown> => run('openssl', line.split(' '), { cwd: folder });
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
  const sign = async (name: string, extensions: string): Promise<Identity> => {
    await writeFile(join(folder, `${name}.ext`), extensions);
    await openssl(`req -new ${newKey} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
    await openssl(
      `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out ${name}.pem -days 1 -extfile ${name}.ext`,
    );
    const [cert, key] = await Promise.all(
      ['pem', 'key'].map((end) => readFile(join(folder, `${name}.${end}`), 'utf8')),
    );
    return { cert: cert ?? '', key: key ?? '' };
  };
  try {
    await openssl(`req -x509 ${newKey} -keyout ca.key -out ca.pem -days 1 -subj /CN=test`);
    const server = await sign('server', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
    const elsewhere = await sign('elsewhere', 'subjectAltName=DNS:elsewhere.example');
    const client = await sign('client', 'extendedKeyUsage=clientAuth');
    await openssl(
      `pkcs12 -export -in client.pem -inkey client.key -out client.pfx -passout pass:${PASSPHRASE}`,
    );
    const ca = await readFile(join(folder, 'ca.pem'), 'utf8');
    return { ca, server, elsewhere, client, pfx: await readFile(join(folder, 'client.pfx')) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
