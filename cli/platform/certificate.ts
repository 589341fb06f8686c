/**
 * The edge's certificate for the dashboard and the applications' domain: the operator's, or a self-signed one, so that
 * the dashboard never speaks plain http on a public address.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execOk } from '#server/exec.ts';
import { Stop } from '#cli/bootstrap/screen.mjs';
import type { Reachability } from './reachability.ts';
import { writePrivate } from './state.ts';

const file = (stateDir: string): string => path.join(stateDir, 'edge', 'crt', 'platform.pem');

/** Brings the file into the edge's folder, or takes it out. Returns a sentence for the screen; null when there is none to say. */
export async function ensureCertificate(
  stateDir: string,
  reachability: Reachability,
  operatorFile: string | undefined,
): Promise<string | null> {
  mkdirSync(path.dirname(file(stateDir)), { recursive: true, mode: 0o700 });
  if (reachability.certificate === 'none') {
    rmSync(file(stateDir), { force: true });
    return null;
  }
  const hosts = [new URL(reachability.publicUrl).hostname, `*.${reachability.appsDomain}`];
  if (operatorFile !== undefined) return useOperatorFile(stateDir, operatorFile, hosts);
  if (!isCurrent(file(stateDir), hosts)) await makeSelfSigned(stateDir, hosts);
  return 'self-signed: browsers warn until SLIPWAY_CERTIFICATE names one that they trust';
}

function useOperatorFile(stateDir: string, operatorFile: string, hosts: readonly string[]): string {
  if (!existsSync(operatorFile)) throw new Stop(`SLIPWAY_CERTIFICATE: there is no file ${operatorFile}`);
  const pem = readFileSync(operatorFile, 'utf8');
  if (!pem.includes('PRIVATE KEY') || !pem.includes('BEGIN CERTIFICATE'))
    throw new Stop('SLIPWAY_CERTIFICATE: the file must hold the certificate, its chain and its private key');
  const certificate = new X509Certificate(pem);
  const [dashboard = ''] = hosts;
  if (!certificate.checkHost(dashboard)) throw new Stop(`SLIPWAY_CERTIFICATE: the certificate is not for ${dashboard}`);
  writePrivate(file(stateDir), pem);
  return `from ${operatorFile}, valid until ${certificate.validTo}`;
}

/** True while the file covers these names for another 30 days. */
function isCurrent(pemFile: string, hosts: readonly string[]): boolean {
  if (!existsSync(pemFile)) return false;
  const certificate = new X509Certificate(readFileSync(pemFile));
  const covered = hosts.every((host) => certificate.subjectAltName?.split(', ').includes(`DNS:${host}`));
  return covered && Date.parse(certificate.validTo) > Date.now() + 30 * 86_400_000;
}

async function makeSelfSigned(stateDir: string, hosts: readonly string[]): Promise<void> {
  const names = hosts.map((host) => `DNS:${host}`).join(',');
  const { stdout } = await execOk('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '365',
    '-subj', '/CN=Slipway', '-addext', `subjectAltName=${names}`, '-keyout', '-', '-out', '-',
  ]); // prettier-ignore
  writePrivate(file(stateDir), stdout);
}
