/**
 * InstanceSpec → the body of a container's creation. Pure, and the whole list of what an instance may have: nothing in
 * a spec can add a mount, a device, a capability, a host namespace, a published port or a label.
 */
import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { AppError } from '#server/errors.ts';
import { label } from '#server/runtime/docker/labels.ts';
import { isMountPath } from '#server/domain/mount-path.ts';
import type { InstanceSpec, NetworkSpec } from '#server/runtime/types.ts';
import type { VolumeMount } from '#server/volumes/types.ts';

/** What images that start as root and drop to a user of their own need (nginx, postgres, apt); nothing that reaches outside. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID'] as const;
const processLimit = 512;
const builtReference = /^slipway\/[0-9a-f]{32}:1$/;
const digestReference = /^[a-z0-9][a-z0-9._/:-]{0,254}@sha256:[0-9a-f]{64}$/;
const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

export interface Host {
  installationId: string;
  /** Open files that each process of an instance may have. */
  openFiles: number;
  /** Folder of this machine with what instances get at `/.slipway`; null when there is none. */
  helpers: string | null;
}
export const helperMount = '/.slipway';

/** True for names that builds give; only such images are removed. */
export const isBuiltReference = (reference: string): boolean => builtReference.test(reference);
/** True for references that cannot mean another tenant's image: our random names and digests. */
export const isSafeReference = (reference: string): boolean =>
  isBuiltReference(reference) || digestReference.test(reference);

/** The same for equal specs, whatever the order of their keys. */
export const specDigest = (spec: InstanceSpec): string =>
  createHash('sha256').update(JSON.stringify(spec, sortKeys)).digest('hex');

const sortKeys = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/**
 * @param hostsFile path of the instance's `/etc/hosts` on this machine.
 * @param folders of the spec's volumes, mounted by us: a tenant chooses a path inside only.
 * @throws AppError bad_input for a spec that the domain should never have made.
 */
export function containerBody(
  spec: InstanceSpec,
  host: Host,
  hostsFile: string,
  folders: ReadonlyMap<string, string> = new Map(),
): Record<string, unknown> {
  assertSpec(spec);
  const memory = spec.memoryMib * 1024 * 1024;
  return {
    Image: spec.image,
    Hostname: spec.id.replaceAll('_', '-').slice(0, 63),
    ...(spec.command === null ? {} : { Entrypoint: ['/bin/sh', '-c'], Cmd: [spec.command] }),
    Env: Object.entries(spec.env).map(([key, value]) => `${key}=${value}`),
    Tty: false,
    OpenStdin: false,
    StopTimeout: spec.stopGraceSeconds,
    Healthcheck: { Test: ['NONE'] }, // an exec each time; the edge and our probes ask from outside
    Labels: {
      [label.installation]: host.installationId,
      [label.instance]: spec.id,
      [label.deployment]: spec.deploymentId,
      [label.component]: spec.componentId,
      [label.release]: spec.releaseId,
      [label.role]: spec.role,
      [label.address]: spec.address,
      [label.aliases]: spec.aliases.join(' '),
      [label.spec]: specDigest(spec),
      ...volumeLabel(spec),
    },
    HostConfig: {
      NetworkMode: spec.network.bridge,
      Init: true,
      Privileged: false,
      PublishAllPorts: false,
      IpcMode: 'private',
      CapDrop: ['ALL'],
      CapAdd: capabilities,
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: processLimit,
      Memory: memory,
      MemorySwap: memory, // equal: no swap
      NanoCpus: spec.cpuMillis * 1_000_000,
      CpuShares: Math.max(2, Math.round((spec.cpuMillis * 1024) / 1000)),
      ShmSize: 64 * 1024 * 1024,
      OomScoreAdj: 500, // applications go before the platform
      Ulimits: [
        { Name: 'nofile', Soft: host.openFiles, Hard: host.openFiles },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '20m', 'max-file': '3' } },
      RestartPolicy: { Name: 'no' },
      Mounts: [
        { Type: 'bind', Source: hostsFile, Target: '/etc/hosts', ReadOnly: true },
        ...(spec.volumes ?? []).map((volume) => volumeMount(volume, folders)),
        ...(host.helpers === null ? [] : [{ Type: 'bind', Source: host.helpers, Target: helperMount, ReadOnly: true }]),
      ],
    },
    NetworkingConfig: {
      EndpointsConfig: {
        [spec.network.bridge]: { IPAMConfig: { IPv4Address: spec.address } },
      },
    },
  };
}

const volumeLabel = ({ volumes = [] }: InstanceSpec): Record<string, string> =>
  volumes.length === 0 ? {} : { [label.volumes]: volumes.map((one) => one.volumeId).join(' ') };

/** As a mount and not as a `Binds` entry, for which the engine would make a missing folder. */
function volumeMount({ volumeId, path }: VolumeMount, folders: ReadonlyMap<string, string>): Record<string, unknown> {
  const folder = folders.get(volumeId);
  if (folder === undefined) throw new AppError('internal', 'A volume of the instance has no folder.');
  return { Type: 'bind', Source: folder, Target: path, BindOptions: { Propagation: 'rprivate' } };
}

/** A bridge for one deployment: its own subnet, no published ports, no IPv6. */
export function networkBody(spec: NetworkSpec, installationId: string): Record<string, unknown> {
  if (!/^slw-[a-z0-9-]{1,11}$/.test(spec.bridge)) throw new AppError('bad_input', 'This is not a name for a bridge.');
  return {
    Name: spec.bridge,
    CheckDuplicate: true,
    Driver: 'bridge',
    EnableIPv6: false,
    Internal: false,
    Attachable: false,
    IPAM: { Driver: 'default', Config: [{ Subnet: spec.subnet, Gateway: gatewayOf(spec.subnet) }] },
    Options: { 'com.docker.network.bridge.name': spec.bridge },
    Labels: { [label.installation]: installationId, [label.deployment]: spec.deploymentId },
  };
}

/** The first address of a subnet. */
export function gatewayOf(subnet: string): string {
  const [base = ''] = subnet.split('/');
  return base.replace(/\d+$/, (last) => String(Number(last) + 1));
}

function assertSpec(spec: InstanceSpec): void {
  const bad = (what: string): AppError => new AppError('bad_input', `The instance has ${what}.`);
  if (!/^ins_[a-z0-9]{26}$/.test(spec.id)) throw bad('an id of another kind');
  if (!isSafeReference(spec.image)) throw bad('an image that is neither built here nor given by digest');
  if (!isIPv4(spec.address)) throw bad('an address that is not IPv4');
  if (!Object.keys(spec.env).every((key) => variableName.test(key))) throw bad('a variable with a bad name');
  if (Object.values(spec.env).some((value) => value.includes('\0'))) throw bad('a variable with a zero byte');
  if (!spec.aliases.every((alias) => /^[a-z][a-z0-9-]{0,62}$/.test(alias))) throw bad('an alias that is no host name');
  const mounts = spec.volumes ?? [];
  if (!mounts.every(({ path }) => isMountPath(path))) throw bad('a volume at a path that is not allowed');
  if (new Set(mounts.map((one) => one.path)).size < mounts.length) throw bad('two volumes at one path');
  if (spec.memoryMib < 6 || spec.cpuMillis < 10) throw bad('less memory or CPU than a process needs');
}
