import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';

/** A key pair of one test's own. */
export interface SSHKey {
  /** In OpenSSH's format. */
  readonly private: string;
  /** `TYPE BASE64`, as in authorized_keys and, behind a host, in known_hosts. */
  readonly public: string;
  readonly fingerprint: string;
}

export function makeKey(type: 'ed25519' | 'rsa' | 'ecdsa' = 'ed25519', passphrase?: string): SSHKey {
  const bits = { ed25519: undefined, rsa: 2048, ecdsa: 256 }[type];
  const encryption = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 4 };
  const generate = (): ReturnType<typeof ssh2.utils.generateKeyPairSync> =>
    ssh2.utils.generateKeyPairSync(type, { ...(bits && { bits }), ...encryption } as never);
  // One in some hundred that ssh2 makes, it cannot read.
  let pair = generate();
  while (ssh2.utils.parseKey(pair.private, passphrase) instanceof Error) pair = generate();
  const [keyType = '', blob = ''] = pair.public.split(' ');
  const digest = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64');
  return {
    private: pair.private,
    public: `${keyType} ${blob}`,
    fingerprint: `SHA256:${digest.replace(/=+$/, '')}`,
  };
}

/** A public key as RFC 4716 writes it, which is what ProFTPD reads. */
export function rfc4716(key: SSHKey): string {
  const blob = key.public.split(' ')[1] ?? '';
  const lines = blob.match(/.{1,70}/g) ?? [];
  return ['---- BEGIN SSH2 PUBLIC KEY ----', ...lines, '---- END SSH2 PUBLIC KEY ----', ''].join('\n');
}
