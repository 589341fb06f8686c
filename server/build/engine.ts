/**
 * BuildEngine over the Engine API. The context goes up in one request while another one carries the progress; closing
 * that one cancels the build. Each build has a random label: its control group, its images and its end are found by it.
 */
import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { ensureBuilder, isWhole } from '#server/build/builder-engine.ts';
import {
  builderPaths,
  readBuilderStatus,
  readInstallation,
  type BuilderConfig,
  type BuilderPaths,
  type BuilderStatus,
} from '#server/build/builder-paths.ts';
import { labelArgument } from '#server/build/builder-runc.ts';
import { findCgroups, type Cgroups } from '#server/build/cgroup.ts';
import { contextFolder, ContextProblem, packContext, readDockerfile } from '#server/build/context.ts';
import { prepareDockerfile } from '#server/build/dockerfile.ts';
import { builderRefusal, machineRefusal } from '#server/build/disk-room.ts';
import { explain, limitFailure, type BuildFailure } from '#server/build/failures.ts';
import { createLeftovers, workLabel, buildLabel, type Leftovers } from '#server/build/leftovers.ts';
import { createLimitWatcher, type LimitHit, type LimitWatcher } from '#server/build/limits.ts';
import { TraceReader } from '#server/build/trace.ts';
import { transferImage } from '#server/build/transfer.ts';
import type { BuildEngine, BuildEvent, BuildRequest, BuildResult } from '#server/build/types.ts';
import { AppError } from '#server/errors.ts';
import { Engine } from '#server/runtime/docker/engine.ts';
import { label as ownLabel } from '#server/runtime/docker/labels.ts';

const mib = 1024 ** 2;
const pruneLimitMs = 60_000;
const messageSchema = z.object({
  id: z.string().optional(),
  aux: z.unknown().optional(),
  error: z.string().optional(),
});
const idSchema = z.object({ ID: z.string() });
const imageSchema = z.object({
  Size: z.number(),
  Config: z.object({ ExposedPorts: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});

/** What a connection to the builder of this moment consists of. */
interface Builder {
  installationId: string;
  paths: BuilderPaths;
  status: BuilderStatus;
  engine: Engine;
  cgroups: Cgroups | null;
  limits: LimitWatcher;
  leftovers: Leftovers;
}

async function connect(config: BuilderConfig): Promise<Builder> {
  const { id: installationId, tag } = await readInstallation(config.stateDir);
  const paths = builderPaths(config.stateDir, tag);
  const status = await readBuilderStatus(paths);
  const engine = new Engine(status.socket);
  const cgroups = status.limits ? await findCgroups() : null;
  const leftovers = createLeftovers(engine, cgroups, `${paths.cgroup}/builds`);
  const prune = (): Promise<void> => leftovers.prune(AbortSignal.timeout(pruneLimitMs));
  return {
    installationId,
    paths,
    status,
    engine,
    cgroups,
    leftovers,
    limits: createLimitWatcher(paths, status, cgroups, prune),
  };
}

/** Arguments of tenants that would steer the builder itself are left out. */
function buildArguments(request: BuildRequest, label: string, namespace: string): Record<string, string> {
  const given = Object.entries(request.buildArgs).filter(([name]) => !/^(no_proxy|BUILDKIT_.*)$/i.test(name));
  return { ...Object.fromEntries(given), no_proxy: labelArgument(label), BUILDKIT_CACHE_MOUNT_NS: namespace };
}

function query(builder: Builder, request: BuildRequest, dockerfile: string, label: string): Record<string, string> {
  const namespace = createHash('sha256').update(request.cacheNamespace).digest('hex').slice(0, 32);
  return {
    version: '2',
    buildid: label,
    remote: 'upload-request',
    dockerfile,
    ...(request.plan.target === '' ? {} : { target: request.plan.target }),
    buildargs: JSON.stringify(buildArguments(request, label, namespace)),
    labels: JSON.stringify({
      [workLabel]: request.workId,
      [buildLabel]: label,
      [ownLabel.installation]: builder.installationId,
    }),
    // Enters the key of every RUN: tenants do not share layers that commands made.
    extrahosts: `slipway-cache-${namespace}:127.0.0.1`,
    networkmode: 'default',
  };
}

interface Outcome {
  imageId: string | null;
  error: string | null;
}

/** Reads the JSON lines of a build to their end. */
async function follow(answer: AsyncIterable<Buffer>, trace: TraceReader): Promise<Outcome> {
  const outcome: Outcome = { imageId: null, error: null };
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of answer) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const message = messageSchema.parse(JSON.parse(line));
      if (message.error !== undefined) outcome.error = message.error;
      else if (message.id === 'moby.buildkit.trace') trace.read(z.string().parse(message.aux));
      else if (message.id === 'moby.image.id') outcome.imageId = idSchema.parse(message.aux).ID;
    }
  }
  return outcome;
}

