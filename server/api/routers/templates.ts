import { personProcedure, router } from '#server/api/trpc.ts';
import { listTemplates } from '#server/usecases/read-platform.ts';

export const templatesRouter = router({
  list: personProcedure.query(() => listTemplates()),
});
