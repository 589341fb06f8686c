import { id } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { volumeSizeGib } from '#server/domain/volumes.ts';
import * as z from 'zod';
import { requestDump, requestRestore, scheduleDumps } from '#server/usecases/manage-dumps.ts';
import { deleteVolume, growVolume, purgeVolume, restoreVolume } from '#server/usecases/manage-volumes.ts';
import { readStorage } from '#server/usecases/read-storage.ts';

const place = { deploymentId: id, componentId: id };
const typedName = z.string().max(40);

export const storageRouter = router({
  get: orgProcedure.input(orgInput({ deploymentId: id })).query(({ ctx, input }) => readStorage(ctx.uc, input)),
  /** A volume never shrinks. */
  grow: orgProcedure
    .input(orgInput({ volumeId: id, sizeGib: volumeSizeGib }))
    .mutation(({ ctx, input }) => growVolume(ctx.uc, input)),
  /** Into the trash for 48 hours. `typedName` is the volume's name. */
  delete: orgProcedure
    .input(orgInput({ volumeId: id, typedName }))
    .mutation(({ ctx, input }) => deleteVolume(ctx.uc, input)),
  restore: orgProcedure.input(orgInput({ volumeId: id })).mutation(({ ctx, input }) => restoreVolume(ctx.uc, input)),
  /** Frees the disk of what is in the trash. */
  purge: orgProcedure
    .input(orgInput({ volumeId: id, typedName }))
    .mutation(({ ctx, input }) => purgeVolume(ctx.uc, input)),
  /** A database's data, as it is at that moment. */
  dump: orgProcedure.input(orgInput(place)).mutation(({ ctx, input }) => requestDump(ctx.uc, input)),
  /** Replaces all data of a database. `typedName` is the component's name. */
  restoreDump: orgProcedure
    .input(orgInput({ ...place, dumpId: id, typedName }))
    .mutation(({ ctx, input }) => requestRestore(ctx.uc, input)),
  schedule: orgProcedure
    .input(
      orgInput({
        ...place,
        everyHours: z
          .number()
          .int()
          .min(1, 'At least 1 hour')
          .max(24 * 31, 'At most a month')
          .nullable(),
        keep: z.number().int().min(1, 'At least 1').max(90, 'At most 90').default(7),
      }),
    )
    .mutation(({ ctx, input }) => scheduleDumps(ctx.uc, input)),
});
