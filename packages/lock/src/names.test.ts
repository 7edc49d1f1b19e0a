import { describe, expect, it } from 'vitest';
import { directoryName, lockId } from './id.js';
import { beatName, claimName, freeName, numberedBeatName, parseLedgerName, windowName } from './names.js';

describe('the names in a ledger', () => {
  it.each([
    [claimName(41), { kind: 'claim', token: 41 }],
    [beatName(41), { kind: 'beat', token: 41 }],
    [freeName(41), { kind: 'free', token: 41 }],
    [numberedBeatName(41, 0), { kind: 'numbered-beat', token: 41, count: 0 }],
    [numberedBeatName(41, 107), { kind: 'numbered-beat', token: 41, count: 107 }],
    [claimName(1_234_567_890_123), { kind: 'claim', token: 1_234_567_890_123 }],
    [windowName(10_000, 'k3'), { kind: 'window', ms: 10_000, nonce: 'k3' }],
    ['look.a1', { kind: 'look' }],
  ])('%s is read as it was written', (name, meaning) => {
    expect(parseLedgerName(name)).toEqual(meaning);
  });

  it.each([
    '41',
    '000000000000',
    '0000000000041',
    '9999999999999999',
    '000000000041.beat.tmp',
    '000000000041.beat.07',
    '000000000041.beat.9999999999',
    '000000000000.beat.1',
    '000000000041.FREE',
    ' 000000000041',
    '000000000041\n',
    'window.0.a',
    'window.010.a',
    'window.-1.a',
    'window.999999999.a',
    'window.1e9.a',
    'window.10000',
    'window.10000.',
    'window.10000.A',
    'look.',
    'look.\u001b',
  ])('%j is not ours', (name) => {
    expect(parseLedgerName(name)).toBeUndefined();
  });
});

describe('the directory of a lock', () => {
  it.each([
    ['deploy', 'lockfile-deploy'],
    ['db.v2_x-y', 'lockfile-db.v2_x-y'],
    ['Deploy', 'lockfile-~44eploy'],
    ['a/b', 'lockfile-a~2Fb'],
    ['x.', 'lockfile-x~2E'],
    ['é', 'lockfile-~C3~A9'],
  ])('of %j is %s, and leads back', (id, name) => {
    expect(directoryName(id)).toBe(name);
    expect(lockId(name)).toBe(id);
  });

  it.each(['', '\ud800', 'x'.repeat(300), 'É'.repeat(50)])('cannot be made of %j', (id) => {
    expect(directoryName(id)).toBeUndefined();
  });

  it.each([
    'deploy',
    'lockfile-',
    'lockfile-Deploy',
    'lockfile-~44~',
    'lockfile-~61',
    'lockfile-x.',
    'lockfile-~FF',
  ])('is not %s', (name) => {
    expect(lockId(name)).toBeUndefined();
  });
});
