/** Base images in the builder, under their official names: pulled where a registry answers, made here where none does. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { request } from 'undici';
import * as z from 'zod';
import {
  baseLabel, debianArguments, debianName, findPrivateTrust, recipes, recipeVersion,
  type BaseRecipe, type PrivateTrust,
} from '#server/build/base-recipes.ts'; // prettier-ignore
import { cacheFile, keepBaseImages, loadBaseImages } from '#server/build/base-cache.ts';
import { builderPaths, readBuilderStatus, readInstallation, type BuilderConfig } from '#server/build/builder-paths.ts';
import { createBuildEngine } from '#server/build/engine.ts';
import type { BuildEngine } from '#server/build/types.ts';
import { AppError } from '#server/errors.ts';
import { execOk } from '#server/exec.ts';
import { Engine } from '#server/runtime/docker/engine.ts';

export interface BaseImage {
  name: string;
  how: 'present' | 'pulled' | 'made';
  /** Why it could not be had; only the first one, Debian, is needed by all others. */
  problem: string | null;
}

const imageSchema = z.object({
  RepoDigests: z.array(z.string()).nullish(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});
const registryUrl = 'https://registry-1.docker.io/v2/';
const limits = { memoryMib: 1024, cpuMillis: 4000, processes: 2048, timeoutMs: 300_000, imageBytes: 4e9 };

interface Workshop {
  engine: Engine;
  builds: BuildEngine;
  folder: string;
  /** `<state>/work/platform`: contexts of base images. */
  work: string;
  trust: PrivateTrust | null;
  onProgress: (line: string) => void;
  signal: AbortSignal;
}

async function isPresent({ engine, signal }: Workshop, name: string, version: string): Promise<boolean> {
  const found = await engine.json(imageSchema, { method: 'GET', path: `/images/${encodeURIComponent(name)}/json`, signal }); // prettier-ignore
  if (!found) return false;
  return (found.RepoDigests?.length ?? 0) > 0 || found.Config?.Labels?.[baseLabel] === version;
}

async function registryAnswers(signal: AbortSignal): Promise<boolean> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(3000)]);
    const { statusCode, body } = await request(registryUrl, { signal: limit });
    await body.dump();
    return statusCode === 200 || statusCode === 401;
  } catch {
    return false;
  }
}

async function pull({ engine, signal }: Workshop, name: string): Promise<boolean> {
  const [fromImage = '', tag = 'latest'] = name.split(':');
  const answer = await engine.stream({ method: 'POST', path: '/images/create', query: { fromImage, tag }, timeoutMs: 600_000, signal }).catch(() => null); // prettier-ignore
  let text = '';
  for await (const chunk of answer ?? []) text = (text + chunk.toString('utf8')).slice(-4000);
  return text !== '' && !text.includes('"errorDetail"');
}

const tag = ({ engine, signal }: Workshop, imageId: string, name: string): Promise<boolean> => {
  const [repo = '', version = 'latest'] = name.split(':');
  return engine.act({ method: 'POST', path: `/images/${encodeURIComponent(imageId)}/tag`, query: { repo, tag: version }, signal }); // prettier-ignore
};

async function makeDebian(workshop: Workshop, version: string): Promise<void> {
  const { engine, folder, trust, signal } = workshop;
  const target = path.join(folder, 'debian.tar');
  await execOk('mmdebstrap', debianArguments(target, trust), { signal, timeoutMs: 300_000 });
  const changes = ['CMD ["bash"]', `LABEL ${baseLabel}=${version}`].join('\n');
  const [repo = '', name = ''] = debianName.split(':');
  const content = { type: 'application/x-tar', data: createReadStream(target) };
  const made = await engine.stream({ method: 'POST', path: '/images/create', query: { fromSrc: '-', repo, tag: name, changes }, content, timeoutMs: 300_000, signal }); // prettier-ignore
  let text = '';
  for await (const chunk of made ?? []) text += chunk.toString('utf8');
  if (text.includes('"errorDetail"'))
    throw new AppError('unavailable', 'The base image could not be imported.', { cause: new Error(text) });
  await rm(target, { force: true });
}

/** Brings npm packages into the context; npm checks them against the registry's own digest. */
async function fetchPackages(workshop: Workshop, recipe: BaseRecipe, context: string): Promise<void> {
  const { signal } = workshop;
  await Promise.all(
    recipe.packages.map(async ({ spec, folder }) => {
      const target = await mkdtemp(path.join(workshop.folder, 'npm-'));
      await execOk('npm', ['pack', spec, '--pack-destination', target, '--silent'], { cwd: target, signal, timeoutMs: 240_000 }); // prettier-ignore
      const [archive] = await readdir(target);
      await execOk('tar', ['-xzf', path.join(target, archive ?? ''), '-C', target], { signal });
      await rename(path.join(target, 'package'), path.join(context, folder));
      await rm(target, { recursive: true, force: true });
    }),
  );
}

