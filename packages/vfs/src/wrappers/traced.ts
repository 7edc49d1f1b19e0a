import type { Capabilities } from '../contract/capabilities.js';
import { intercept } from './intercept.js';
import type { Operation } from '../errors/error.js';
import type { VFS } from '../contract/vfs.js';

/** What is published of a call. The same object goes to every channel of one call. */
export interface Trace {
  readonly op: Operation;
  readonly path: string;
  readonly adapter: string;
  readonly capabilities: Capabilities;
  /** Set once the call rejected. */
  error?: unknown;
}

/** The part of `diagnostics_channel.Channel` that is used. */
export interface TraceChannel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

/** The part of `diagnostics_channel.TracingChannel` that is used; pass one of those, or anything shaped like it. */
export interface TraceChannels {
  /** The call is about to be made. */
  readonly start: TraceChannel;
  /** It resolved or rejected. */
  readonly asyncEnd: TraceChannel;
  /** It rejected; `error` is set. Comes before `asyncEnd`. */
  readonly error: TraceChannel;
}

/**
 * `vfs` that publishes a {@link Trace} of every call. Never holds data, options or credentials.
 *
 * @example
 * import { tracingChannel } from 'node:diagnostics_channel';
 * const seen = traced(vfs, tracingChannel('holdfast:vfs'));
 */
export function traced(vfs: VFS, channels: TraceChannels): VFS {
  const publish = (channel: TraceChannel, trace: Trace): void => {
    if (channel.hasSubscribers) channel.publish(trace);
  };
  return intercept(vfs, async (call, next) => {
    const { op, path } = call;
    const trace: Trace = { op, path, adapter: vfs.adapter, capabilities: vfs.capabilities };
    publish(channels.start, trace);
    try {
      return await next(call);
    } catch (error) {
      trace.error = error;
      publish(channels.error, trace);
      throw error;
    } finally {
      publish(channels.asyncEnd, trace);
    }
  });
}
