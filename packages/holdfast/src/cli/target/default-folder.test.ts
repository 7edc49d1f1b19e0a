import { expect, it } from 'vitest';
import { UsageError } from '../failure.js';
import { defaultFolder } from './default-folder.js';

const locks = (...given: Parameters<typeof defaultFolder>): string => defaultFolder(...given).own[1];

it('keeps the locks of a user in the state folder of the platform', () => {
  expect(locks({}, 'linux', '/home/u')).toBe('/home/u/.local/state/holdfast/locks');
  expect(locks({ XDG_STATE_HOME: '' }, 'linux', '/home/u')).toBe('/home/u/.local/state/holdfast/locks');
  expect(locks({ XDG_STATE_HOME: '/var/s' }, 'linux', '/home/u')).toBe('/var/s/holdfast/locks');
  expect(locks({ XDG_STATE_HOME: '/var/s' }, 'darwin', '/Users/u')).toBe(
    '/Users/u/Library/Application Support/holdfast/locks',
  );
  expect(locks({ LOCALAPPDATA: '/data' }, 'win32', '/u')).toBe('/data/holdfast/locks');
  expect(locks({}, 'win32', '/u')).toBe('/u/AppData/Local/holdfast/locks');
});

it('refuses a state folder that is not absolute, for another one would be taken in its place', () => {
  expect(() => defaultFolder({ XDG_STATE_HOME: 'state' }, 'linux', '/home/u')).toThrow(UsageError);
});
