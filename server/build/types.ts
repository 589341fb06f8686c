/**
 * Port: BuildEngine. Turns a plan and a folder of source into an image. A failed build is data with a reason; a broken
 * engine is an exception that retries.
 */
import type { FailureCode } from '#server/domain/release.ts';

/** What a planner decides, as data; `server/build/render.ts` turns it into a Dockerfile. */
export interface BuildPlan {
  planner: 'dockerfile' | 'node' | 'python' | 'static';
  /** What was found, one line each: "Node 24 (engines)", "npm ci", "listens on 3000 (framework default)". */
  found: readonly string[];
  /** The repository's own file, or the rendered text. */
  dockerfile: { kind: 'repository'; path: string } | { kind: 'rendered'; text: string };
  /** Relative to the source folder. */
  context: string;
  target: string;
  /** Port that the application is expected to listen on when no setting says so. */
  port: number | null;
  /** Start command for an image whose own is not to be used; null keeps the image's. */
  command: string | null;
  /** Hooks that the Procfile names; the settings come first. */
  hooks?: { postdeploy: string | null; firstDeploy: string | null } | undefined;
}

export type BuildEvent =
  | { kind: 'step'; id: string; name: string; state: 'started' | 'cached' | 'done' | 'failed'; at: string }
  | { kind: 'line'; stream: 'stdout' | 'stderr'; text: string; at: string };

export interface BuildRequest {
  /** `<releaseId>/<componentId>`: names the source folder below `<state>/work` and labels everything that the build makes. */
  workId: string;
  /** Random per organization: separates the layer cache and the cache mounts of tenants. */
  cacheNamespace: string;
  plan: BuildPlan;
  /** Values of variables with use build or both. They are visible in the image's history: never secrets. */
  buildArgs: Record<string, string>;
  /** The name that the finished image gets in the runtime engine: `slipway/<128 random bits, hex>:1`. */
  reference: string;
  limits: { memoryMib: number; cpuMillis: number; processes: number; timeoutMs: number; imageBytes: number };
}
export interface BuiltImage {
  imageId: string;
  sizeBytes: number;
  exposedPorts: number[];
}
export type BuildResult =
  ({ kind: 'built' } & BuiltImage) | { kind: 'failed'; code: FailureCode; message: string; advice: string };

export interface BuildEngine {
  /**
   * Builds; calls `onEvent` for each step and line as they come. Aborting the signal ends every process of the build.
   * The image is left in the builder. @throws AppError unavailable when the engine is away, aborted.
   */
  build(request: BuildRequest, onEvent: (event: BuildEvent) => void, signal: AbortSignal): Promise<BuildResult>;
  /** Brings the image into the runtime engine under its reference; safe to repeat. @throws AppError unavailable */
  store(imageId: string, reference: string, signal: AbortSignal): Promise<void>;
  /** Removes what builds of this work id left in the builder: images without an owner, processes. Safe to repeat. */
  discard(workId: string, signal: AbortSignal): Promise<void>;
}
