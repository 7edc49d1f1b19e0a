import { expect, it } from 'vitest';
import { commandEnvironment, withheldNames } from './environment.js';

const OWN = {
  PATH: '/bin',
  'strange.name-1': 'kept',
  HOLDFAST_URL: 'sftp://ada@host/locks',
  HOLDFAST_SFTP_PASSWORD: 's3cret',
  unset: undefined,
};
const TOLD = { HOLDFAST_ID: 'a', HOLDFAST_TOKEN: '1' };
const KEPT = { PATH: '/bin', 'strange.name-1': 'kept', ...TOLD };

it('keeps what is meant for holdfast from the command, and says what that is', () => {
  const environment = commandEnvironment(OWN, false, TOLD);
  expect(environment).toStrictEqual({ ...KEPT, HOLDFAST_WITHHELD: 'HOLDFAST_URL,HOLDFAST_SFTP_PASSWORD' });
  expect(withheldNames(environment)).toStrictEqual(['HOLDFAST_URL', 'HOLDFAST_SFTP_PASSWORD']);
});

it('passes on all of it, or what is named', () => {
  const { unset: _, ...all } = OWN;
  expect(commandEnvironment(OWN, true, TOLD)).toStrictEqual({ ...all, ...TOLD });
  expect(commandEnvironment(OWN, ['HOLDFAST_URL'], TOLD)).toStrictEqual({
    ...KEPT,
    HOLDFAST_URL: OWN.HOLDFAST_URL,
    HOLDFAST_WITHHELD: 'HOLDFAST_SFTP_PASSWORD',
  });
});

it('remembers, in a run below a run, what was kept back above it', () => {
  const above = commandEnvironment(OWN, false, { ...TOLD, HOLDFAST_GUARDIAN: 'x' });
  const below = commandEnvironment({ ...above, HOLDFAST_URL: '/locks' }, ['HOLDFAST_URL'], TOLD);
  expect(below).toStrictEqual({
    ...KEPT,
    HOLDFAST_URL: '/locks',
    HOLDFAST_WITHHELD: 'HOLDFAST_SFTP_PASSWORD,HOLDFAST_GUARDIAN',
  });
});
