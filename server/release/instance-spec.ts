/** From a row and the release's documents to what the engine of the machine is asked for. */
import type { InstanceRow, NetworkRow } from '#server/db/release-instances.ts';
import type { VolumeRow } from '#server/db/volumes.ts';
import { bridgeName } from '#server/domain/naming.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import type { ConsoleSource } from '#server/release/consoles.ts';
import type { StepContext } from '#server/release/engine.ts';
import type { InstanceSpec, NetworkSpec } from '#server/runtime/types.ts';

/** Addresses rest this long before they are used again, scaled. */
export const addressRestMs = 600_000;

export const networkSpec = (ctx: StepContext, network: NetworkRow): NetworkSpec => ({
  deploymentId: network.deploymentId,
  bridge: bridgeName(ctx.engine.installationTag, network.index),
  subnet: network.subnet,
});

export const instanceSpec = (
  ctx: StepContext,
  row: InstanceRow,
  component: SnapshotComponent,
  more: { image: string; command: string | null; env: Record<string, string>; network: NetworkSpec },
  /** Of a serving instance: without them a database would start on nothing. A hook runs beside and gets none. */
  volumes: readonly VolumeRow[],
): InstanceSpec => ({
  id: row.id,
  deploymentId: row.deploymentId,
  componentId: row.componentId,
  releaseId: ctx.release.id,
  role: row.role,
  ...more,
  address: row.address,
  aliases: row.role === 'serving' ? [component.name] : [],
  cpuMillis: row.cpuMillis,
  memoryMib: row.memoryMib,
  stopGraceSeconds: component.settings.readiness.stopGraceSeconds,
  volumes: volumes.map((one) => ({ volumeId: one.id, path: one.path })),
});

export const consoleOf = (row: InstanceRow): ConsoleSource => ({
  instanceId: row.id,
  orgId: row.orgId,
  deploymentId: row.deploymentId,
  releaseId: row.startedBy,
  componentId: row.componentId,
  kind: row.role === 'hook' ? 'hook' : 'console',
});
