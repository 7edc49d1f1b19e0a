/** Taken once at load, so that fake timers of a test runner do not stop the clock itself. */
const immediate = typeof setImmediate === 'function' ? setImmediate : undefined;

/** Lets the event loop go round once. Every promise that can settle without I/O or timers has settled before. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (immediate !== undefined) {
      immediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
