import type { Agent } from 'node:http';
import { describe, expect, it } from 'vitest';
import { makeAgents } from './agent.js';
import { parseOptions } from './options.js';

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

describe('the pools of connections', () => {
  it('connect to no other host, port or scheme, whoever asks', () => {
    const { httpAgent, httpsAgent } = makeAgents(parseOptions({ url: 'https://dav.example:8443/' }));
    expect(refused(httpsAgent, { host: 'evil.example', port: 8443 })).toBe('CROSS_ORIGIN');
    expect(refused(httpsAgent, { host: 'sub.dav.example', port: 8443 })).toBe('CROSS_ORIGIN');
    expect(refused(httpsAgent, { host: 'dav.example', port: 443 })).toBe('CROSS_ORIGIN');
    expect(refused(httpAgent, { host: 'dav.example', port: 8443 })).toBe('CROSS_ORIGIN');
  });

  it('connect to nothing once they are closed', () => {
    const agents = makeAgents(parseOptions({ url: 'https://dav.example/' }));
    agents.destroy();
    expect(refused(agents.httpsAgent, { host: 'dav.example', port: 443 })).toBe('GIVEN_UP');
  });
});
