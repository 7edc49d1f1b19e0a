import { describe, expect, it } from 'vitest';
import {
  attachedName,
  beatName,
  claimName,
  detachedName,
  HIGHEST_NUMBER,
  LONGEST_TTL_MS,
  LONGEST_WINDOW_MS,
  markName,
  parseLedgerName,
  refreshName,
  takesName,
} from './names.js';

const N = 1_767_225_600_000_123;

describe('the names in a ledger', () => {
  it.each([
    [claimName(41), '0000000000000041', { kind: 'claim', number: 41 }],
    [claimName(N), '1767225600000123', { kind: 'claim', number: N }],
    [claimName(HIGHEST_NUMBER), '8999999999999999', { kind: 'claim', number: HIGHEST_NUMBER }],
    [markName(41, 'origin'), '0000000000000041.origin', { kind: 'origin', number: 41 }],
    [markName(41, 'floor'), '0000000000000041.floor', { kind: 'floor', number: 41 }],
    [markName(41, 'shared'), '0000000000000041.shared', { kind: 'shared', number: 41 }],
    [markName(41, 'free'), '0000000000000041.free', { kind: 'free', number: 41 }],
    [takesName(41, 3), '0000000000000041.takes.3', { kind: 'takes', number: 41, permits: 3 }],
    [beatName(41, 10_000), '0000000000000041.beat.10000', { kind: 'beat', number: 41, windowMs: 10_000 }],
    [beatName(41, 50, 0), '0000000000000041.beat.50.0', { kind: 'beat', number: 41, windowMs: 50, beat: 0 }],
    [
      beatName(41, LONGEST_WINDOW_MS, 999_999_999),
      '0000000000000041.beat.86400000.999999999',
      { kind: 'beat', number: 41, windowMs: LONGEST_WINDOW_MS, beat: 999_999_999 },
    ],
    [
      detachedName(41, 1, LONGEST_TTL_MS),
      '0000000000000041.detached.1.2592000000',
      { kind: 'detached', number: 41, attempt: 1, windowMs: LONGEST_TTL_MS },
    ],
    [attachedName(41, 2), '0000000000000041.attached.2', { kind: 'attached', number: 41, attempt: 2 }],
    [refreshName('k3x9'), 'look.k3x9', { kind: 'refresh' }],
    ['permits.4', 'permits.4', { kind: 'permits', permits: 4 }],
  ])('%s is read as it was written', (written, name, meaning) => {
    expect(written).toBe(name);
    expect(parseLedgerName(name)).toEqual(meaning);
  });

  it.each([
    '000000000041',
    '000000000041.beat',
    '000000000041.beat.7',
    '000000000041.free',
    '1234567890123',
    'window.10000.k3',
  ])('%s is of the first edition', (name) => {
    expect(parseLedgerName(name)).toEqual({ kind: 'other-edition', edition: 'first' });
  });

  it('edition.3 is of a later edition', () => {
    expect(parseLedgerName('edition.3')).toEqual({ kind: 'other-edition', edition: 'later' });
  });

  const c = claimName(41);
  it.each([
    '',
    '41',
    '0000000000000000',
    '9000000000000000',
    '9999999999999999',
    '9999999999999999.free',
    '00000000000000041',
    '0000000000000041x',
    '0000000000000041.',
    '0000000000000041.tmp',
    '0000000000000041.FREE',
    '0000000000000041.free ',
    '0000000000000041.free.1',
    ' 0000000000000041',
    '0000000000000041\n',
    '٠000000000000041',
    `${c}.beat`,
    `${c}.beat.0`,
    `${c}.beat.010`,
    `${c}.beat.1e3`,
    `${c}.beat.-1`,
    `${c}.beat.86400001`,
    `${c}.beat.10000.07`,
    `${c}.beat.10000.`,
    `${c}.beat.10000.1.2`,
    `${c}.beat.10000.99999999999`,
    `${c}.takes`,
    `${c}.takes.0`,
    `${c}.takes.1000001`,
    `${c}.takes.1.2`,
    `${c}.detached.1`,
    `${c}.detached.0.1000`,
    `${c}.detached.1.0`,
    `${c}.detached.1.2592000001`,
    `${c}.attached`,
    `${c}.attached.0`,
    `${c}.attached.1.1`,
    'permits.0',
    'permits.01',
    'permits.1000001',
    'permits.',
    'look.',
    'look.A',
    'look.\u001b',
    `look.${'x'.repeat(33)}`,
    'edition.',
    'edition.x',
    'README.txt',
    '.nfs000000000000',
  ])('%j is nobody’s', (name) => {
    expect(parseLedgerName(name)).toBeUndefined();
  });
});
