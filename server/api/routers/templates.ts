import { personProcedure, router } from '#server/api/trpc.ts';
import { listTemplates } from '#server/usecases/pending.ts';

export const templatesRouter = router({
  list: personProcedure.query(({ ctx }) => listTemplates(ctx.uc, {})),
});
