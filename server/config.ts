/**
 * The only reader of the environment. Parsed once per process; a bad value stops the process with a sentence that names
 * the variable. `npm run up` writes what it decided to `<state>/environment`, and the supervisor passes it on. The
 * README's table documents each variable; a test compares the two.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { Secret } from '#server/secret.ts';

const seconds = (value: number): z.ZodDefault<z.ZodCoercedNumber> => z.coerce.number().positive().default(value);
const port = z.coerce.number().int().min(1).max(65_535);
const optionalText = z.string().trim().min(1).optional();

const siteUrl = (value: string) =>
  z
    .url()
    .default(value)
    .transform((url) => url.replace(/\/+$/, ''));

export const environmentSchema = z.object({
  SLIPWAY_STATE: z.string().default('.slipway').describe('State folder: database, secrets, logs, volumes, sockets'),
  DATABASE_URL: z.url().describe('PostgreSQL 15 or newer; `npm run up` starts its own when unset'),
  SLIPWAY_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]{1,200}$/)
    .default('localhost')
    .describe('Domain of the dashboard and the applications; `localhost` is this machine only'),
  SLIPWAY_PROXIED: z
    .stringbool()
    .default(false)
    .describe('Another web server has ports 80 and 443, ends TLS and passes requests on to our http port'),
  SLIPWAY_CERTIFICATE: optionalText.describe(
    'PEM file with the chain and key for the dashboard and `*.apps.<domain>`; self-signed when unset',
  ),
  SLIPWAY_PUBLIC_URL: z.url().describe("The dashboard's own URL"),
  SLIPWAY_APPS_DOMAIN: z
    .string()
    .regex(/^[a-z0-9.-]{1,200}$/)
    .describe('Applications answer below this domain'),
  SLIPWAY_HTTP_PORT: port.default(80).describe("The edge's http port"),
  SLIPWAY_HTTPS_PORT: port.default(443).describe("The edge's https port"),
  SLIPWAY_SSH_PORT: port.default(2222).describe('The SSH gateway: shells in instances, and git'),
  SLIPWAY_BIND: z.string().default('127.0.0.1').describe('Address that the edge listens on'),
  SLIPWAY_WEB_PORT: port.default(4620).describe('Loopback port of the dashboard behind the edge'),
  SLIPWAY_POSTGRES_PORT: port.default(4621).describe('Loopback port of the PostgreSQL that `npm run up` starts'),
  SLIPWAY_DOCKER_SOCKET: z.string().default('/var/run/docker.sock').describe('The engine that runs applications'),
  SLIPWAY_SUBNETS: z.string().default('10.213.0.0/16').describe('Pool of the deployment networks'),
  SLIPWAY_TIME_SCALE: z.coerce
    .number()
    .min(0.01)
    .max(10)
    .default(1)
    .describe('Factor on lease, grace and deadline times (tests: 0.1)'),
  SLIPWAY_BUILD_SLOTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('Builds at once; operators can change it on their page'),
  SLIPWAY_BUILD_MEMORY_MIB: z.coerce.number().int().min(256).default(2048).describe('Memory of all builds together'),
  SLIPWAY_BUILD_DISK_GIB: z.coerce.number().int().min(2).default(20).describe("Disk of the builder's own filesystem"),
  SLIPWAY_BASE_CACHE: optionalText.describe(
    'Folder that keeps base images made here for a day, for machines that set up Slipway often (tests)',
  ),
  SLIPWAY_PRIVATE_GIT_HOSTS: z
    .string()
    .default('')
    .describe('Comma-separated hosts or host:port with private addresses that tenants may fetch from'),
  SLIPWAY_FAULT: optionalText.describe(
    'Fault point for tests: `point=kill`, `throw` or `stop`, then `:n` for the n-th time',
  ),
  GITHUB_URL: siteUrl('https://github.com').describe(
    'GitHub or a GitHub Enterprise server: for sign-in and the import of SSH keys',
  ),
  GITLAB_URL: siteUrl('https://gitlab.com').describe('GitLab: for the import of SSH keys'),
  GITHUB_CLIENT_ID: optionalText.describe('Sign-in with GitHub'),
  GITHUB_CLIENT_SECRET: optionalText.describe('Sign-in with GitHub'),
  OIDC_ISSUER: z.url().optional().describe('Sign-in with any OpenID Connect issuer'),
  OIDC_CLIENT_ID: optionalText.describe('Sign-in with OpenID Connect'),
  OIDC_CLIENT_SECRET: optionalText.describe('Sign-in with OpenID Connect'),
  OIDC_NAME: z.string().default('Single sign-on').describe('Label of the OpenID Connect button'),
});
export type Environment = z.output<typeof environmentSchema>;

/** Times in milliseconds, already scaled. Sources: design section 5, `CONTRIBUTING.md` says how tests set them. */
export const timesSchema = z.object({
  heartbeat: seconds(5), lease: seconds(20), sweep: seconds(5),
  fetchDeadline: seconds(300), buildDeadline: seconds(1800), storeDeadline: seconds(600), admissionDeadline: seconds(600),
  hookDeadline: seconds(1200), switchDeadline: seconds(60), abortDeadline: seconds(15), serverDeleteDelay: seconds(60),
}); // prettier-ignore
export type Times = z.output<typeof timesSchema>;

