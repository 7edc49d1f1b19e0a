import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Writes to the file `REPORT` what verdict.mjs judges by: the standard output is the tests' own. */
export class Reporter {
  onTestRunEnd(modules, unhandled) {
    const all = modules.flatMap((module) => [...module.children.allTests()].map((test) => [module, test]));
    const report = {
      tests: all.filter(([, test]) => ['passed', 'failed'].includes(test.result().state)).length,
      failed: all
        .filter(([, test]) => test.result().state === 'failed')
        .map(([module, { fullName }]) => ({ file: basename(module.moduleId), name: fullName })),
      unloaded: modules.flatMap((module) =>
        module.errors().map(({ message }) => ({ file: basename(module.moduleId), message })),
      ),
      unhandled: unhandled.map(({ message, stack = '' }) => ({ message, stack })),
    };
    writeFileSync(process.env.REPORT, JSON.stringify(report));
  }
}
