// What a serverless platform does: loads a handler, calls it with a time limit, again and again, and says what came of
// it. It stays for as long as the channel to its parent is open; then the function has to end by itself.
process.on('message', async ({ handler, limitMs }) => {
  const { handler: call } = await import(handler);
  const end = performance.now() + limitMs;
  const context = { getRemainingTimeInMillis: () => Math.floor(end - performance.now()) };
  const result = await call({}, context).catch((error) => ({ error: `${error}`, code: error.code }));
  process.send({ ...result, inTime: performance.now() < end });
});
