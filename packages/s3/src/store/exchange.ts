import { Readable } from 'node:stream';
import { FailedAttempt } from '@holdfast/vfs/adapter';
import { failureOf, type AnswerTraits } from '../errors.js';
import { judge, type Expected, type Verdict } from './answer.js';
import { inParts, readBody } from './body.js';
import { NOT_UNDERSTOOD } from './failures.js';

/** Most bytes of an answer that is not a file: a listing of a thousand of the longest keys has some 4 MB. */
const LONGEST_ANSWER_BYTES = 16 * 2 ** 20;

/** What of the SDK's commands is used: each takes middleware of its own. */
interface Command {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: Args) => Promise<Result>) => (args: Args) => Promise<Result>,
      options: { readonly step: 'deserialize'; readonly priority: 'low'; readonly name: string },
    ): void;
  };
}
interface Args {
  request: unknown;
}
interface Result {
  response: unknown;
}
interface RawRequest {
  body?: unknown;
}
interface RawResponse {
  statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  body?: unknown;
}

export interface ExchangeOptions {
  readonly expected: Expected;
  /** Called whenever bytes move, either way. */
  readonly progress: () => void;
}

/**
 * Sends one command through the SDK, and lets nothing pass for an answer that is not one of S3.
 *
 * @throws `FailedAttempt`
 */
export async function exchange<C, O>(
  command: C,
  send: (command: C) => Promise<O>,
  { expected, progress }: ExchangeOptions,
): Promise<O> {
  let answer: AnswerTraits = {};
  (command as Command).middlewareStack.add(
    (next) => async (args) => {
      const request = args.request as RawRequest;
      if (request.body instanceof Uint8Array) request.body = inParts(request.body, progress);
      const result = await next(args);
      const response = result.response as RawResponse;
      progress();
      answer = traitsOf(response);
      // The bytes of a file are read by who asked for them.
      const isFile = expected === 'object' && response.statusCode < 300;
      const body = isFile ? undefined : await readAnswer(response, progress);
      const verdict = judged(expected, response, body);
      if (verdict.read === 'as an error') response.statusCode = 500;
      if (body !== undefined) response.body = verdict.read === 'by its status' ? new Uint8Array() : body;
      return result;
    },
    // Next to the wire: it sees answers before the SDK makes something of them.
    { step: 'deserialize', priority: 'low', name: 'holdfastAnswer' },
  );
  try {
    return await send(command);
  } catch (error) {
    throw failureOf(error, answer);
  }
}

function judged(expected: Expected, response: RawResponse, body: Uint8Array | undefined): Verdict {
  try {
    return judge(expected, { status: response.statusCode, headers: response.headers, body });
  } catch (error) {
    // Nobody will read it, and its connection would wait for that.
    if (response.body instanceof Readable) response.body.destroy();
    throw error;
  }
}

async function readAnswer({ body }: RawResponse, progress: () => void): Promise<Uint8Array> {
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return readBody(body as AsyncIterable<Uint8Array>, LONGEST_ANSWER_BYTES, answerTooLarge, progress);
}

function answerTooLarge(maxBytes: number): FailedAttempt {
  return new FailedAttempt({
    ...NOT_UNDERSTOOD,
    detail: `the answer has more than ${maxBytes} bytes, the most that is read`,
  });
}

function traitsOf({ headers }: RawResponse): AnswerTraits {
  const region = headers['x-amz-bucket-region'];
  const seconds = Number(headers['retry-after']);
  return {
    ...(region !== undefined && /^[a-z0-9-]{1,40}$/.test(region) ? { region } : {}),
    ...(seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  };
}
