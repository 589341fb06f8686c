import * as z from 'zod';
import { componentSource, id, newComponent } from '#server/api/inputs.ts';
import { orgInput, orgProcedure, router } from '#server/api/trpc.ts';
import { settingsOverrides } from '#server/domain/settings-overrides.ts';
import {
  addComponent,
  listComponents,
  removeComponent,
  updateComponentDefaults,
} from '#server/usecases/manage-components.ts';

export const componentsRouter = router({
  list: orgProcedure.input(orgInput({ projectId: id })).query(({ ctx, input }) => listComponents(ctx.uc, input)),
  /** Adds it to the project and to the drafts of the given deployments; it runs after their next Deploy. */
  add: orgProcedure
    .input(orgInput({ projectId: id, ...newComponent, source: componentSource, deploymentIds: z.array(id).max(100).default([]) }))
    .mutation(({ ctx, input }) => addComponent(ctx.uc, input)), // prettier-ignore
  remove: orgProcedure
    .input(orgInput({ componentId: id }))
    .mutation(({ ctx, input }) => removeComponent(ctx.uc, input)),
  updateDefaults: orgProcedure
    .input(orgInput({ componentId: id, settings: settingsOverrides }))
    .mutation(({ ctx, input }) => updateComponentDefaults(ctx.uc, input)),
});
