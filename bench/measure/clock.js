/** Microseconds; one clock for all processes of a machine. */
export const now = () => Number(process.hrtime.bigint()) / 1_000;

export const turnOfTheLoop = () => new Promise((resolve) => setImmediate(resolve));
