import { afterAll, beforeAll, expect, test } from 'vitest';
import { Bench } from './bench/bench.js';
import { DEFAULTS, type MountKind } from './lab/mounts.js';
import { noLab } from './lab/packages.js';
import { pause } from './bench/trial.js';
await noLab();
let bench: Bench;
beforeAll(async () => { bench = await Bench.up(DEFAULTS); });
afterAll(async () => { await bench?.down(); });
test('smb lease', async () => {
  const one = bench.guest('one'), two = bench.guest('two');
  for (let i = 0; i < 3; i++) {
  await one.sh(`mkdir -p /media/smb/x; echo hello${i} > /media/smb/x/f${i}`);
  await one.freeze();
  const timed = (what: string) => two.sh(`bash -c 'TIMEFORMAT="%R s"; time { timeout 60 ${what}; }' 2>&1 | tr "\\n" " "`).then((o) => console.log(i, what, o));
  const first = i === 2 ? undefined : timed(`cat /media/smb/x/f${i}`);
  await pause(300);
  await timed(`ls /media/smb/x`);
  await timed(`stat -c %s /media/smb/x/f${i}`);
  if (i === 1) await pause(3000);
  await timed(`cat /media/smb/x/f${i}`);
  if (i === 2) await timed(`cat /media/smb/x/f${i}`);
  await timed(`rm /media/smb/x/f${i}`);
  await first;
  await one.thaw();
  }
}, 200000);
