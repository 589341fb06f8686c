import { describe, expect, it } from 'vitest';
import { decideReachability, isSafeDashboardUrl, publicAddress, type ReachabilityFacts } from './reachability.ts';
import { proxySnippet } from './proxy-snippet.ts';

const facts = (changes: Partial<ReachabilityFacts> = {}, taken: number[] = []): ReachabilityFacts => ({
  domain: undefined,
  ports: { http: undefined, https: undefined, ssh: undefined },
  proxied: undefined,
  hasCertificate: false,
  addresses: ['127.0.0.1', '192.168.1.20', '::1'],
  isTaken: (port) => taken.includes(port),
  ...changes,
});

describe('how an installation is reached', () => {
  it('is this machine only where no public address is', () => {
    expect(decideReachability(facts())).toMatchObject({
      publicUrl: 'http://slipway.localhost', appsDomain: 'apps.localhost', appsScheme: 'http', bind: '127.0.0.1',
      ports: { http: 80, https: 443, ssh: 2222 },
    }); // prettier-ignore
  });

  it('is <ip>.sslip.io on a machine with a public address, with the dashboard on https', () => {
    expect(decideReachability(facts({ addresses: ['10.0.0.5', '8.8.4.4'] }))).toMatchObject({
      domain: '8-8-4-4.sslip.io', publicUrl: 'https://slipway.8-8-4-4.sslip.io', bind: '0.0.0.0',
      certificate: 'self-signed', appsScheme: 'http', appsPort: 80,
    }); // prettier-ignore
  });

  it("is the operator's domain, with https for applications once browsers trust the certificate", () => {
    expect(decideReachability(facts({ domain: 'example.net', hasCertificate: true }))).toMatchObject({
      publicUrl: 'https://slipway.example.net', appsDomain: 'apps.example.net', appsScheme: 'https', appsPort: 443,
      certificate: 'own',
    }); // prettier-ignore
  });

  it('moves to free high ports where another web server has 80 or 443', () => {
    expect(decideReachability(facts({}, [80, 8080, 2222]))).toMatchObject({
      publicUrl: 'http://slipway.localhost:8081', appsPort: 8081, ports: { http: 8081, https: 8443, ssh: 2223 },
    }); // prettier-ignore
  });

  it('sits behind that web server at a domain: loopback, plain http to it, https outside', () => {
    expect(decideReachability(facts({ domain: 'example.net' }, [80, 443]))).toMatchObject({
      proxied: true, bind: '127.0.0.1', publicUrl: 'https://slipway.example.net', appsScheme: 'https', appsPort: 443,
      ports: { http: 8080 }, certificate: 'none',
    }); // prettier-ignore
  });

  it('keeps ports that were chosen before, whoever has the standard ones now', () => {
    const ports = { http: 18_080, https: 18_443, ssh: 12_222 };
    expect(decideReachability(facts({ ports }, [80, 443])).ports).toEqual(ports);
  });

  it.each(['10.1.2.3', '172.31.0.1', '100.64.0.1', '169.254.1.1', '192.168.0.1', '127.0.0.1', 'fe80::1', '198.18.0.1'])(
    'does not take %s for a public address',
    (address) => {
      expect(publicAddress([address])).toBeNull();
    },
  );
  it.each(['172.32.0.1', '100.128.0.1', '8.8.8.8', '11.0.0.1', '192.169.0.1'])('takes %s for one', (address) => {
    expect(publicAddress([address])).toBe(address);
  });

  it('never has the dashboard on plain http at an address that others reach', () => {
    expect(['https://slipway.example.net', 'http://slipway.localhost:8080', 'http://127.0.0.1'].map(isSafeDashboardUrl)).toEqual([true, true, true]); // prettier-ignore
    expect(['http://slipway.example.net', 'http://8.8.8.8', 'http://localhost.example.net'].map(isSafeDashboardUrl)).toEqual([false, false, false]); // prettier-ignore
  });
});

describe('the snippet for the web server in front', () => {
  const target = { dashboardHost: 'slipway.example.net', appsDomain: 'apps.example.net', httpPort: 8080 };
  it.each(['nginx', 'caddy', 'apache2'])('passes both names and WebSockets on for %s', (program) => {
    const text = proxySnippet(program, target);
    expect(text).toContain('slipway.example.net');
    expect(text).toContain('*.apps.example.net');
    expect(text).toContain('127.0.0.1:8080');
  });
});
