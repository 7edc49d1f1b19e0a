// What the processes wrote down, and what follows from it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkHistory, describeHistory, parseHistory } from '@holdfast/testkit';

/** @returns lines of `{ ok, what, found }`, and the whole report where it shows a fault */
export function summarise(folder, { killed, stopped }) {
  const files = readdirSync(folder);
  const events = files
    .filter((file) => file.endsWith('.history'))
    .flatMap((file) => parseHistory(readFileSync(join(folder, file), 'utf8')));
  const notes = files
    .filter((file) => file.endsWith('.notes'))
    .flatMap((file) => parseNotes(file.slice(0, -'.notes'.length), readFileSync(join(folder, file), 'utf8')));
  const counter = Number(readFileSync(join(folder, 'counter'), 'utf8'));
  const report = checkHistory(events, { counters: { demo: counter } });
  const count = (...faults) => report.violations.filter(({ fault }) => faults.includes(fault)).length;
  const acquired = report.events.filter(({ type }) => type === 'acquired');
  const tokens = acquired.map(({ token }) => token);
  const busy = new Set(acquired.map(({ process }) => process));

  const lines = [
    {
      ok: busy.size >= 4,
      what: 'acquisitions',
      found: `${acquired.length} by ${busy.size} processes`,
    },
    { ok: count('overlap', 'outlived') === 0, what: 'overlaps', found: String(count('overlap', 'outlived')) },
    {
      ok: count('token-repeated', 'token-order') === 0 && tokens.length > 0,
      what: 'tokens',
      found: `${count('token-repeated', 'token-order') === 0 ? 'strictly increasing' : 'OUT OF ORDER'}, ${Math.min(...tokens)} to ${Math.max(...tokens)}`,
    },
    {
      ok: count('lost-update') === 0,
      what: 'guarded counter',
      found: `${counter} after ${report.updates} recorded updates, ${count('lost-update')} lost`,
    },
    recovery('SIGKILL while holding', killed, acquired),
    ...(stopped === undefined
      ? []
      : [recovery('SIGSTOP while holding', stopped, acquired), learned(stopped, notes)]),
  ];
  return {
    ok: report.ok && lines.every(({ ok }) => ok),
    lines,
    details: report.ok ? '' : describeHistory(report),
  };
}

function recovery(what, blow, acquired) {
  const heir = blow && acquired.find(({ at, token }) => at > blow.at && token > blow.token);
  if (heir === undefined) return { ok: false, what, found: 'nobody took over' };
  return {
    ok: heir.process !== blow.name,
    what,
    found: `${blow.name}, token ${blow.token}: taken over by ${heir.process}, token ${heir.token}, after ${ms(heir.at - blow.at)}`,
  };
}

function learned(stopped, notes) {
  const what = 'SIGCONT past its lease';
  const note = notes.find(({ name, token }) => name === stopped.name && token === stopped.token);
  if (note === undefined) return { ok: false, what, found: `${stopped.name} has not noticed` };
  return {
    ok: note.at > stopped.at,
    what,
    found: `${stopped.name} learned of its loss ${ms(note.at - stopped.continuedAt)} after it went on: ${note.how} (${note.reason})`,
  };
}

function parseNotes(name, text) {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => Object.assign(JSON.parse(line), { name }));
}

function ms(duration) {
  return `${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms`;
}