export interface Config extends Omit<Environment, 'SLIPWAY_STATE'> {
  /** Absolute path of the state folder. */
  stateDir: string;
  masterSecret: Secret;
  times: Times;
  privateGitHosts: ReadonlySet<string>;
}

/** @param scale factor on every default; readiness deadlines of components are scaled by their readers too. */
export const scaledTimes = (scale: number): Times => {
  const scaled = Object.fromEntries(Object.entries(timesSchema.parse({})).map(([key, value]) => [key, value * 1000 * scale])) as Times; // prettier-ignore
  // A machine that is busy for a moment must not cost a worker its leases.
  return { ...scaled, lease: Math.max(scaled.lease, shortestLeaseMs) };
};
const shortestLeaseMs = 4000;

function readMasterSecret(stateDir: string): Secret {
  const file = path.join(stateDir, 'secrets', 'master');
  const value = readFileSync(file, 'utf8').trim();
  if (Buffer.from(value, 'base64url').length < 32)
    throw new Error(`The secret in ${file} is shorter than 32 bytes. Run \`npm run up\` to make one.`);
  return new Secret(value);
}

/** @throws Error with one sentence per wrong variable. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const filled = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(filled);
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const stateDir = path.resolve(parsed.data.SLIPWAY_STATE);
  return {
    ...parsed.data,
    stateDir,
    masterSecret: readMasterSecret(stateDir),
    times: scaledTimes(parsed.data.SLIPWAY_TIME_SCALE),
    privateGitHosts: new Set(
      parsed.data.SLIPWAY_PRIVATE_GIT_HOSTS.split(',')
        .map((host) => host.trim().toLowerCase())
        .filter(Boolean),
    ),
  };
}

/** What the gateway needs, which can read neither the master secret nor the database's address. */
const gatewaySchema = environmentSchema.pick({ SLIPWAY_SSH_PORT: true, SLIPWAY_BIND: true });
export type GatewayConfig = z.output<typeof gatewaySchema>;
/** @throws Error with the variable that is wrong */
export const loadGatewayConfig = (env: NodeJS.ProcessEnv = process.env): GatewayConfig => gatewaySchema.parse(env);

/**
 * next-auth takes its own origin from this variable and ignores Host and X-Forwarded-Host when it is set (A5). Called
 * before each of its requests; it has no other way to be told.
 */
export function setAuthOrigin(config: Pick<Config, 'SLIPWAY_PUBLIC_URL'>): void {
  process.env['NEXTAUTH_URL'] = config.SLIPWAY_PUBLIC_URL;
}

/** True under `next dev`, whose reloading needs a weaker Content-Security-Policy. */
export const isDevelopment = process.env['NODE_ENV'] === 'development';
