/** A builder of its own for tests: own state folder, own tag, and a small base image of this machine's programs. */
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBuilder, stopBuilder } from '#server/build/builder-engine.ts';
import { builderPaths, type BuilderConfig, type BuilderPaths } from '#server/build/builder-paths.ts';
import type { BuildRequest } from '#server/build/types.ts';
import { execOk } from '#server/exec.ts';
import { Engine } from '#server/runtime/docker/engine.ts';

export interface TestBuilder {
  config: BuilderConfig;
  paths: BuilderPaths;
  /** The builder's own engine, to look at what it holds. */
  engine: Engine;
  /** Writes source and answers a request for it; each call is another work id and reference. */
  request(dockerfile: string, change?: Partial<BuildRequest>, files?: Record<string, string>): Promise<BuildRequest>;
  remove(): Promise<void>;
}

const programs = [
  'sh',
  'dd',
  'sleep',
  'env',
  'cat',
  'ls',
  'seq',
  'mkdir',
  'touch',
  'true',
  'false',
  'rm',
  'setsid',
  'id',
  'fallocate',
];
const tag = (): string => [...randomBytes(4)].map((byte) => (byte % 36).toString(36)).join('');

/** Name of the base image; it has a shell, a few programs and Node. */
export const testBase = 'slipway-test-base:1';

/** @param folder scratch space */
export async function importBase(engine: Engine, folder: string): Promise<void> {
  const root = path.join(folder, 'base');
  await mkdir(path.join(root, 'usr/bin'), { recursive: true });
  const add = async (file: string, target: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, target)), { recursive: true });
    await cp(await realpath(file), path.join(root, target));
  };
  const files = [...(await Promise.all(programs.map(async (name) => (await execOk('which', [name])).stdout.trim()))), process.execPath];
  for (const file of files) {
    await add(file, path.join('usr/bin', path.basename(file)));
    const libraries = (await execOk('ldd', [file])).stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm);
    for (const [, library = ''] of libraries) await add(library, library);
  }
  for (const folderName of ['tmp', 'proc', 'sys', 'dev', 'etc', 'root']) await mkdir(path.join(root, folderName), { recursive: true });
  await symlink('usr/bin', path.join(root, 'bin'));
  await cp('/etc/ssl/certs/ca-certificates.crt', path.join(root, 'etc/ca.crt'));
  const archive = path.join(folder, 'base.tar');
  await execOk('tar', ['-C', root, '-cf', archive, '.']);
  const [repo = '', version = ''] = testBase.split(':');
  const changes = ['ENV PATH=/usr/bin NODE_EXTRA_CA_CERTS=/etc/ca.crt', 'CMD ["sh"]'].join('\n');
  const content = { type: 'application/x-tar', data: createReadStream(archive) };
  const done = await engine.act({ method: 'POST', path: '/images/create', query: { fromSrc: '-', repo, tag: version, changes }, content, signal: AbortSignal.timeout(60_000) });
  if (!done) throw new Error('the test base was not imported');
  await rm(root, { recursive: true, force: true });
  await rm(archive, { force: true });
} // prettier-ignore

export async function startTestBuilder(settings: { diskGib: number; memoryMib: number }): Promise<TestBuilder> {
  const stateDir = await mkdtemp(path.join(tmpdir(), 'slwb-'));
  const config: BuilderConfig = {
    stateDir,
    SLIPWAY_BASE_CACHE: path.resolve('node_modules/.cache/slipway/base'),
    SLIPWAY_DOCKER_SOCKET: '/var/run/docker.sock',
    SLIPWAY_BUILD_MEMORY_MIB: settings.memoryMib,
    SLIPWAY_BUILD_DISK_GIB: settings.diskGib,
  };
  const installation = { id: 'inst_test', tag: tag() };
  await writeFile(path.join(stateDir, 'installation'), JSON.stringify(installation));
  await ensureBuilder(config, AbortSignal.timeout(60_000));
  const paths = builderPaths(stateDir, installation.tag);
  const engine = new Engine(paths.socket);
  await importBase(engine, stateDir);
  let count = 0;
  return {
    config, paths, engine,
    async request(dockerfile, change = {}, files = {}) {
      count += 1;
      const workId = `rel_${String(count)}/cmp_1`;
      for (const [name, text] of Object.entries({ Dockerfile: dockerfile, ...files })) {
        const file = path.join(stateDir, 'work', workId, name);
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, text);
      }
      return {
        workId,
        cacheNamespace: 'organization-one',
        plan: { planner: 'dockerfile', found: [], dockerfile: { kind: 'repository', path: 'Dockerfile' }, context: '.', target: '', port: null, command: null },
        buildArgs: {},
        reference: `slipway/${randomBytes(16).toString('hex')}:1`,
        limits: { memoryMib: 256, cpuMillis: 2000, processes: 256, timeoutMs: 60_000, imageBytes: 2e9 },
        ...change,
      };
    },
    async remove() {
      await engine.close();
      await stopBuilder(config);
      await rm(stateDir, { recursive: true, force: true });
    },
  };
} // prettier-ignore
