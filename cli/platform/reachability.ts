/**
 * How this installation is reached: from this machine only, at a domain, or at `<ip>.sslip.io`. Pure. The dashboard is
 * on loopback or on https, never on plain http at a public address.
 */
import { isIP } from 'node:net';

export interface ReachabilityFacts {
  /** SLIPWAY_DOMAIN as set by the operator, or decided earlier. */
  domain: string | undefined;
  /** Ports that were set by the operator, or decided earlier. */
  ports: { http: number | undefined; https: number | undefined; ssh: number | undefined };
  /** SLIPWAY_PROXIED, as set or decided. */
  proxied: boolean | undefined;
  /** The operator gave a certificate. */
  hasCertificate: boolean;
  /** Addresses of the machine's interfaces. */
  addresses: readonly string[];
  /** True when a program that is not ours listens on the port. */
  isTaken: (port: number) => boolean;
}
export interface Reachability {
  /** `localhost`, or the domain below which everything is. */
  domain: string;
  publicUrl: string;
  appsDomain: string;
  appsScheme: 'http' | 'https';
  /** Port in the applications' URLs. */
  appsPort: number;
  bind: string;
  ports: { http: number; https: number; ssh: number };
  /** Another web server has 80 and 443 and must pass requests on to our http port. */
  proxied: boolean;
  /** The edge ends TLS itself; without the operator's certificate with a self-signed one. */
  certificate: 'none' | 'own' | 'self-signed';
}

const isPrivate = (address: string): boolean =>
  /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|192\.0\.[02]|198\.1[89]|198\.51\.100|203\.0\.113|2[2-5]\d)\./.test(
    `${address}.`,
  );

/** The first IPv4 address that the internet can reach; null behind a router and on a laptop. */
export const publicAddress = (addresses: readonly string[]): string | null =>
  addresses.find((address) => isIP(address) === 4 && !isPrivate(address)) ?? null;

const withPort = (origin: string, port: number, standard: number): string =>
  port === standard ? origin : `${origin}:${port}`;

/** The first free port from `from` on. */
const freeFrom = (from: number, isTaken: (port: number) => boolean): number => {
  let port = from;
  while (isTaken(port) && port < 65_535) port += 1;
  return port;
};

export function decideReachability(facts: ReachabilityFacts): Reachability {
  const { isTaken } = facts;
  const address = publicAddress(facts.addresses);
  const domain = facts.domain ?? (address ? `${address.replaceAll('.', '-')}.sslip.io` : 'localhost');
  const standardTaken = isTaken(80) || isTaken(443);
  const ports = {
    http: facts.ports.http ?? (standardTaken ? freeFrom(8080, isTaken) : 80),
    https: facts.ports.https ?? (standardTaken ? freeFrom(8443, isTaken) : 443),
    ssh: facts.ports.ssh ?? freeFrom(2222, isTaken),
  };
  if (domain === 'localhost') return onThisMachine(ports);
  const proxied = facts.proxied ?? (standardTaken && ports.http !== 80);
  return atDomain(domain, ports, proxied, facts.hasCertificate);
}

const onThisMachine = (ports: Reachability['ports']): Reachability => ({
  domain: 'localhost',
  publicUrl: withPort('http://slipway.localhost', ports.http, 80),
  appsDomain: 'apps.localhost',
  appsScheme: 'http',
  appsPort: ports.http,
  bind: '127.0.0.1',
  ports,
  proxied: false,
  certificate: 'none',
});

/** Applications get https where a browser trusts the certificate, the dashboard gets it always. */
function atDomain(
  domain: string,
  ports: Reachability['ports'],
  proxied: boolean,
  hasCertificate: boolean,
): Reachability {
  const httpsPort = proxied ? 443 : ports.https;
  const trusted = proxied || hasCertificate;
  return {
    domain,
    publicUrl: withPort(`https://slipway.${domain}`, httpsPort, 443),
    appsDomain: `apps.${domain}`,
    appsScheme: trusted ? 'https' : 'http',
    appsPort: trusted ? httpsPort : ports.http,
    bind: proxied ? '127.0.0.1' : '0.0.0.0',
    ports,
    proxied,
    certificate: proxied ? 'none' : hasCertificate ? 'own' : 'self-signed',
  };
}

/** True for a URL on which a password may be typed: https, or http to this machine itself. */
export function isSafeDashboardUrl(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return (
    protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost') || hostname.startsWith('127.')
  );
}

/** What the sentence on the screen says. */
export function describeReachability({ domain, proxied }: Pick<Reachability, 'domain' | 'proxied'>): string {
  if (domain === 'localhost') return 'from this machine only (SLIPWAY_DOMAIN=example.net opens it to others)';
  return `at *.${domain}${proxied ? ', through the web server that has ports 80 and 443' : ''}`;
}
