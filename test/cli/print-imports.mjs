// `node --import this`: prints to stderr what is imported, one specifier a line, each after `import: `.
import { register } from 'node:module';

const HOOKS = `
  import { writeSync } from 'node:fs';
  export async function resolve(specifier, context, next) {
    writeSync(2, 'import: ' + specifier + '\\n');
    return next(specifier, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);
