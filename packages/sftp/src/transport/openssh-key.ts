import { createPublicKey, type KeyObject } from 'node:crypto';

const TYPE = 'ssh-ed25519';
const BLOCK_BYTES = 8;

/**
 * An Ed25519 key in the format of OpenSSH, which Node cannot write. Source: PROTOCOL.key of OpenSSH, "openssh-key-v1".
 */
export function openSSHKey(key: KeyObject): string {
  const { d: seed } = key.export({ format: 'jwk' });
  const { x: point } = createPublicKey(key).export({ format: 'jwk' });
  const publicBytes = Buffer.from(point ?? '', 'base64url');
  const privateBytes = Buffer.concat([Buffer.from(seed ?? '', 'base64url'), publicBytes]);
  // Twice the same number, by which a reader tells whether it decrypted well. Nothing is encrypted here.
  const check = uint32(0);
  const secret = Buffer.concat([
    check,
    check,
    string(TYPE),
    string(publicBytes),
    string(privateBytes),
    string(''),
  ]);
  const padding = Buffer.from(
    Array.from({ length: (BLOCK_BYTES - (secret.length % BLOCK_BYTES)) % BLOCK_BYTES }, (_, at) => at + 1),
  );
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    uint32(1),
    string(Buffer.concat([string(TYPE), string(publicBytes)])),
    string(Buffer.concat([secret, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([uint32(bytes.length), bytes]);
}
