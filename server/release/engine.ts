/** What the release engine is made of, and what a step gets and answers. Composition roots build an `Engine`; steps read it. */
import type { FencedRegion, Region } from '#server/agent/types.ts';
import type { BuildRequest } from '#server/build/types.ts';
import type { PlanContext, PlanResult } from '#server/build/planners/types.ts';
import type { Clock } from '#server/clock.ts';
import type { Times } from '#server/config.ts';
import type { Db, Tx } from '#server/db/client.ts';
import type { DatabaseNow } from '#server/db/now.ts';
import type { ReleaseRow } from '#server/db/releases.ts';
import type { regions } from '#server/db/schema/platform.ts';
import type { deployments } from '#server/db/schema/projects.ts';
import type { Lease } from '#server/db/system/leases.ts';
import type { Failure, SnapshotComponent } from '#server/domain/release.ts';
import type { Settings } from '#server/domain/settings.ts';
import type { Logger } from '#server/log.ts';
import type { LogLevel } from '#server/domain/words.ts';
import type { LogStore } from '#server/logs/types.ts';
import type { Consoles } from '#server/release/consoles.ts';
import type { Fault } from '#server/release/fault.ts';
import type { SourceProvider } from '#server/source/types.ts';

export interface Engine {
  db: Db;
  /** The database's time. */
  now: DatabaseNow;
  /** Waits inside steps. */
  clock: Clock;
  /** Waits beside a step: the heartbeat and the limits. */
  background: Clock;
  times: Times;
  /** Factor on the readiness, drain and stop times of components. */
  timeScale: number;
  /** Names this worker in leases. */
  owner: string;
  region: FencedRegion;
  sources: SourceProvider;
  /** Plans the folder of a component; pure apart from reading it. */
  plan(directory: string, settings: Settings, context: PlanContext): Promise<PlanResult>;
  /** Enters every build key beside the plan: the planner's version. */
  buildSalt: string;
  buildLimits: Omit<BuildRequest['limits'], 'timeoutMs' | 'memoryMib'>;
  /** All builds of the region together; a build gets its slot's share. */
  buildMemoryMib: number;
  logs: LogStore;
  consoles: Consoles;
  keys: { variables: Buffer; credentials: Buffer; cache: Buffer };
  /** `<state>/work`. */
  workDir: string;
  /** 4 characters that tell installations on one engine apart. */
  installationTag: string;
  subnetPool: string;
  fault: Fault;
  log: Logger;
  /** Calls back when the release may have changed; answers the unsubscribe function. */
  watch(orgId: string, releaseId: string, wake: () => void): () => void;
}

export interface StepContext {
  engine: Engine;
  release: ReleaseRow;
  deployment: typeof deployments.$inferSelect;
  place: typeof regions.$inferSelect;
  lease: Lease;
  /** Ports whose calls carry the release's fence: instances, builds, draining. */
  region: Region;
  /** Ports whose calls carry the deployment's fence: publications. */
  routing: Region;
  /** Fires when the lease is lost, the release is cancelled, the state's limit passes or the worker stops. */
  signal: AbortSignal;
  /** Milliseconds since the state was entered, by the database's clock and counting on. */
  elapsedMs(): number;
  /** A line of the engine's own in the release's log. */
  say(text: string, level?: LogLevel): void;
  /** Writes under the lease. @throws AppError fenced, conflict */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

export type StepFailure = Omit<Failure, 'phase'>;
export type StepResult =
  /** `commit` writes in the transaction of the transition. */
  | {
      kind: 'done';
      note?: string;
      commit?: (tx: Tx) => Promise<void>;
      patch?: { report?: ReleaseRow['report']; previousReleaseId?: string | null };
    }
  | { kind: 'failed'; failure: StepFailure }
  /** Nothing to do before `ms` have passed. `reason` is shown to people. */
  | { kind: 'wait'; ms: number; reason: string | null };
export type Step = (ctx: StepContext) => Promise<StepResult>;

export const workIdOf = (ctx: StepContext, component: Pick<SnapshotComponent, 'componentId'>): string =>
  `${ctx.release.id}/${component.componentId}`;
