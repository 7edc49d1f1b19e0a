// Sleeps until a file appears, and notes when it was told.
import { watch } from 'node:fs';
import { now } from '../measure/clock.js';
import { settings, tell, told } from './boss.js';

const woken = new Map();
const watcher = watch(settings.folder, (_event, name) => {
  if (!woken.has(name)) woken.set(name, now());
});
tell('ready');
await told('end');
watcher.close();
tell('result', woken);
