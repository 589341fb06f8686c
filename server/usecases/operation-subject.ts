/** What an operation is about: the deployment, what is live, what runs and what is on the way. */
import { and, eq, sql } from 'drizzle-orm';
import { endableReleases } from '#server/db/clear-the-way.ts';
import type { Tx } from '#server/db/client.ts';
import { releaseById } from '#server/db/publications.ts';
import type { ReleaseRow } from '#server/db/releases.ts';
import { instances } from '#server/db/schema/instances.ts';
import { deployments } from '#server/db/schema/projects.ts';
import { type OperationFacts, operationRefusal, type PersonOperation } from '#server/domain/operations.ts';
import { type ReleaseKind, releaseKinds } from '#server/domain/release-machine.ts';
import type { ScaleChange } from '#server/domain/release.ts';
import { notFound } from '#server/errors.ts';

export interface OperationInput {
  deploymentId: string;
  kind: PersonOperation;
  /** Restart: these only; all when left out. */
  componentIds?: readonly string[] | undefined;
  scale?: readonly ScaleChange[] | undefined;
}

/** Kinds that an operation ends as long as they have not published their routes. */
const ended: Record<PersonOperation, readonly ReleaseKind[]> = {
  restart: [],
  scale: [],
  suspend: releaseKinds.filter((kind) => kind !== 'suspend'),
  resume: ['suspend'],
};

export interface OperationSubject {
  deployment: typeof deployments.$inferSelect;
  live: ReleaseRow | null;
  ends: ReleaseRow[];
  facts: OperationFacts;
  refusal: string | null;
}

/** @throws AppError not_found */
export async function operationSubject(
  tx: Tx,
  orgId: string,
  input: OperationInput,
  lock: boolean,
): Promise<OperationSubject> {
  const { deploymentId, kind, componentIds, scale } = input;
  const [deployment] = await tx
    .select()
    .from(deployments)
    .where(and(eq(deployments.id, deploymentId), eq(deployments.orgId, orgId)));
  if (!deployment) throw notFound();
  const live = deployment.liveReleaseId === null ? null : await releaseById(tx, orgId, deployment.liveReleaseId);
  const serving = await tx
    .select({ componentId: instances.componentId, count: sql<number>`count(*)::int` })
    .from(instances)
    .where(
      and(
        eq(instances.orgId, orgId),
        eq(instances.deploymentId, deploymentId),
        eq(instances.state, 'live'),
        eq(instances.role, 'serving'),
      ),
    ) // prettier-ignore
    .groupBy(instances.componentId);
  const ends = ended[kind].length === 0 ? [] : await endableReleases(tx, { orgId, deploymentId, kinds: ended[kind], lock }); // prettier-ignore
  const facts: OperationFacts = {
    kind,
    power: deployment.power,
    liveNumber: live?.number ?? null,
    components: live?.snapshot.components ?? [],
    componentIds,
    scale,
    running: new Map(serving.map((row) => [row.componentId, row.count])),
    ends,
  };
  return { deployment, live, ends, facts, refusal: operationRefusal(facts) };
}