type Ending =
  { by: 'itself' } | { by: 'limit'; hit: LimitHit } | { by: 'time' } | { by: 'context'; problem: ContextProblem };

/** One build from the first byte to its last process. */
async function run(
  builder: Builder,
  request: BuildRequest,
  packed: { stream: Readable; dockerfile: string },
  label: string,
  trace: TraceReader,
  signal: AbortSignal,
): Promise<{ outcome: Outcome; ending: Ending }> {
  const { engine, limits } = builder;
  const own = new AbortController();
  const stop = { ending: { by: 'itself' } as Ending };
  const end = (ending: Ending): void => {
    if (stop.ending.by === 'itself') stop.ending = ending;
    own.abort();
  };
  const timer = setTimeout(() => end({ by: 'time' }), request.limits.timeoutMs);
  const all = AbortSignal.any([signal, own.signal]);
  limits.add(label, (hit) => end({ by: 'limit', hit }));
  const outcome: Outcome = { imageId: null, error: null };
  // When the upload breaks the engine notices, and the build says so: only a problem of the source ends it from here.
  engine
    .act({ method: 'POST', path: '/build', query: { version: '2', buildid: `upload-request:${label}` }, content: { type: 'application/x-tar', data: packed.stream }, timeoutMs: request.limits.timeoutMs, signal: all })
    .catch(() => {
      const problem = packed.stream.errored;
      if (problem instanceof ContextProblem) end({ by: 'context', problem });
    });
  try {
    const answer = await engine.stream({ method: 'POST', path: '/build', query: query(builder, request, packed.dockerfile, label), timeoutMs: request.limits.timeoutMs, signal: all });
    if (!answer) throw new AppError('unavailable', 'The build engine does not know how to build.');
    Object.assign(outcome, await follow(answer, trace));
  } catch (error) {
    if (signal.aborted || stop.ending.by === 'itself') throw error;
  } finally {
    clearTimeout(timer);
    own.abort(); // an upload that nobody reads
    const hit = await limits.remove(label);
    if (hit && stop.ending.by === 'itself' && outcome.error !== null) stop.ending = { by: 'limit', hit };
  }
  return { outcome, ending: stop.ending };
} // prettier-ignore

async function checkImage(builder: Builder, request: BuildRequest, imageId: string, signal: AbortSignal): Promise<BuildResult> {
  const found = await builder.engine.json(imageSchema, { method: 'GET', path: `/images/${encodeURIComponent(imageId)}/json`, signal });
  if (!found) throw new AppError('unavailable', 'The build engine lost the image that it had just built.');
  if (found.Size > request.limits.imageBytes) {
    await builder.leftovers.discard(request.workId, signal);
    return {
      kind: 'failed', code: 'image_too_large',
      message: `The image has ${String(Math.ceil(found.Size / mib))} MiB; the limit is ${String(Math.floor(request.limits.imageBytes / mib))} MiB.`,
      advice: 'Build in one stage and copy only the result into the last, and list what the build does not need in .dockerignore.',
    };
  }
  const exposedPorts = Object.keys(found.Config?.ExposedPorts ?? {})
    .filter((port) => port.endsWith('/tcp'))
    .map((port) => Number.parseInt(port, 10));
  return { kind: 'built', imageId, sizeBytes: found.Size, exposedPorts };
} // prettier-ignore

