/** tRPC set up once: error mapping, and the three kinds of procedure. Authorization itself is in the use cases. */
import { initTRPC, TRPCError } from '@trpc/server';
import superjson from 'superjson';
import * as z from 'zod';
import type { ApiContext } from '#server/api/context.ts';
import { toTrpcError } from '#server/api/errors.ts';
import { findMembership } from '#server/db/accounts.ts';
import { AppError, notFound } from '#server/errors.ts';

const t = initTRPC.context<ApiContext>().create({
  transformer: superjson,
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 45_000 } },
  errorFormatter: ({ shape, error }) => {
    const cause = error.cause;
    const app = cause instanceof AppError ? cause : null;
    const invalid = cause instanceof z.core.$ZodError ? cause.issues[0] : undefined;
    return {
      code: shape.code,
      message: invalid ? invalid.message : shape.message,
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        /** Our own code: what the dashboard goes by. */
        reason: app?.code ?? (invalid ? 'bad_input' : null),
        /** Dotted path of the input field at fault. */
        field: app?.field ?? (invalid ? invalid.path.map(String).join('.') : null),
        retryAfterSeconds: app?.retryAfterSeconds ?? null,
      },
    };
  },
});

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

const mapErrors = t.middleware(async ({ next, ctx, path }) => {
  const result = await next();
  if (!result.ok) throw toTrpcError(result.error, ctx.services.log, path);
  return result;
});

/** Anybody, signed in or not. */
export const publicProcedure = t.procedure.use(mapErrors);

/** A signed-in person. */
export const personProcedure = publicProcedure.use(({ ctx, next }) => {
  if (!ctx.person) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in to go on.' });
  return next({ ctx: { ...ctx, person: ctx.person, uc: { ...ctx.services, person: ctx.person } } });
});

const withOrganization = z.looseObject({ org: z.string().max(40) });
/** A member of the organization that the input names with `org`; a foreign one and an unknown one answer the same. */
export const orgProcedure = personProcedure.use(async ({ ctx, next, getRawInput }) => {
  const named = withOrganization.safeParse(await getRawInput());
  if (!named.success) throw new AppError('bad_input', 'Name the organization.', { field: 'org' });
  const membership = await findMembership(ctx.services.db, ctx.person.userId, named.data.org);
  if (!membership) throw notFound();
  return next({ ctx: { ...ctx, uc: { ...ctx.services, actor: { ...ctx.person, ...membership } } } });
});

/** Input of an organization's procedure: `org` and the given fields; anything else is refused. */
export const orgInput = <T extends z.core.$ZodLooseShape>(shape: T) =>
  z.strictObject({ org: z.string().max(40), ...shape });
