/** Slipway's own processes: how each is started and how one sees that it is able to work. */
import path from 'node:path';
import { baseEnvironment } from '#server/exec.ts';
import { gatewayFolder } from '#server/ssh/gateway-folder.ts';

/** Beside the web app: role and entry point. Each becomes one bundled file. */
export const entryPoints = {
  worker: 'worker/main.ts',
  agent: 'worker/agent.ts',
  gateway: 'worker/gateway.ts',
} as const;
export type Role = 'web' | keyof typeof entryPoints;
/** In the order in which the screen names them. */
export const roles: readonly Role[] = ['web', 'worker', 'agent', 'gateway'];

export interface ProcessSpec {
  role: Role;
  args: string[];
  env: Record<string, string>;
  cwd: string;
  /** `log`: it says so in its log. A number: it listens on that port. */
  ready: 'log' | number;
}
interface Place {
  /** `dist/<version>` */
  folder: string;
  stateDir: string;
  values: Record<string, string>;
}

/** A small young generation: collected more often, it saves 50 to 200 MB per process at the same throughput. */
const smallHeap = '--max-semi-space-size=2';

export const processSpecs = (place: Place): ProcessSpec[] =>
  roles.map((role) => (role === 'web' ? webSpec(place) : bundleSpec(role, place)));

const environment = ({ stateDir, values }: Place): Record<string, string> => ({
  ...baseEnvironment(),
  ...values,
  SLIPWAY_STATE: stateDir,
  NODE_ENV: 'production',
});

function webSpec(place: Place): ProcessSpec {
  const port = place.values['SLIPWAY_WEB_PORT'] ?? '';
  const folder = path.join(place.folder, 'web');
  return {
    role: 'web',
    args: [smallHeap, '--max-old-space-size=160', path.join(folder, 'server.js')],
    env: { ...environment(place), HOSTNAME: '127.0.0.1', PORT: port },
    cwd: folder,
    ready: Number(port),
  };
}

const bundleSpec = (role: Exclude<Role, 'web'>, place: Place): ProcessSpec => ({
  role,
  args: [smallHeap, path.join(place.folder, `${role}.mjs`)],
  env: role === 'gateway' ? gatewayEnvironment(place) : environment(place),
  cwd: role === 'gateway' ? gatewayFolder(place.stateDir) : place.stateDir,
  ready: 'log',
});

/** It talks with strangers: it gets neither the database's address nor the way to the state folder. */
const gatewayEnvironment = ({ values }: Place): Record<string, string> => ({
  ...baseEnvironment(),
  NODE_ENV: 'production',
  SLIPWAY_SSH_PORT: values['SLIPWAY_SSH_PORT'] ?? '',
  SLIPWAY_BIND: values['SLIPWAY_BIND'] ?? '',
});
