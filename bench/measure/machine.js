import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** Where the figures were measured, and how busy it was when the run began. */
export function describeMachine() {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}${distribution()}`,
    node: process.versions.node,
    load: Number(loadavg()[0].toFixed(2)),
  };
}

function distribution() {
  try {
    const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
    return name === undefined ? '' : `, ${name}`;
  } catch {
    return '';
  }
}

export function printMachine({ processor, cores, memoryGiB, system, node, load }) {
  console.log(`${cores} cores of ${processor}, ${memoryGiB} GiB, ${system}, Node ${node}`);
  if (load > cores / 4) {
    console.log(`Others use this machine (load ${load}): every figure is worse than on a quiet one.`);
  }
}
