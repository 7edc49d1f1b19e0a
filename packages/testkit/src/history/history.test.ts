import { describe, expect, test } from 'vitest';
import {
  checkHistory,
  describeHistory,
  encodeEvent,
  HistoryRecorder,
  parseHistory,
  type HistoryEvent,
} from './index.js';
import { faultsOf, history } from './script.fixture.js';

describe('a history', () => {
  test('of holds one after the other is right', () => {
    const report = checkHistory(
      history(`
        a acquire @ 1
        b acquire @ 2
        a acquired 1 @ 3
        a update 1 0 1 @ 4
        a held 1 @ 5
        a release 1 @ 6
        b acquired 2 @ 6.5
        a released 1 @ 7
        b update 2 1 2 @ 8
        b release 2 @ 9`),
      { counters: { l: 2 } },
    );
    expect(report).toMatchObject({ ok: true, violations: [], grants: 2, processes: 2, updates: 2 });
    expect(describeHistory(report)).toContain('no violation in 10 events');
  });

  test('of two holds at once is not', () => {
    const script = `
      a acquire @ 1
      b acquire @ 1
      a acquired 1 @ 2
      b acquired 2 @ 4
      a held 1 @ 5
      b held 2 @ 6`;
    expect(faultsOf(script)).toContain('overlap');
    const violation = checkHistory(history(script)).violations.find(({ fault }) => fault === 'overlap');
    expect(violation).toMatchObject({ from: 4, until: 5, processes: ['a', 'b'] });
  });

  test('takes a hold for over at its last proof: a process that was killed or stopped has proved nothing since', () => {
    expect(
      faultsOf(`
        a acquire @ 1
        b acquire @ 1
        a acquired 1 @ 2
        a held 1 @ 3
        b acquired 2 @ 10
        b held 2 @ 30
        a lost 1 @ 20`),
    ).toEqual([]);
  });

  test('finds the overlap with a hold that began long before others', () => {
    expect(
      faultsOf(`
        a acquired 1 @ 1
        b acquired 2 @ 2
        b release 2 @ 3
        c acquired 3 @ 4
        c release 3 @ 5
        a held 1 @ 9`).filter((fault) => fault === 'overlap'),
    ).toHaveLength(2);
  });

  test('does not let an old token outlive the grant of a higher one, however short that was', () => {
    expect(
      faultsOf(`
        a acquire @ 0
        b acquire @ 0
        a acquired 1 @ 1
        b acquired 2 @ 2
        a held 1 @ 3`),
    ).toEqual(['outlived']);
  });

  test('excuses a hold that was broken on purpose, from then on', () => {
    const broken = `
      a acquire @ 0
      a acquired 1 @ 1
      x broken 1 @ 2
      b acquire @ 2
      b acquired 2 @ 3
      a held 1 @ 4
      b held 2 @ 5`;
    expect(faultsOf(broken)).toEqual([]);
    expect(faultsOf(broken.replace('broken 1 @ 2', 'broken 1 @ 3.5'))).toContain('overlap');
  });

  test('does not grant a token twice, nor a lower one to who asked later', () => {
    expect(faultsOf('a acquired 1 @ 1\nb acquired 1 @ 2')).toEqual(['token-repeated']);
    expect(
      faultsOf(`
        a acquired 5 @ 1
        b acquire @ 2
        b acquired 4 @ 3`),
    ).toEqual(['token-order']);
  });

  test('may know a lower token later, if both asked before', () => {
    expect(
      faultsOf(`
        a acquire @ 1
        b acquire @ 1
        b acquired 2 @ 2
        b release 2 @ 4
        a acquired 1 @ 5`),
    ).toEqual([]);
  });

  test('bounds a grant by the oldest request of its process that may be the one', () => {
    const twoTasks = `
      p acquire @ 0
      q acquire @ 45
      q acquired 5 @ 60
      q held 5 @ 61
      p acquire @ 100
      p acquired 4 @ 101
      p lost 4 @ 102`;
    expect(faultsOf(twoTasks)).toEqual([]);
    // The answer to the second request comes first: the other may be that of 0 still.
    expect(faultsOf(`${twoTasks}\nq release 5 @ 103\np acquire @ 104\np acquired 6 @ 105`)).toEqual([]);
    const late = `
      p acquire @ 0
      q acquire @ 1
      p acquire @ 30
      q acquired 5 @ 20
      q release 5 @ 21
      p acquired 6 @ 35
      p release 6 @ 36
      p acquired 4 @ 40`;
    expect(faultsOf(late)).toEqual([]);
    // With no request pending but that of 50, a grant below what was known then is wrong.
    expect(faultsOf(`${late}\np acquire @ 50\np acquired 3 @ 51`)).toEqual(['token-order']);
    expect(faultsOf(late.replace('p acquire @ 30', 'p refused @ 30\n p acquire @ 30'))).toEqual([]);
    expect(faultsOf(twoTasks.replace('p acquire @ 100', 'p refused @ 99\np acquire @ 100'))).toEqual([
      'token-order',
    ]);
  });

  test('says nothing of the order of a grant that nobody is known to have asked for', () => {
    expect(faultsOf('a acquired 5 @ 1\nb acquired 4 @ 3')).toEqual([]);
  });

  test('closes a hold for good once it was given back or lost', () => {
    const hold = 'a acquire @ 0\na acquired 1 @ 1\na held 1 @ 2\n';
    for (const end of ['release 1 @ 3\na released 1 @ 4', 'released 1 @ 4', 'lost 1 @ 4']) {
      expect(faultsOf(`${hold}a ${end}`)).toEqual([]);
      expect(faultsOf(`${hold}a ${end}\na held 1 @ 5`)).toEqual(['revived']);
      expect(faultsOf(`${hold}a ${end}\na release 1 @ 5`)).toEqual(['revived']);
      // What the recorder writes when it is asked once more.
      expect(faultsOf(`${hold}a ${end}\na lost 1 @ 5\na released 1 @ 6`)).toEqual([]);
    }
    // One moment shows no order.
    expect(faultsOf(`${hold}a lost 1 @ 4\na held 1 @ 4`)).toEqual([]);
    expect(faultsOf(`${hold}a lost 1 @ 4\na acquired 2 @ 5\na held 2 @ 6`)).toEqual([]);
  });

  test('loses no update of what is guarded', () => {
    const twice = `
      a acquired 1 @ 1
      a update 1 0 1 @ 2
      b acquired 2 @ 3
      b update 2 0 1 @ 4`;
    expect(faultsOf(twice)).toEqual(['lost-update']);
    const once = twice.replace('2 0 1 @ 4', '2 1 2 @ 4');
    expect(faultsOf(once, { l: 2 })).toEqual([]);
    expect(faultsOf(once, { l: 1 })).toEqual(['lost-update']);
  });

  test('speaks of no token that was not granted', () => {
    expect(faultsOf('a held 3 @ 1')).toEqual(['never-granted']);
  });

  test('keeps locks apart', () => {
    const script = 'a acquired 1 @ 1\nb acquired 1 @ 2\na held 1 @ 3\nb held 1 @ 3';
    const apart = history(script, (process) => process);
    expect(checkHistory(apart).ok).toBe(true);
  });
});

