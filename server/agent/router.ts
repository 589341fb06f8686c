/**
 * Every method of a region as a procedure. Changing ones carry a fence. A caller that goes away aborts what it asked for:
 * the connection is the call.
 */
import { initTRPC } from '@trpc/server';
import * as z from 'zod';
import { buildMessages } from '#server/agent/build-messages.ts';
import { fenceRegion } from '#server/agent/fenced-region.ts';
import type { Fences } from '#server/agent/fences.ts';
import { toWire } from '#server/agent/rpc.ts';
import * as schema from '#server/agent/schemas.ts';
import type { Region } from '#server/agent/types.ts';

export interface AgentContext {
  region: Region;
  fences: Fences;
  /** Fires when the agent stops. */
  shutdown: AbortSignal;
}

const t = initTRPC.context<AgentContext>().create({
  isDev: false,
  errorFormatter: ({ shape, error }) => ({ ...shape, message: 'agent', data: { app: toWire(error) } }),
});

/** `ctx.signal` fires when the caller goes away or the agent stops. */
const reading = t.procedure.use(({ ctx, signal, next }) =>
  next({ ctx: { ...ctx, signal: signal ? AbortSignal.any([ctx.shutdown, signal]) : ctx.shutdown } }),
);
const changing = reading
  .input(z.object({ fence: schema.fence }))
  .use(({ ctx, input, next }) => next({ ctx: { ...ctx, region: fenceRegion(ctx.region, ctx.fences)(input.fence) } }));

/** A stream that ends because the agent stops is no end for its reader. */
async function* lasting<T>(ctx: AgentContext, stream: AsyncIterable<T>): AsyncGenerator<T> {
  yield* stream;
  ctx.shutdown.throwIfAborted();
}

const instanceId = z.object({ instanceId: schema.id });
const deploymentId = z.object({ deploymentId: schema.id });
const servers = z.object({ deploymentId: schema.id, names: schema.serverNames });
const image = z.object({ reference: schema.reference });
const target = z.object({ address: schema.address, port: schema.port, timeoutMs: schema.milliseconds });

const instances = t.router({
  ensureNetwork: changing
    .input(z.object({ spec: schema.networkSpec }))
    .mutation(({ ctx, input }) => ctx.region.instances.ensureNetwork(input.spec, ctx.signal)),
  removeNetwork: changing
    .input(deploymentId)
    .mutation(({ ctx, input }) => ctx.region.instances.removeNetwork(input.deploymentId, ctx.signal)),
  start: changing
    .input(z.object({ spec: schema.instanceSpec }))
    .mutation(({ ctx, input }) => ctx.region.instances.start(input.spec, ctx.signal)),
  keepAlive: changing
    .input(instanceId.extend({ on: z.boolean() }))
    .mutation(({ ctx, input }) => ctx.region.instances.keepAlive(input.instanceId, input.on, ctx.signal)),
  stop: changing
    .input(instanceId.extend({ graceMs: schema.milliseconds }))
    .mutation(({ ctx, input }) => ctx.region.instances.stop(input.instanceId, input.graceMs, ctx.signal)),
  remove: changing
    .input(instanceId)
    .mutation(({ ctx, input }) => ctx.region.instances.remove(input.instanceId, ctx.signal)),
  observe: reading.query(async function* ({ ctx }) {
    yield* lasting(ctx, ctx.region.instances.observe(ctx.signal));
  }),
  inspect: reading
    .input(instanceId)
    .query(({ ctx, input }) => ctx.region.instances.inspect(input.instanceId, ctx.signal)),
  stats: reading.query(({ ctx }) => ctx.region.instances.stats(ctx.signal)),
});

const sessions = t.router({
  logs: reading.input(instanceId.extend({ options: schema.logOptions })).query(async function* ({ ctx, input }) {
    const { tail, ...options } = input.options;
    const wanted = { ...options, ...(tail === undefined ? {} : { tail }) };
    yield* lasting(ctx, ctx.region.sessions.logs(input.instanceId, wanted, ctx.signal));
  }),
  listening: reading
    .input(instanceId)
    .query(({ ctx, input }) => ctx.region.sessions.listening(input.instanceId, ctx.signal)),
  accepts: reading
    .input(target)
    .query(({ ctx, input }) => ctx.region.sessions.accepts(input.address, input.port, input.timeoutMs, ctx.signal)),
  httpStatus: reading
    .input(target.extend({ path: z.string().max(2048) }))
    .query(({ ctx, input }) =>
      ctx.region.sessions.httpStatus(input.address, input.port, input.path, input.timeoutMs, ctx.signal),
    ),
});

