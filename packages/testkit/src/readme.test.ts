import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { diagram, explore, type ActorScript } from './index.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The first block of code of `language` behind `heading`. */
function block(heading: string, language: string): string {
  const part = readme.slice(readme.indexOf(`\n## ${heading}\n`));
  const start = part.indexOf(`\`\`\`${language}\n`) + language.length + 4;
  return part.slice(start, part.indexOf('```', start));
}

test('the README shows how to test your own code by a test that is run, in some thirty lines', () => {
  const shown = block('Testing your own code', 'ts');
  expect(shown).toBe(readFileSync(new URL('your-own-code.test.ts', import.meta.url), 'utf8'));
  expect(shown.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(36);
});

test('the README shows the diagram that its example comes to', async () => {
  const contender: ActorScript = async ({ vfs, granted, step }) => {
    if ((await vfs.ls('/')).length > 0) return;
    await vfs.mkdir('/lock', { recursive: true });
    const hold = { held: true };
    granted(hold);
    await step('work');
    hold.held = false;
    await vfs.rm('/lock');
  };
  const scenario = { name: 'my lock', tickMs: 50, ticks: 2, actors: { A: contender, B: contender } };
  const { violation } = await explore(scenario, { faults: 0 });
  expect(violation && `${diagram(violation)}\n`).toBe(block('Interleaving explorer', 'text'));
});
