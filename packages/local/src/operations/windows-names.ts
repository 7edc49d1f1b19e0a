import { Refusal } from '../errors.js';

/** Names that Windows takes for a device, whatever their extension. */
const DEVICES = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/** Refuses names of devices: an SMB server lists what bears one under another name. */
export function refuseDevices(segments: readonly string[]): void {
  if (segments.some((name) => DEVICES.test(name))) throw refused();
}

/**
 * Refuses what Windows would read otherwise than it is written: `a:b` names a stream inside the file `a`, `a.` and
 * `a ` are the file `a`, `nul` is a device.
 */
export function refuseBadNames(segments: readonly string[]): void {
  for (const name of segments) {
    if (/[<>:"|?*]/.test(name) || /[. ]$/.test(name) || DEVICES.test(name)) {
      throw refused();
    }
  }
}

function refused(): Refusal {
  return new Refusal('EINVAL', 'Windows gives that name another meaning', 'Use letters, digits and "-"');
}
