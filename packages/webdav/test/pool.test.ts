import type { Agent } from 'node:http';
import { describe, expect, it } from 'vitest';
import { parseOptions } from '../src/options.js';
import { CLOSED, FOREIGN, makePool } from '../src/transport/pool.js';

/** The `code` with which a connection is refused. */
function refused(agent: Agent, to: { host: string; port: number }): unknown {
  const codes: unknown[] = [];
  const socket = agent.createConnection(
    to,
    (error) => void codes.push((error as { code?: unknown } | null)?.code),
  );
  expect(socket).toBeUndefined();
  return codes[0];
}

describe('the pool of connections', () => {
  it('connects to no other host, port or scheme, whoever asks', () => {
    const { httpAgent, httpsAgent } = makePool(parseOptions({ url: 'https://dav.example:8443/' }));
    expect(refused(httpsAgent, { host: 'evil.example', port: 8443 })).toBe(FOREIGN);
    expect(refused(httpsAgent, { host: 'sub.dav.example', port: 8443 })).toBe(FOREIGN);
    expect(refused(httpsAgent, { host: 'dav.example', port: 443 })).toBe(FOREIGN);
    expect(refused(httpAgent, { host: 'dav.example', port: 8443 })).toBe(FOREIGN);
  });

  it('connects to nothing once they are closed', () => {
    const pool = makePool(parseOptions({ url: 'https://dav.example/' }));
    pool.destroy();
    expect(refused(pool.httpsAgent, { host: 'dav.example', port: 443 })).toBe(CLOSED);
  });
});
