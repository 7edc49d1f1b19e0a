import { vfsConformance, type ConformanceOptions } from '@holdfast/testkit';
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { SftpServer } from '../servers/sftp-server.js';
import { inProcess, placeOn, type SftpPlace } from './places.js';

interface Hooks<S extends SftpServer> {
  /** Stops the server; resolves to what lets it go on. */
  readonly stall: (server: S) => () => void;
  /** Ends every connection. */
  readonly cut: (server: S) => void;
  /** Leaves out what the suite runs again on a scoped view, which is another package's matter. Default `false`. */
  readonly plainOnly?: boolean;
}

/** Runs the conformance suite against a server that is started once, with a folder of its own for each case. */
export function holdToContract<S extends SftpServer>(
  name: string,
  missing: string | undefined,
  start: () => Promise<S>,
  { stall, cut, plainOnly = false }: Hooks<S>,
): void {
  describe.skipIf(missing !== undefined)(`the contract on ${name}${missing ? ` (${missing})` : ''}`, () => {
    let server: S;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.stop());
    const options: ConformanceOptions<SftpPlace> = {
      test,
      scoped: !plainOnly,
      factory: async () => placeOn(server),
      stall: async () => {
        const resume = stall(server);
        return async () => resume();
      },
      cut: async () => cut(server),
      inProcess,
      // Each connection costs a key exchange on both sides, so fewer clients race in more rounds.
      clients: 3,
      rounds: 10,
      // Enough for a connection on a busy machine: it is also how long one may take to open.
      stalledDeadlineMs: 1_500,
    };
    vfsConformance(options);
  });
}
