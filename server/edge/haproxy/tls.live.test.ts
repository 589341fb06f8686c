import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOrigin, startTestEdge, type Origin, type TestEdge } from '#server/edge/haproxy/testing.ts';

const certificate = (name: string): string =>
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name},DNS:*.apps.test`, '-keyout', '-', '-out', '-'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }); // prettier-ignore
const signal = new AbortController().signal;

let edge: TestEdge;
let web: Origin;
const useCertificate = (name: string): void => {
  mkdirSync(path.join(edge.folder, 'crt'), { recursive: true });
  writeFileSync(path.join(edge.folder, 'crt', 'platform.pem'), certificate(name), { mode: 0o600 });
};
const overTls = (host: string): Promise<{ status: number; origin: unknown; subject: string; protocol: string | null }> =>
  new Promise((resolve, reject) => {
    const options = { host: edge.config.SLIPWAY_BIND, port: edge.config.SLIPWAY_HTTPS_PORT, servername: host, headers: { Host: host }, rejectUnauthorized: false, agent: false };
    https.get(options, (response) => {
      const socket = response.socket as import('node:tls').TLSSocket;
      response.resume();
      resolve({ status: response.statusCode ?? 0, origin: response.headers['x-origin'], subject: String(socket.getPeerCertificate().subject.CN), protocol: socket.getProtocol() });
    }).on('error', reject);
  }); // prettier-ignore

beforeAll(async () => {
  edge = await startTestEdge({ SLIPWAY_PUBLIC_URL: 'https://slipway.apps.test' });
  web = await startOrigin('web');
  const settings = { responseTimeoutMs: 1000, tunnelTimeoutMs: 1000, maxConnections: 10, queueLimit: 0 };
  await edge.edge.publish({ deploymentId: 'a', releaseId: 'rel_1', generation: 1, targets: [{ key: 'web', servers: [web.server], settings, routes: [{ host: 'a.apps.test', path: '/' }] }], notices: [] }, signal); // prettier-ignore
});
afterAll(async () => {
  await edge.close();
  await web.close();
});

test('a certificate brings https, its successor replaces it, and http of the dashboard goes to https', async () => {
  expect((await edge.request('slipway.apps.test')).status).toBe(503);
  useCertificate('first.test');
  await edge.edge.ensure(signal);
  expect(await overTls('a.apps.test')).toEqual({
    status: 200,
    origin: 'web',
    subject: 'first.test',
    protocol: 'TLSv1.3',
  });
  expect(web.headers.at(-1)).toMatchObject({ 'x-forwarded-proto': 'https' });
  const redirect = await edge.request('slipway.apps.test', '/sign-in?next=/');
  expect([redirect.status, redirect.headers.location]).toEqual([308, 'https://slipway.apps.test/sign-in?next=/']);
  useCertificate('second.test');
  await edge.edge.ensure(signal);
  expect((await overTls('a.apps.test')).subject).toBe('second.test');
});

test('a certificate that cannot be read leaves the edge as it is', async () => {
  writeFileSync(path.join(edge.folder, 'crt', 'platform.pem'), 'nonsense');
  await expect(edge.edge.ensure(signal)).rejects.toMatchObject({ code: 'unavailable' });
  expect((await overTls('a.apps.test')).subject).toBe('second.test');
});
