import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Starts the program `script` of this folder, with `settings`. It ends when it is told to, or with this process. */
export function startWorker(script, settings, execArgv = []) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, [JSON.stringify(settings)], { execArgv, serialization: 'advanced' });
  const waiting = new Map();
  const arrived = new Map();
  let failure;

  child.on('message', ({ kind, body }) => {
    const resolve = waiting.get(kind)?.resolve;
    if (resolve === undefined) {
      arrived.set(kind, body);
      return;
    }
    waiting.delete(kind);
    resolve(body);
  });
  const ended = new Promise((resolve) => {
    child.once('exit', (status, signal) => {
      failure = new Error(`${script} ended with ${signal ?? `status ${status}`}`);
      for (const { reject } of waiting.values()) reject(failure);
      resolve();
    });
  });
  return {
    pid: child.pid,
    send: (kind, body) => child.send({ kind, body }),
    /** Resolves to the body of the next message of this kind. */
    receive(kind) {
      if (arrived.has(kind)) {
        const body = arrived.get(kind);
        arrived.delete(kind);
        return Promise.resolve(body);
      }
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => waiting.set(kind, { resolve, reject }));
    },
    async stop() {
      child.kill();
      await ended;
    },
  };
}

/** Runs the program `script` to its end. @returns its result */
export async function runWorker(script, settings, execArgv) {
  const worker = startWorker(script, settings, execArgv);
  try {
    return await worker.receive('result');
  } finally {
    await worker.stop();
  }
}
