/** Slipway's own processes: how each is started and how one sees that it is able to work. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { baseEnvironment } from '#server/exec.ts';

export type Role = 'agent' | 'worker' | 'gateway' | 'web';
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
const memory = { web: ['--max-semi-space-size=2', '--max-old-space-size=160'], other: ['--max-semi-space-size=2'] };

/** What this version consists of, in the order in which it stops. */
export function processSpecs({ folder, stateDir, values }: Place): ProcessSpec[] {
  const env = { ...baseEnvironment(), ...values, SLIPWAY_STATE: stateDir, NODE_ENV: 'production' };
  const port = Number(values['SLIPWAY_WEB_PORT']);
  const web: ProcessSpec = {
    role: 'web',
    args: [...memory.web, path.join(folder, 'web/server.js')],
    env: { ...env, HOSTNAME: '127.0.0.1', PORT: String(port), NEXTAUTH_URL: values['SLIPWAY_PUBLIC_URL'] ?? '' },
    cwd: path.join(folder, 'web'),
    ready: port,
  };
  const others = (['gateway', 'worker', 'agent'] as const).map((role): ProcessSpec => {
    const args = [...memory.other, path.join(folder, `${role}.mjs`)];
    return { role, args, env, cwd: stateDir, ready: 'log' };
  });
  return [web, ...others].filter(({ args }) => existsSync(args.at(-1) ?? ''));
}
