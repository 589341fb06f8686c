import path from 'node:path';

/** The installation that e2e uses: its own state folder, ports and subnets, so that it runs beside another one. */
export const ports = { http: 18_480, https: 18_443, web: 14_620, ssh: 12_222 } as const;
/** The benchmarks use the same installation at full times, in a folder of their own. */
export const stateFolder = process.env['SLIPWAY_E2E_STATE'] ?? '.slipway-e2e';
/** The OpenID Connect issuer of `oidc-server.ts`; the installation knows it from its start. */
export const issuer = {
  port: 18_491,
  url: 'http://127.0.0.1:18491',
  clientId: 'slipway-e2e',
  clientSecret: 'client-secret+/=with:marks',
  name: 'Harbour ID',
} as const;
/** The GitHub server of `github-server.ts`. */
export const github = {
  port: 18_493,
  url: 'http://127.0.0.1:18493',
  clientId: 'Ov23liSlipwayE2e',
  clientSecret: 'github-client-secret',
} as const;
export const dashboard = `http://slipway.localhost:${ports.http}`;
export const owner = { name: 'Anna Berg', email: 'anna@example.test', password: 'correct-horse-battery-staple' };

export const installationEnvironment: Record<string, string> = {
  SLIPWAY_STATE: stateFolder,
  SLIPWAY_HTTP_PORT: String(ports.http),
  SLIPWAY_HTTPS_PORT: String(ports.https),
  SLIPWAY_WEB_PORT: String(ports.web),
  SLIPWAY_SSH_PORT: String(ports.ssh),
  SLIPWAY_BIND: '127.0.0.1',
  SLIPWAY_SUBNETS: '10.214.0.0/16',
  SLIPWAY_TIME_SCALE: process.env['SLIPWAY_E2E_TIME_SCALE'] ?? '0.1',
  SLIPWAY_BUILD_DISK_GIB: '10',
  SLIPWAY_BASE_CACHE: path.resolve('node_modules/.cache/slipway/base'),
  SLIPWAY_PRIVATE_GIT_HOSTS: '127.0.0.1:18490',
  GITHUB_URL: github.url,
  GITHUB_CLIENT_ID: github.clientId,
  GITHUB_CLIENT_SECRET: github.clientSecret,
  OIDC_ISSUER: issuer.url,
  OIDC_CLIENT_ID: issuer.clientId,
  OIDC_CLIENT_SECRET: issuer.clientSecret,
  OIDC_NAME: issuer.name,
};
