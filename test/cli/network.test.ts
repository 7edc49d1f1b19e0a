import { afterEach, describe, expect, test } from 'vitest';
import { startStub, type HTTPStub, type Respond } from '../servers/http-stub.js';
import { Bench, type Result } from './holdfast.js';

const bench = new Bench();
const PASSWORD = 's3cret';

let server: HTTPStub | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** Runs each command against a WebDAV server that answers so. */
async function against(respond: Respond): Promise<Result[]> {
  server = await startStub(respond);
  const on = `${server.url.replace(/^http:\/\//, 'webdav://ada@').replace(/\/$/, '')}/locks?deadlineMs=2000&retries=0`;
  const env = { HOLDFAST_URL: on, HOLDFAST_WEBDAV_PASSWORD: PASSWORD };
  return Promise.all([
    bench.run(['status'], env),
    bench.run(['status', '--json', '--id', 'a'], env),
    bench.run(['break', '--id', 'a', '--token', '1', '--yes'], env),
    bench.run(['run', '--', 'echo', 'ran'], env),
  ]);
}

describe('over a network', () => {
  test('a folder that is missing is not taken for one without locks', async () => {
    const results = await against((_, response) => {
      response.writeHead(404).end();
    });
    for (const result of results) expect(result).toMatchObject({ status: 69, stdout: '' });
  });

  test.each([401, 403, 500, 207])(
    'what a hostile server says with status %d reaches no terminal',
    async (status) => {
      const hostile = '\u001B]0;pwned\u0007\u001B[2J\u009B5n\u202E';
      const results = await against(({ path, authorization }, response) => {
        const told = `${hostile} ${authorization} ${path}`;
        response.setHeader('WWW-Authenticate', `Basic realm="${encodeURIComponent(told)}"`);
        response.setHeader('Content-Type', 'application/xml');
        response.writeHead(status, 'no');
        response.end(
          `<D:multistatus xmlns:D="DAV:"><D:response><D:href>/${hostile}</D:href><D:status>${told}</D:status></D:response></D:multistatus>`,
        );
      });
      const secret = Buffer.from(`ada:${PASSWORD}`).toString('base64');
      for (const result of results) {
        expect(result).toMatchObject({ status: 69, stdout: '' });
        expect(result.stderr.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(result.stderr).not.toContain(PASSWORD);
        expect(result.stderr).not.toContain(secret);
      }
    },
  );
});
