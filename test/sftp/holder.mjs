// One process with one contender or more, which its parent directs and which writes down what happens. Runs what was
// built. Told `{options, lock, history, contenders}`, then one order after the other; answers each with what came of it.
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { Lock } from '@holdfast/lock';
import { sftpVFS } from '@holdfast/sftp';
import { HistoryRecorder } from '@holdfast/testkit';

const contenders = [];

function contender({ options, lock: settings, history }, index) {
  const vfs = sftpVFS(options);
  let lease;
  const lock = new Lock(vfs, {
    ...settings,
    onEvent: ({ type, token }) => process.send({ type, token, index }),
  });
  const record = new HistoryRecorder({
    process: `${process.pid}.${index}`,
    lock: settings.id,
    write: (line) => appendFileSync(history, line),
  });
  const acquire = async () => {
    record.acquire();
    lease = await lock.acquire();
    record.acquired(lease);
    const proof = setInterval(() => record.held(lease), 20);
    lease.signal.addEventListener('abort', () => record.lost(lease));
    const { signal } = lease;
    const end = () => clearInterval(proof);
    signal.addEventListener('abort', end);
    return { lease, end };
  };
  let current;
  return {
    async acquire() {
      current = await acquire();
      return { token: current.lease.token };
    },
    async release() {
      const held = record.release(current.lease);
      current.end();
      await current.lease.release();
      if (held) record.released(current.lease);
      return { held };
    },
    async held() {
      return { held: current.lease.held };
    },
    /** Adds one to a number in a file, `times` times, each under the lock. */
    async count({ file, times }) {
      for (let round = 0; round < times; round++) {
        const { end } = (current = await acquire());
        const from = Number(readFileSync(file, 'utf8'));
        writeFileSync(file, `${from + 1}`);
        record.update(current.lease, from, from + 1);
        end();
        await this.release();
      }
      return {};
    },
    async close() {
      await vfs.close();
      return {};
    },
  };
}

process.on('message', (message) => {
  if (message.order === 'begin') {
    for (let index = 0; index < message.contenders; index++) contenders.push(contender(message, index));
    process.send({ answer: message.id, begun: true });
    return;
  }
  Promise.all(contenders.map((each) => each[message.order](message))).then(
    ([first]) => process.send({ answer: message.id, ...first }),
    (error) => process.send({ answer: message.id, failure: `${error}` }),
  );
});
process.on('disconnect', () => process.exit());
