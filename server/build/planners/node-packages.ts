/** Which package manager installs a Node application, and how. Pure. */
import { dependsOn, type PackageJson } from '#server/build/planners/package-json.ts';
import type { RepositoryListing } from '#server/build/planners/types.ts';

export interface PackageInstall {
  name: 'npm' | 'pnpm' | 'yarn';
  /** For the list of findings: "npm ci". */
  found: string;
  /** Gets the package manager itself; null for npm. */
  setup: string | null;
  command: string;
  /** Runs a script of package.json. */
  run: (script: string) => string;
  /** Leaves what production needs. */
  prune: string | null;
  caches: readonly string[];
  /** Files that the install reads; with `everything` it needs the whole source. */
  needs: readonly string[] | 'everything';
}

const pinned = (json: PackageJson, name: string): string | null =>
  new RegExp(`^${name}@(\\d+\\.\\d+\\.\\d+)(?:\\+|$)`).exec(json.packageManager ?? '')?.[1] ?? null;

/** Workspaces, local packages and install scripts read files that are not known here. */
function needsEverything(json: PackageJson, files: RepositoryListing): boolean {
  const scripts = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
  return (
    json.workspaces !== undefined ||
    files.paths.includes('pnpm-workspace.yaml') ||
    files.paths.some((path) => path.startsWith('.yarn/') || path.startsWith('patches/')) ||
    scripts.some((script) => Object.hasOwn(json.scripts, script)) ||
    [...Object.values(json.dependencies), ...Object.values(json.devDependencies)].some((version) =>
      /^(?:file|link|workspace|portal):/.test(version),
    )
  );
}

function pnpm(json: PackageJson, files: RepositoryListing): Omit<PackageInstall, 'needs'> {
  const lockfile = /^lockfileVersion:\s*'?(\d+)/m.exec(files.read('pnpm-lock.yaml') ?? '')?.[1];
  const version = pinned(json, 'pnpm') ?? { '5': '7', '6': '8' }[lockfile ?? ''] ?? '10';
  return {
    name: 'pnpm',
    found: 'pnpm install (pnpm-lock.yaml)',
    setup: `npm install --global pnpm@${version}`,
    command: 'pnpm install --frozen-lockfile --store-dir /pnpm/store',
    run: (script) => `pnpm run ${script}`,
    prune: 'CI=true pnpm prune --prod',
    caches: ['/root/.npm', '/pnpm/store'],
  };
}

function yarn(json: PackageJson, files: RepositoryListing): Omit<PackageInstall, 'needs'> {
  const run = (script: string): string => `yarn run ${script}`;
  if (files.read('yarn.lock')?.includes('# yarn lockfile v1') ?? true) {
    return {
      name: 'yarn',
      found: 'yarn install (yarn.lock)',
      setup: `npm install --global yarn@${pinned(json, 'yarn') ?? '1.22.22'}`,
      command: 'yarn install --frozen-lockfile --non-interactive --cache-folder /yarn/cache',
      run,
      prune: 'yarn install --frozen-lockfile --non-interactive --cache-folder /yarn/cache --production',
      caches: ['/root/.npm', '/yarn/cache'],
    };
  }
  return {
    name: 'yarn',
    found: 'yarn install (yarn.lock, Yarn 2 or newer)',
    setup: `npm install --global @yarnpkg/cli-dist@${pinned(json, 'yarn') ?? '4'}`,
    command: 'YARN_ENABLE_GLOBAL_CACHE=false YARN_NODE_LINKER=node-modules yarn install --immutable',
    run: (script) => `YARN_NODE_LINKER=node-modules ${run(script)}`,
    prune: null,
    caches: ['/root/.npm'],
  };
}

function npm(files: RepositoryListing): Omit<PackageInstall, 'needs'> {
  const lockfile = ['npm-shrinkwrap.json', 'package-lock.json'].find((name) => files.paths.includes(name));
  return {
    name: 'npm',
    found: lockfile ? `npm ci (${lockfile})` : 'npm install (no lockfile: versions may change between builds)',
    setup: null,
    command: `npm ${lockfile ? 'ci' : 'install'} --no-audit --no-fund`,
    run: (script) => `npm run ${script}`,
    prune: 'npm prune --omit=dev --no-audit --no-fund',
    caches: ['/root/.npm'],
  };
}

const readByInstall = new Set([
  'package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', '.npmrc', '.yarnrc', '.yarnrc.yml', '.pnpmfile.cjs',
]); // prettier-ignore

/** The package manager by lockfile, else by the `packageManager` field, else npm. */
export function packageInstall(json: PackageJson, files: RepositoryListing): PackageInstall {
  const has = (name: string): boolean => files.paths.includes(name);
  const named = /^(npm|pnpm|yarn)@/.exec(json.packageManager ?? '')?.[1];
  const isPnpm = has('pnpm-lock.yaml') || (named === 'pnpm' && !has('package-lock.json'));
  const isYarn = has('yarn.lock') || (named === 'yarn' && !has('package-lock.json'));
  const manager = isPnpm ? pnpm(json, files) : isYarn ? yarn(json, files) : npm(files);
  const isPrisma = dependsOn(json, '@prisma/client');
  const needs =
    isPrisma || needsEverything(json, files) ? 'everything' : files.paths.filter((path) => readByInstall.has(path));
  return { ...manager, needs };
}
