import * as z from 'zod';
import { id } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { settingsSchema } from '#server/domain/settings.ts';
import { operateDeployment, previewOperation } from '#server/usecases/operate-deployment.ts';

const size = settingsSchema.shape.size.unwrap().shape;
const changes = z
  .array(
    z.strictObject({
      componentId: id,
      instances: settingsSchema.shape.instances.unwrap().optional(),
      cpuMillis: size.cpuMillis.unwrap().optional(),
      memoryMib: size.memoryMib.unwrap().optional(),
    }),
  )
  .min(1, 'Nothing to change')
  .max(50, 'At most 50 components');
const componentIds = z.array(id).min(1).max(50).optional();

/** What happens to a deployment without a release: same engine, same queue, no number. */
export const operationsRouter = router({
  /** What it would do now, or why it cannot be done. */
  preview: orgProcedure
    .input(
      orgInput({
        deploymentId: id,
        kind: z.enum(['restart', 'scale', 'suspend', 'resume']),
        componentIds,
        scale: changes.optional(),
      }),
    )
    .query(({ ctx, input }) => previewOperation(ctx.uc, input)),
  /** New instances beside the old ones. Without components: all of them. */
  restart: orgProcedure
    .input(orgInput({ deploymentId: id, componentIds }))
    .mutation(({ ctx, input }) => operateDeployment(ctx.uc, { ...input, kind: 'restart' })),
  /** Instances and size of components, at once and in the draft. */
  scale: orgProcedure
    .input(orgInput({ deploymentId: id, changes }))
    .mutation(({ ctx, input: { changes: scale, ...input } }) => operateDeployment(ctx.uc, { ...input, kind: 'scale', scale })), // prettier-ignore
  suspend: orgProcedure
    .input(orgInput({ deploymentId: id }))
    .mutation(({ ctx, input }) => operateDeployment(ctx.uc, { ...input, kind: 'suspend' })),
  resume: orgProcedure
    .input(orgInput({ deploymentId: id }))
    .mutation(({ ctx, input }) => operateDeployment(ctx.uc, { ...input, kind: 'resume' })),
});
