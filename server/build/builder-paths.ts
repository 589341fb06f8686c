/**
 * Names and places of an installation's builder. Everything carries the installation's tag, so that two installations
 * share a machine, or an engine, without knowing of each other.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Config } from '#server/config.ts';
import { AppError } from '#server/errors.ts';

export type BuilderConfig = Pick<
  Config,
  'stateDir' | 'SLIPWAY_BASE_CACHE' | 'SLIPWAY_DOCKER_SOCKET' | 'SLIPWAY_BUILD_MEMORY_MIB' | 'SLIPWAY_BUILD_DISK_GIB'
>;

export interface BuilderPaths {
  tag: string;
  /** `<state>/builder` */
  home: string;
  disk: string;
  data: string;
  /** The engine's exec root, pid file and socket: on a short path, because a socket's name holds 107 bytes. */
  run: string;
  socket: string;
  /** First in the engine's PATH: holds our `runc`. */
  bin: string;
  log: string;
  status: string;
  settings: string;
  /** Name of the network namespace, and prefix of its two interfaces (at most 15 bytes). */
  namespace: string;
  hostLink: string;
  builderLink: string;
  /** nftables table on the host. */
  table: string;
  /** Control group below each controller's root: `daemon` and `builds/<label>` are in it. */
  cgroup: string;
}

const installationSchema = z.object({ id: z.string(), tag: z.string().regex(/^[a-z0-9]{4}$/) });
/** Longest name below `run` that becomes a socket. */
const longestSocket = '/containerd/containerd.sock.ttrpc'.length;

/** @throws AppError unavailable before the installation has been set up. */
export async function readInstallation(stateDir: string): Promise<z.output<typeof installationSchema>> {
  try {
    return installationSchema.parse(JSON.parse(await readFile(path.join(stateDir, 'installation'), 'utf8')));
  } catch (cause) {
    throw new AppError('unavailable', 'This installation has not been set up yet: run `npm run up`.', { cause });
  }
}

export function builderPaths(stateDir: string, tag: string): BuilderPaths {
  const home = path.join(stateDir, 'builder');
  const near = path.join(home, 'run');
  const run = near.length + longestSocket <= 107 ? near : `/run/slipway-${tag}-builder`;
  return {
    tag, home, run,
    disk: path.join(home, 'disk.img'),
    data: path.join(home, 'data'),
    socket: path.join(run, 'docker.sock'),
    bin: path.join(home, 'bin'),
    log: path.join(home, 'dockerd.log'),
    status: path.join(home, 'status.json'),
    settings: path.join(home, 'daemon.json'),
    namespace: `slwb-${tag}`,
    hostLink: `slwb-${tag}-h`,
    builderLink: `slwb-${tag}-b`,
    table: `slipway_builder_${tag}`,
    cgroup: `slipway-${tag}-builder`,
  }; // prettier-ignore
}

/** What the running builder is, and what could not be had on this machine, each with its reason. */
export const builderStatusSchema = z.object({
  socket: z.string(),
  /** False: builds run in the engine that runs the applications. */
  separate: z.boolean(),
  version: z.string(),
  /** Sentences for the operator: what is missing, why, and what it means. */
  degraded: z.array(z.string()),
  /** Bytes of the builder's own filesystem; null when its size is not enforced. */
  diskBytes: z.number().nullable(),
  /** Whether each build has a control group of its own. */
  limits: z.boolean(),
  /** Of everything that an engine gets at its start: another one means that it must start anew. */
  fingerprint: z.string(),
});
export type BuilderStatus = z.output<typeof builderStatusSchema>;

/** @throws AppError unavailable when no builder has been started. */
export async function readBuilderStatus(paths: BuilderPaths): Promise<BuilderStatus> {
  try {
    return builderStatusSchema.parse(JSON.parse(await readFile(paths.status, 'utf8')));
  } catch (cause) {
    throw new AppError('unavailable', 'The build engine has not been started.', { cause });
  }
}
