/** The storage of a release's components: rows when its instances are prepared, and the volumes themselves before they start. */
import type { Db } from '#server/db/client.ts';
import type { ReleaseRow } from '#server/db/releases.ts';
import { ensureVolumes, findVolume, setVolume, type VolumeRow } from '#server/db/volumes.ts';
import type { FailureCode, SnapshotComponent } from '#server/domain/release.ts';
import { AppError } from '#server/errors.ts';
import type { StepContext, StepFailure } from '#server/release/engine.ts';

/** Volumes of the component, each with a row. */
export function volumesOf(ctx: StepContext, component: SnapshotComponent): Promise<VolumeRow[]> {
  const declared = component.settings.volumes ?? []; // snapshots of before there were any
  if (declared.length === 0) return Promise.resolve([]);
  const { orgId, projectId, deploymentId, regionId } = ctx.release;
  const owner = { orgId, projectId, deploymentId, regionId, componentId: component.componentId };
  return ctx.write((tx) => ensureVolumes(tx, owner, declared));
}

/** Makes what is not there, brings back what is in the trash, lets grow what is too small. @throws AppError conflict (no room), unavailable */
export async function provideVolumes(ctx: StepContext, rows: readonly VolumeRow[]): Promise<void> {
  const { volumes } = ctx.region;
  for (const { id, sizeBytes, place } of rows) {
    if (place === 'trash') await volumes.restore(id, ctx.signal);
    else if (place === 'none') await volumes.create({ id, sizeBytes }, ctx.signal);
    const growth = await volumes.grow({ id, sizeBytes }, ctx.signal);
    await ctx.write((tx) =>
      setVolume(tx, ctx.release.orgId, id, { place: 'live', growsAtStart: growth === 'at-next-start' }),
    );
  }
}

/** What a refusal about a volume means for the release; null when the error is about something else. */
export async function volumeRefusal(db: Db, release: ReleaseRow, error: unknown): Promise<StepFailure | null> {
  const id = error instanceof AppError ? /^volumes\.(.+)$/.exec(error.field ?? '')?.[1] : undefined;
  if (!(error instanceof AppError) || id === undefined) return null;
  const row = await findVolume(db, release.orgId, id);
  const component = release.snapshot.components.find((one) => one.componentId === row?.componentId);
  if (!row || !component) return null;
  const { componentId } = component;
  const say = (code: FailureCode, message: string, advice: string): StepFailure => ({
    code, message, advice, lastLines: [], componentId, fix: { kind: 'setting', componentId, path: 'volumes' },
  }); // prettier-ignore
  const what = `The volume ${row.name} of ${component.name}`;
  if (error.code === 'not_found')
    return say(
      'volume_missing',
      `${what} is not there, and ${component.name} was not started on an empty one.`,
      'Its disk may not be mounted, or was removed. Ask the operator to bring it back, or take the volume out of the settings.',
    );
  if (error.code === 'conflict' && row.place === 'live')
    return say(
      'volume_in_use',
      `${what} belongs to another instance that still runs.`,
      'Only one instance has a volume at a time. Wait until the other one has ended, then deploy again.',
    );
  if (error.code === 'conflict')
    return say(
      'volume_refused',
      `${what} could not be made: ${error.message}`,
      'Choose a smaller size, or give the machine more disk.',
    );
  return null;
}