async function make(workshop: Workshop, recipe: BaseRecipe, version: string, debian: Promise<unknown>): Promise<void> {
  const key = recipe.name.replaceAll(/[^a-z0-9.]+/g, '-');
  const context = path.join(workshop.work, key);
  await rm(context, { recursive: true, force: true });
  await mkdir(context, { recursive: true, mode: 0o700 });
  try {
    await fetchPackages(workshop, recipe, context);
    await debian;
    const text = `${recipe.dockerfile}LABEL ${baseLabel}=${version}\n`;
    const last: string[] = [];
    const result = await workshop.builds.build(
      {
        workId: `platform/${key}`, cacheNamespace: 'platform', buildArgs: {}, reference: '', limits,
        plan: { planner: 'dockerfile', found: [], dockerfile: { kind: 'rendered', text }, context: '.', target: '', port: null, command: null },
      },
      (event) => event.kind === 'line' && last.push(event.text) > 20 && last.shift(),
      workshop.signal,
    ); // prettier-ignore
    if (result.kind === 'failed')
      throw new AppError('unavailable', result.message, { cause: new Error(last.join('\n')) });
    await tag(workshop, result.imageId, recipe.name);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** One image, whichever way; a failure is told and does not stop the others. */
async function provide(
  workshop: Workshop,
  name: string,
  version: string,
  isReachable: () => Promise<boolean>,
  makeIt: () => Promise<void>,
): Promise<BaseImage> {
  if (await isPresent(workshop, name, version)) return { name, how: 'present', problem: null };
  const since = performance.now();
  try {
    if ((await isReachable()) && (await pull(workshop, name))) {
      workshop.onProgress(`${name} pulled in ${seconds(since)}`);
      return { name, how: 'pulled', problem: null };
    }
    await makeIt();
    workshop.onProgress(`${name} made in ${seconds(since)}`);
    return { name, how: 'made', problem: null };
  } catch (error) {
    if (workshop.signal.aborted || !(error instanceof AppError)) throw error;
    const cause = error.cause instanceof Error ? `: ${error.cause.message.trim().split('\n').at(-1) ?? ''}` : '';
    workshop.onProgress(`${name} could not be made: ${error.message}${cause}`);
    return { name, how: 'made', problem: `${error.message}${cause}` };
  }
}

/**
 * Makes sure that the builder has every base image that planners use. Images of another recipe or another set of trusted
 * authorities are made anew. Answers what was done; an image that could not be had carries its reason.
 * @throws AppError unavailable when the builder does not run, aborted
 */
export async function ensureBaseImages(
  config: BuilderConfig,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<BaseImage[]> {
  const paths = builderPaths(config.stateDir, (await readInstallation(config.stateDir)).tag);
  const status = await readBuilderStatus(paths);
  const folder = path.join(paths.home, 'base');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const work = path.join(config.stateDir, 'work', 'platform');
  const trust = await findPrivateTrust();
  const workshop: Workshop = { engine: new Engine(status.socket), builds: createBuildEngine(config), folder, work, trust, onProgress, signal }; // prettier-ignore
  let answer: Promise<boolean> | null = null;
  const isReachable = (): Promise<boolean> => (answer ??= registryAnswers(signal));
  try {
    const debianVersion = recipeVersion(debianName, trust, '');
    const all = recipes(process.arch === 'arm64' ? 'arm64' : 'x64', trust).map((recipe) => ({ recipe, version: recipeVersion(recipe.name, trust, recipe.dockerfile) })); // prettier-ignore
    const key = createHash('sha256').update([debianVersion, ...all.map(({ version }) => version)].join()).digest('hex'); // prettier-ignore
    const cache = config.SLIPWAY_BASE_CACHE === undefined ? null : cacheFile(config.SLIPWAY_BASE_CACHE, key);
    if (cache !== null && !(await isPresent(workshop, debianName, debianVersion)))
      await loadBaseImages(workshop.engine, cache, signal);
    const debian = provide(workshop, debianName, debianVersion, isReachable, () => makeDebian(workshop, debianVersion));
    const others = all.map(({ recipe, version }) =>
      provide(workshop, recipe.name, version, isReachable, () => make(workshop, recipe, version, debian)),
    );
    const images = await Promise.all([debian, ...others]);
    const isWhole = images.every(({ problem }) => problem === null);
    if (cache !== null && isWhole && images.some(({ how }) => how === 'made'))
      await keepBaseImages(workshop.engine, cache, images.map(({ name }) => name), signal); // prettier-ignore
    return images;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await workshop.engine.close();
  }
}
