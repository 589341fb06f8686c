/** The version of what runs: a hash of the sources, so that a build happens once per change and never for a touched file. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

const parts = ['app', 'server', 'worker', 'cli/bootstrap', 'cli/platform', 'cli/supervisor', 'drizzle', 'public', 'package-lock.json', 'package.json', 'next.config.mjs', 'postcss.config.mjs', 'proxy.ts', 'instrumentation.ts', 'tsconfig.json']; // prettier-ignore
const ignored = /\.(test|fixture)\.tsx?$|\/node_modules\/|\.tsbuildinfo$/;

function* filesBelow(root: string, relative: string): Generator<string> {
  const stat = statSync(path.join(root, relative), { throwIfNoEntry: false });
  if (stat?.isFile()) yield relative;
  if (!stat?.isDirectory()) return;
  for (const name of readdirSync(path.join(root, relative)).sort()) yield* filesBelow(root, `${relative}/${name}`);
}

/** 16 hex digits over names and contents of everything that the processes are made from; tests do not count. */
export function sourceVersion(root: string): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    for (const file of filesBelow(root, part)) {
      if (ignored.test(file)) continue;
      const content = readFileSync(path.join(root, file));
      hash.update(`${file}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex').slice(0, 16);
}