describe('the lines of a history', () => {
  const event: HistoryEvent = { process: 'a', lock: 'l', type: 'update', token: 1, from: 0, to: 1, at: 1.5 };

  test('are read as they were written', () => {
    expect(parseHistory(encodeEvent(event) + encodeEvent({ ...event, type: 'acquire' }))).toMatchObject([
      event,
      { type: 'acquire', at: 1.5 },
    ]);
  });

  test('may break off where a process was killed, and nowhere else', () => {
    const line = encodeEvent(event);
    expect(parseHistory(line + line.slice(0, 20))).toEqual([event]);
    expect(() => parseHistory(line.slice(0, 20) + line)).toThrow(SyntaxError);
    expect(() => parseHistory('{"type":"held"}\n')).toThrow(SyntaxError);
  });
});

describe('a recorder', () => {
  test('takes the time before it asks the lease, and proves nothing with one that is over', () => {
    let time = 0;
    let text = '';
    const record = new HistoryRecorder({
      process: 'a',
      lock: 'l',
      write: (line) => (text += line),
      now: () => ++time,
    });
    const lease = {
      token: 1,
      over: false,
      get held(): boolean {
        time += 100;
        return !this.over;
      },
    };
    record.acquire();
    record.acquired(lease);
    expect(record.held(lease)).toBe(true);
    record.update(lease, 0, 1);
    lease.over = true;
    expect(record.held(lease)).toBe(false);
    expect(record.release(lease)).toBe(false);
    record.released(lease);
    record.refused();
    expect(parseHistory(text).map(({ type, at }) => [type, at])).toEqual([
      ['acquire', 1],
      ['acquired', 2],
      ['held', 3],
      ['update', 104],
      ['held', 105],
      ['lost', 307],
      ['lost', 409],
      ['released', 410],
      ['refused', 411],
    ]);
  });
});

describe('a recorder of a change', () => {
  test('says when it began, if it was told', () => {
    let [time, text] = [0, ''];
    const write = (line: string): void => void (text += line);
    const record = new HistoryRecorder({ process: 'a', lock: 'l', write, now: () => ++time });
    const since = record.now();
    record.update({ token: 1, held: true }, 0, 1, since);
    record.update({ token: 1, held: true }, 1, 2);
    expect(parseHistory(text).filter(({ type }) => type === 'update')).toEqual([
      { process: 'a', lock: 'l', type: 'update', token: 1, from: 0, to: 1, since: 1, at: 2 },
      { process: 'a', lock: 'l', type: 'update', token: 1, from: 1, to: 2, at: 4 },
    ]);
  });
});

describe('the report', () => {
  const long = `
    ${Array.from({ length: 60 }, (_, at) => `z acquire @ ${at}`).join('\n')}
    a acquire @ 61
    b acquire @ 61
    a acquired 1 @ 100
    b acquired 2 @ 101
    a held 1 @ 102
    b held 2 @ 103`;

  test('shows the offending stretch alone, and marks who took part', () => {
    const report = checkHistory(history(long));
    const lines = describeHistory(report, { events: 10, violations: 1 }).split('\n');
    expect(lines.filter((line) => line.startsWith('>'))).toHaveLength(3);
    expect(lines.length).toBeLessThan(20);
  });

  test('lets no text reach the terminal raw', () => {
    const text = describeHistory(checkHistory(history(long, undefined, '\u001b[31m')));
    expect(text).not.toContain('\u001b');
  });
});