async function prepare(
  builder: Builder,
  config: BuilderConfig,
  request: BuildRequest,
): Promise<{ stream: Readable; dockerfile: string } | BuildFailure> {
  const { plan } = request;
  const source = path.join(config.stateDir, 'work', request.workId);
  try {
    const folder = await contextFolder(source, plan.context);
    const own = plan.dockerfile.kind === 'repository' ? await readDockerfile(source, plan.dockerfile.path) : null;
    const text = plan.dockerfile.kind === 'rendered' ? plan.dockerfile.text : (own?.text ?? '');
    const modern = Number.parseInt(builder.status.version, 10) >= 23;
    const prepared = prepareDockerfile(text, { modern });
    if (prepared.kind === 'refused')
      return { kind: 'failed', code: 'dockerfile_unsupported', message: prepared.message, advice: prepared.advice };
    return await packContext(folder, { text: prepared.text, file: own?.file ?? null });
  } catch (error) {
    if (!(error instanceof ContextProblem)) throw error;
    return { kind: 'failed', code: error.code, message: error.message, advice: error.advice };
  }
}

/** Nothing is opened before the first call; a builder that was started meanwhile is found by then. */
export function createBuildEngine(config: BuilderConfig): BuildEngine {
  let connected: Promise<Builder> | null = null;
  const runtime = { engine: new Engine(config.SLIPWAY_DOCKER_SOCKET), known: new Map<string, readonly string[]>() };
  const builderOf = (): Promise<Builder> => {
    connected ??= connect(config).catch((error: unknown) => {
      connected = null;
      throw error;
    });
    return connected;
  };
  /** Before each build: a builder that died, or lost its rules, is brought back first. */
  const wholeBuilder = async (signal: AbortSignal): Promise<Builder> => {
    const present = await builderOf().catch(() => null);
    if (present && (await isWhole(present.paths, present.status, signal))) return present;
    await ensureBuilder(config, signal);
    connected = null;
    return builderOf();
  };

  async function build(request: BuildRequest, onEvent: (event: BuildEvent) => void, signal: AbortSignal): Promise<BuildResult> {
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
    const builder = await wholeBuilder(signal);
    const packed = await prepare(builder, config, request);
    if ('kind' in packed) return packed;
    const label = randomBytes(16).toString('hex');
    const trace = new TraceReader(onEvent);
    const full = (await machineRefusal(runtime.engine, config.stateDir, signal)) ?? (await builderRefusal(builder, signal));
    if (full) return full;
    await builder.leftovers.begin(label, request);
    let kept = false;
    try {
      const { outcome, ending } = await run(builder, request, packed, label, trace, signal);
      trace.end(new Date().toISOString());
      if (ending.by === 'context') return { kind: 'failed', code: ending.problem.code, message: ending.problem.message, advice: ending.problem.advice };
      if (ending.by !== 'itself') return limitFailure(ending.by === 'time' ? 'build_timeout' : ending.hit, request.limits);
      if (outcome.imageId !== null) {
        const result = await checkImage(builder, request, outcome.imageId, signal);
        kept = result.kind === 'built';
        return result;
      }
      if (outcome.error === null) throw new AppError('unavailable', 'The build engine went away.');
      // While layers are packed the engine writes, not a step, so that only its error tells.
      if (outcome.error.includes('no space left on device') && (await builder.limits.isDiskLow()))
        return limitFailure('build_disk_full', request.limits);
      if (builder.leftovers.wasDisturbed(label) && /context canceled|exit code: 137/.test(outcome.error))
        throw new AppError('unavailable', 'A step shared with another build ended with that build.');
      return explain(outcome.error, trace.failed);
    } finally {
      trace.end(new Date().toISOString());
      await builder.leftovers.end(label, kept);
    }
  } // prettier-ignore

  return {
    build,
    async store(imageId, reference, signal) {
      const builder = await builderOf();
      const dataRoot = builder.status.separate ? builder.paths.data : null;
      await transferImage({ engine: builder.engine, dataRoot }, runtime, imageId, reference, signal);
    },
    async discard(workId, signal) {
      const builder = await builderOf();
      await builder.leftovers.discard(workId, signal);
    },
  };
}
