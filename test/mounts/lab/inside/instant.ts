/** Milliseconds of CLOCK_MONOTONIC: one scale for all processes of a kernel. Goes on while the machine is frozen. */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
