/**
 * What may cross the agent's socket. The types of the ports are the source; a schema that says something else does not
 * compile, and unknown fields are refused rather than passed on.
 */
import { isIPv4 } from 'node:net';
import * as z from 'zod';
import type { Fence } from '#server/agent/types.ts';
import type { BuildPlan, BuildRequest } from '#server/build/types.ts';
import type { EdgeTarget, Publication } from '#server/edge/types.ts';
import type { InstanceSpec, NetworkSpec } from '#server/runtime/types.ts';
import type { VolumeSpec } from '#server/volumes/types.ts';

const positive = z.number().int().positive();
const whole = z.number().int().nonnegative();
/** Ids and names of our own making. */
export const id = z.string().regex(/^[A-Za-z0-9_.-]{1,128}$/);
export const reference = z.string().min(1).max(512);
export const address = z.string().refine(isIPv4, 'not an IPv4 address');
export const port = z.number().int().min(1).max(65_535);
export const milliseconds = z.number().int().min(0).max(3_600_000);

export const fence: z.ZodType<Fence> = z.strictObject({ scope: id, number: whole });

export const networkSpec: z.ZodType<NetworkSpec> = z.strictObject({
  deploymentId: id,
  bridge: z.string().regex(/^[a-z0-9-]{1,15}$/),
  subnet: z.cidrv4(),
});

export const instanceSpec: z.ZodType<InstanceSpec> = z.strictObject({
  id,
  deploymentId: id,
  componentId: id,
  releaseId: id,
  role: z.enum(['serving', 'hook']),
  image: reference,
  command: z.string().max(10_000).nullable(),
  env: z.record(z.string().max(128), z.string().max(128 * 1024)),
  network: networkSpec,
  address,
  aliases: z.array(z.string().max(63)).max(16),
  cpuMillis: positive,
  memoryMib: positive,
  stopGraceSeconds: whole,
  volumes: z
    .array(z.strictObject({ volumeId: id, path: z.string().max(200) }))
    .max(16)
    .optional(),
}) as z.ZodType<InstanceSpec>;

export const volumeSpec: z.ZodType<VolumeSpec> = z.strictObject({ id, sizeBytes: positive });

const plan: z.ZodType<BuildPlan> = z.strictObject({
  planner: z.enum(['dockerfile', 'node', 'python', 'static']),
  found: z.array(z.string()),
  dockerfile: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('repository'), path: z.string() }),
    z.strictObject({ kind: z.literal('rendered'), text: z.string() }),
  ]),
  context: z.string(),
  target: z.string(),
  port: port.nullable(),
  command: z.string().nullable(),
  hooks: z.strictObject({ postdeploy: z.string().nullable(), firstDeploy: z.string().nullable() }).optional(),
});

/** `<releaseId>/<componentId>`. */
export const workId = z.string().regex(/^[A-Za-z0-9_-]{1,64}\/[A-Za-z0-9_-]{1,64}$/);

export const buildRequest: z.ZodType<BuildRequest> = z.strictObject({
  workId,
  cacheNamespace: id,
  plan,
  buildArgs: z.record(z.string(), z.string()),
  reference,
  limits: z.strictObject({
    memoryMib: positive,
    cpuMillis: positive,
    processes: positive,
    timeoutMs: positive,
    imageBytes: positive,
  }),
});

const host = z.string().min(1).max(253);
const edgeTarget: z.ZodType<EdgeTarget> = z.strictObject({
  key: id,
  servers: z.array(z.strictObject({ name: id, address, port })).max(100),
  settings: z.strictObject({
    responseTimeoutMs: positive,
    tunnelTimeoutMs: positive,
    maxConnections: positive,
    queueLimit: whole,
  }),
  hold: z.strictObject({ limitMs: positive, maxRequests: positive }).optional(),
  routes: z.array(z.strictObject({ host, path: z.string().min(1).max(1024) })).max(1000),
});

export const publication: z.ZodType<Publication> = z.strictObject({
  deploymentId: id,
  releaseId: id,
  generation: whole,
  targets: z.array(edgeTarget).max(100),
  notices: z
    .array(z.strictObject({ host, state: z.enum(['not-deployed', 'stopped', 'suspended', 'starting', 'maintenance']) }))
    .max(1000),
});

export const serverNames = z.array(id).max(1000);
export const logOptions = z.strictObject({
  since: z.iso.datetime({ precision: 9 }).nullable(),
  follow: z.boolean(),
  tail: whole.max(100_000).optional(),
});
