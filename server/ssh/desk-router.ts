/** The desk as a router on a unix socket: strict inputs, because who asks talks with strangers. */
import { initTRPC } from '@trpc/server';
import * as z from 'zod';
import { toWire } from '#server/agent/rpc.ts';
import type { Desk } from '#server/ssh/desk.ts';

export interface DeskContext {
  desk: Desk;
  /** Fires when the worker stops. */
  shutdown: AbortSignal;
}
const t = initTRPC.context<DeskContext>().create({
  isDev: false,
  errorFormatter: ({ shape, error }) => ({ ...shape, message: 'desk', data: { app: toWire(error) } }),
});
const asking = t.procedure.use(({ ctx, signal, next }) =>
  next({ ctx: { ...ctx, signal: signal ? AbortSignal.any([ctx.shutdown, signal]) : ctx.shutdown } }),
);
const id = z.string().max(40).regex(/^[a-z0-9_]+$/); // prettier-ignore
const address = z.string().max(60);
const blob = z.string().max(6000).regex(/^[A-Za-z0-9+/=]*$/); // prettier-ignore

export const deskRouter = t.router({
  hostKeys: asking.query(({ ctx }) => ctx.desk.hostKeys(ctx.signal)),
  findKey: asking
    .input(z.strictObject({ blob, fingerprint: z.string().max(100), address }))
    .query(({ ctx, input }) => ctx.desk.findKey(input, ctx.signal)),
  open: asking
    .input(
      z.strictObject({
        keyId: id, connectionId: id, login: z.string().max(200), address,
        want: z.union([z.enum(['shell', 'command', 'files']), z.strictObject({ port: z.number().int().min(1).max(65_535) })]),
      }),
    )
    .mutation(({ ctx, input }) => ctx.desk.open(input, ctx.signal)), // prettier-ignore
  expired: asking
    .input(z.array(z.strictObject({ connectionId: id, keyId: id, orgId: id.nullable() })).max(5000))
    .query(({ ctx, input }) => ctx.desk.expired(input, ctx.signal)),
  closed: asking.input(id).mutation(({ ctx, input }) => ctx.desk.closed(input, ctx.signal)),
});
export type DeskRouter = typeof deskRouter;
