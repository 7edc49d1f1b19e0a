import { expect, it } from 'vitest';
import { defaultPlace } from './default-place.js';

it('keeps the locks of a user in the state folder of the platform', () => {
  expect(defaultPlace({}, 'linux', '/home/u')).toBe('/home/u/.local/state/holdfast/locks');
  expect(defaultPlace({ XDG_STATE_HOME: '/var/s' }, 'linux', '/home/u')).toBe('/var/s/holdfast/locks');
  expect(defaultPlace({ XDG_STATE_HOME: '/var/s' }, 'darwin', '/Users/u')).toBe(
    '/Users/u/Library/Application Support/holdfast/locks',
  );
  expect(defaultPlace({ LOCALAPPDATA: '/data' }, 'win32', '/u')).toBe('/data/holdfast/locks');
  expect(defaultPlace({}, 'win32', '/u')).toBe('/u/AppData/Local/holdfast/locks');
});

it('ignores a state folder that is not absolute, as its specification asks', () => {
  expect(defaultPlace({ XDG_STATE_HOME: 'state' }, 'linux', '/home/u')).toBe(
    '/home/u/.local/state/holdfast/locks',
  );
  expect(defaultPlace({ XDG_STATE_HOME: '' }, 'linux', '/home/u')).toBe(
    '/home/u/.local/state/holdfast/locks',
  );
});
