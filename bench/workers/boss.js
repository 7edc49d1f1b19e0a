// A worker's end of the line to the process that started it.
export const settings = JSON.parse(process.argv[2] ?? '{}');

export const tell = (kind, body) => process.send({ kind, body });

export function told(kind) {
  return new Promise((resolve) => {
    const listen = (message) => {
      if (message.kind !== kind) return;
      process.off('message', listen);
      resolve(message.body);
    };
    process.on('message', listen);
  });
}