const artifacts = t.router({
  find: reading.input(image).query(({ ctx, input }) => ctx.region.artifacts.find(input.reference, ctx.signal)),
  resolve: reading.input(image).query(({ ctx, input }) => ctx.region.artifacts.resolve(input.reference, ctx.signal)),
  remove: changing.input(image).mutation(({ ctx, input }) => ctx.region.artifacts.remove(input.reference, ctx.signal)),
  list: reading.query(({ ctx }) => ctx.region.artifacts.list(ctx.signal)),
});

const builds = t.router({
  build: changing.input(z.object({ request: schema.buildRequest })).mutation(async function* ({ ctx, input }) {
    yield* buildMessages(ctx.region.builds, input.request, ctx.signal);
  }),
  store: changing
    .input(image.extend({ imageId: z.string().max(100) }))
    .mutation(({ ctx, input }) => ctx.region.builds.store(input.imageId, input.reference, ctx.signal)),
  discard: changing
    .input(z.object({ workId: schema.workId }))
    .mutation(({ ctx, input }) => ctx.region.builds.discard(input.workId, ctx.signal)),
});

const edge = t.router({
  publish: changing
    .input(z.object({ publication: schema.publication }))
    .mutation(({ ctx, input }) => ctx.region.edge.publish(input.publication, ctx.signal)),
  confirmed: reading
    .input(deploymentId)
    .query(({ ctx, input }) => ctx.region.edge.confirmed(input.deploymentId, ctx.signal)),
  drain: changing
    .input(servers)
    .mutation(({ ctx, input }) => ctx.region.edge.drain(input.deploymentId, input.names, ctx.signal)),
  remove: changing
    .input(servers)
    .mutation(({ ctx, input }) => ctx.region.edge.remove(input.deploymentId, input.names, ctx.signal)),
  traffic: reading
    .input(deploymentId)
    .query(({ ctx, input }) => ctx.region.edge.traffic(input.deploymentId, ctx.signal)),
  withdraw: changing
    .input(deploymentId)
    .mutation(({ ctx, input }) => ctx.region.edge.withdraw(input.deploymentId, ctx.signal)),
});

const capacity = t.router({ read: reading.query(({ ctx }) => ctx.region.capacity.capacity(ctx.signal)) });

const volumeId = z.object({ volumeId: schema.id });
const newVolume = z.object({ spec: schema.volumeSpec });
const copied = newVolume.extend({ fromId: schema.id });
const volumes = t.router({
  create: changing.input(newVolume).mutation(({ ctx, input }) => ctx.region.volumes.create(input.spec, ctx.signal)),
  grow: changing.input(newVolume).mutation(({ ctx, input }) => ctx.region.volumes.grow(input.spec, ctx.signal)),
  usage: reading.query(({ ctx }) => ctx.region.volumes.usage(ctx.signal)),
  copy: changing
    .input(copied)
    .mutation(({ ctx, input }) => ctx.region.volumes.copy(input.fromId, input.spec, ctx.signal)),
  snapshot: changing
    .input(copied)
    .mutation(({ ctx, input }) => ctx.region.volumes.snapshot(input.fromId, input.spec, ctx.signal)),
  trash: changing.input(volumeId).mutation(({ ctx, input }) => ctx.region.volumes.trash(input.volumeId, ctx.signal)),
  restore: changing
    .input(volumeId)
    .mutation(({ ctx, input }) => ctx.region.volumes.restore(input.volumeId, ctx.signal)),
  purge: changing.input(volumeId).mutation(({ ctx, input }) => ctx.region.volumes.purge(input.volumeId, ctx.signal)),
});

const dumpOf = z.object({ dumpId: schema.id, instanceId: schema.id });
const dumps = t.router({
  take: changing
    .input(dumpOf)
    .mutation(({ ctx, input }) => ctx.region.dumps.take(input.dumpId, input.instanceId, ctx.signal)),
  play: changing
    .input(dumpOf.extend({ checksum: z.string().max(64) }))
    .mutation(({ ctx, input }) =>
      ctx.region.dumps.play({ id: input.dumpId, checksum: input.checksum }, input.instanceId, ctx.signal),
    ),
  remove: changing
    .input(z.object({ dumpId: schema.id }))
    .mutation(({ ctx, input }) => ctx.region.dumps.remove(input.dumpId, ctx.signal)),
});

export const agentRouter = t.router({ instances, sessions, artifacts, builds, edge, capacity, dumps, volumes });
export type AgentRouter = typeof agentRouter;
