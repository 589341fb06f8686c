/** What a release that never builds has to find: the images of the releases that it takes them from. */
import { and, eq } from 'drizzle-orm';
import { artifactById, markArtifactRemoved, releaseComponentRows } from '#server/db/release-components.ts';
import { releaseById } from '#server/db/publications.ts';
import { copyResults } from '#server/db/rollbacks.ts';
import { releases } from '#server/db/schema/releases.ts';
import { rollbackSnapshot } from '#server/domain/rollback.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { fail } from '#server/release/failure.ts';

export async function restoreStep(ctx: StepContext): Promise<StepResult> {
  if (ctx.release.kind === 'rollback') await keepAddOns(ctx);
  const { engine, release } = ctx;
  const rows = await releaseComponentRows(engine.db, release.orgId, release.id);
  for (const row of rows.values()) {
    const artifact = row.artifactId === null ? null : await artifactById(engine.db, release.orgId, row.artifactId);
    if (!artifact) continue;
    const found =
      row.buildOutcome === 'given'
        ? (await ctx.region.artifacts.resolve(artifact.reference, ctx.signal))?.imageId
        : await ctx.region.artifacts.find(artifact.reference, ctx.signal);
    if (found === artifact.imageId) continue;
    const name = release.snapshot.components.find((one) => one.componentId === row.componentId)?.name ?? 'a component';
    await ctx.write((tx) => markArtifactRemoved(tx, release.orgId, artifact.id));
    return fail(
      'image_unavailable',
      `The image of ${name} is gone from this machine.`,
      'Choose another release, or deploy the commit again: that builds it anew.',
      { componentId: row.componentId, fix: { kind: 'retry' } },
    );
  }
  return { kind: 'done', note: rows.size > 0 ? 'All images are there: nothing is built' : '' };
}

/** Add-ons stay as they are when the turn comes, which may be newer than when the rollback was requested. */
async function keepAddOns(ctx: StepContext): Promise<void> {
  const { engine, release, deployment } = ctx;
  const live = deployment.liveReleaseId === null ? null : await releaseById(engine.db, release.orgId, deployment.liveReleaseId); // prettier-ignore
  if (!live) return;
  const snapshot = rollbackSnapshot(release.snapshot, live.snapshot);
  if (JSON.stringify(snapshot.components) === JSON.stringify(release.snapshot.components)) return;
  const addOns = snapshot.components.filter((one) => one.kind === 'add-on');
  await ctx.write(async (tx) => {
    await tx
      .update(releases)
      .set({ snapshot })
      .where(and(eq(releases.id, release.id), eq(releases.orgId, release.orgId)));
    await copyResults(tx, release.orgId, release.id, addOns.map((one) => ({ componentId: one.componentId, from: live.id }))); // prettier-ignore
  });
}
