// What the processes wrote down, and what follows from it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkHistory, describeHistory, parseHistory } from '@holdfast/testkit/history';

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
  const grants = new Map();
  for (const { process } of acquired) grants.set(process, (grants.get(process) ?? 0) + 1);
  const steady = [...grants].filter(([name]) => name !== killed?.name && name !== stopped?.name);
  const counts = steady.map(([, times]) => times).sort((a, b) => a - b);

  const lines = [
    {
      ok: grants.size >= 4,
      what: 'acquisitions',
      found: `${acquired.length} by ${grants.size} processes`,
    },
    {
      // A token is a place in the queue.
      ok: tokens.every((token, at) => at === 0 || token > tokens[at - 1]),
      what: 'first come, first served',
      found: `granted in the order of the claims; those left in peace had it ${counts.join(', ')} times`,
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
    sharing(
      notes.filter(({ type }) => type === 'read'),
      report.events,
    ),
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

/** Shared leases overlap with each other, and never with a time in which somebody held the lock alone. */
function sharing(reads, events) {
  const most = Math.max(
    0,
    ...reads.map(({ from }) => reads.filter((each) => each.from <= from && from < each.until).length),
  );
  const alone = events.filter(({ type }) => type === 'acquired' || type === 'update');
  const disturbed = reads.filter(
    ({ from, until, before, after }) => before !== after || alone.some(({ at }) => from < at && at < until),
  );
  return {
    ok: most >= 2 && disturbed.length === 0,
    what: 'shared leases',
    found: `${reads.length}, up to ${most} at once; ${disturbed.length} beside one who holds it alone`,
  };
}

function learned(stopped, notes) {
  const what = 'SIGCONT past its lease';
  const note = notes.find(
    ({ type, name, token }) => type === 'lost' && name === stopped.name && token === stopped.token,
  );
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
