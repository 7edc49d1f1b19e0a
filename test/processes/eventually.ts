const PATIENCE_MS = 30_000;
const EVERY_MS = 20;

/** Waits for something that other processes bring about. Rejects when it does not come, with what was seen instead. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  seen: () => unknown = () => '',
): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > end) {
      throw new Error(`within ${PATIENCE_MS} ms it was not so that ${what}: ${JSON.stringify(seen())}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, EVERY_MS);
    });
  }
}
