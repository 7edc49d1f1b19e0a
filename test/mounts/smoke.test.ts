import { afterAll, beforeAll, expect, test } from 'vitest';
import { agree } from './lab/guest-clock.js';
import { Lab } from './lab/lab.js';
import { noLab } from './lab/packages.js';

const why = await noLab();
let lab: Lab;
beforeAll(async () => {
  const t = performance.now();
  lab = await Lab.up();
  console.log('up', performance.now() - t, why);
});
afterAll(async () => {
  const t = performance.now();
  await lab?.down();
  console.log('down', performance.now() - t);
});
test('it comes up', async () => {
  const a = await lab.one.clock();
  console.log(a, await lab.two.clock());
  console.log(await lab.one.sh('uname -a; ip a; free -m; hostname; ping -c 2 10.92.0.12; ping -c1 10.92.0.1; cat /proc/sys/kernel/random/boot_id'));
  for (const g of [lab.one, lab.two]) {
    const t = performance.now();
    console.log(await g.sh(`mkdir -p /media/n4 /media/n3 /media/smb
  mount -t nfs4 10.92.0.12:/ /media/n4 -o vers=4.2 
  mount -t nfs 10.92.0.12:/media/disk/export /media/n3 -o vers=3,nolock,proto=tcp 
  mount -t cifs //10.92.0.1/share /media/smb -o user=root,pass=lab,vers=3.1.1
  grep -E ' (nfs|nfs4|cifs) ' /proc/mounts`), performance.now() - t);
  }
  await lab.one.freeze();
  await new Promise((r) => setTimeout(r, 1000));
  await lab.one.thaw();
  const b = await lab.one.clock();
  console.log(a, b);
  expect(agree(a, b)).toBe(true);
  let t = performance.now();
  await lab.one.kill();
  await lab.one.boot();
  console.log('reboot', performance.now() - t);
  t = performance.now();
  await lab.nfs.restart();
  console.log('nfs reboot', performance.now() - t);
});
