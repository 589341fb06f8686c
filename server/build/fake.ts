/** BuildEngine in memory, played from a script: release tests run whole builds with it, in order, slow, failing or away. */
import { createHash } from 'node:crypto';
import { systemClock, type Clock } from '#server/clock.ts';
import { AppError } from '#server/errors.ts';
import type { BuildEngine, BuildEvent, BuildRequest, BuildResult, BuiltImage } from '#server/build/types.ts';

/** How one build plays. Everything left out is a build that succeeds at once. */
export interface FakeBuildScript {
  /** Steps in order, each with its lines. */
  steps?: readonly { name: string; cached?: boolean; lines?: readonly string[] }[];
  /** Time between the last line and the end, by the clock given. */
  takesMs?: number;
  /** What the build ends with instead of an image. */
  failure?: Extract<BuildResult, { kind: 'failed' }>;
  image?: Partial<BuiltImage>;
  /** The engine is away: the build throws `unavailable`. */
  away?: boolean;
}

export interface FakeBuildEngine extends BuildEngine {
  /** The next builds whose work id ends with the component id play this; without it they succeed. */
  script(componentId: string, script: FakeBuildScript): void;
  /** Work ids of every build that began, in order. */
  readonly begun: readonly string[];
  readonly discarded: readonly string[];
  /** Work ids of builds that run now. */
  readonly running: ReadonlySet<string>;
  /** Runtime reference → image id. */
  readonly stored: ReadonlyMap<string, string>;
  /** Image ids that the builder holds → work id. */
  readonly images: ReadonlyMap<string, string>;
  /** Makes `store` throw `unavailable` this many times. */
  failStores(times: number): void;
}

const isoNow = (clock: Clock): string => clock.now().toISOString();

function play(script: FakeBuildScript, clock: Clock, onEvent: (event: BuildEvent) => void): void {
  const steps = script.steps ?? [{ name: '[1/1] FROM scratch', cached: true }];
  for (const [index, step] of steps.entries()) {
    const id = `step-${String(index + 1)}`;
    const isLast = index === steps.length - 1;
    onEvent({ kind: 'step', id, name: step.name, state: 'started', at: isoNow(clock) });
    for (const text of step.lines ?? []) onEvent({ kind: 'line', stream: 'stdout', text, at: isoNow(clock) });
    const ended = script.failure && isLast ? 'failed' : step.cached ? 'cached' : 'done';
    onEvent({ kind: 'step', id, name: step.name, state: ended, at: isoNow(clock) });
  }
}

/**
 * @param onStored called when an image arrives in the runtime engine, so that a fake artifact store can know it.
 */
export function createFakeBuildEngine(
  options: { clock?: Clock; onStored?: (reference: string, image: BuiltImage) => void } = {},
): FakeBuildEngine {
  const clock = options.clock ?? systemClock;
  const scripts = new Map<string, FakeBuildScript>();
  const begun: string[] = [];
  const discarded: string[] = [];
  const running = new Set<string>();
  const stored = new Map<string, string>();
  const images = new Map<string, string>();
  const built = new Map<string, BuiltImage>();
  let storesToFail = 0;

  const stopIfAborted = (signal: AbortSignal): void => {
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
  };

  async function build(
    request: BuildRequest,
    onEvent: (event: BuildEvent) => void,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    stopIfAborted(signal);
    const script = scripts.get(request.workId.split('/').at(-1) ?? '') ?? {};
    begun.push(request.workId);
    if (script.away) throw new AppError('unavailable', 'The build engine does not answer.');
    running.add(request.workId);
    try {
      play(script, clock, onEvent);
      if (script.takesMs !== undefined) await clock.sleep(script.takesMs, signal).catch(() => undefined);
      stopIfAborted(signal);
      if (script.failure) return script.failure;
      const imageId = `sha256:${createHash('sha256')
        .update(JSON.stringify([request.workId, request.plan, request.buildArgs]))
        .digest('hex')}`;
      const image = { imageId, sizeBytes: 1_000_000, exposedPorts: [], ...script.image };
      images.set(image.imageId, request.workId);
      built.set(image.imageId, image);
      return { kind: 'built', ...image };
    } finally {
      running.delete(request.workId);
    }
  }

  async function store(imageId: string, reference: string, signal: AbortSignal): Promise<void> {
    stopIfAborted(signal);
    if (storesToFail > 0) {
      storesToFail -= 1;
      throw new AppError('unavailable', 'The runtime engine does not answer.');
    }
    if (stored.get(reference) === imageId) return;
    const image = built.get(imageId);
    if (!image || !images.has(imageId)) throw new AppError('not_found', 'The image is no longer in the builder.');
    stored.set(reference, imageId);
    options.onStored?.(reference, image);
  }

  async function discard(workId: string): Promise<void> {
    discarded.push(workId);
    for (const [imageId, owner] of images) if (owner === workId) images.delete(imageId);
  }

  return {
    build, store, discard, begun, discarded, running, stored, images,
    script: (componentId, script) => void scripts.set(componentId, script),
    failStores: (times) => { storesToFail = times; },
  }; // prettier-ignore
}
