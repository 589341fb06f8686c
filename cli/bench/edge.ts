/**
 * Requests/s through the edge against a HAProxy configuration written by hand for one application, with the same
 * features but nothing that changes at run time; alternating pairs, one origin for both. Needs haproxy and wrk.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHaproxyEdge, type EdgeConfig } from '#server/edge/haproxy/driver.ts';
import { freePort } from '#tools/free-port.ts';
import type { Figure } from './figure.ts';

const edgeAddress = '127.0.0.31';
const referenceAddress = '127.0.0.32';
const originAddress = '127.0.0.33';
const host = 'app.bench.test';
const otherHosts = 999;

const originConfig = (port: number): string => `defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 3s
frontend origin
  bind ${originAddress}:${port}
  http-request return status 200 content-type text/plain string "Hello from the origin, which answers with a short text.\\n"
`;
/** What a careful person writes who knows the application and restarts HAProxy for every change. */
const referenceConfig = (port: number, origin: number): string => `global
  maxconn 8000
  tune.bufsize 32768
  tune.maxrewrite 8192
  tune.http.maxhdr 128
defaults
  mode http
  timeout connect 3s
  timeout client 60s
  timeout http-request 10s
  timeout http-keep-alive 60s
  timeout client-fin 10s
  timeout tunnel 1h
  timeout server 30s
  timeout queue 30s
  timeout check 2s
  option idle-close-on-response
  option http-restrict-req-hdr-names delete
  option abortonclose
  http-reuse safe
frontend fe
  bind ${referenceAddress}:${port}
  tcp-request connection track-sc1 src table per_ip unless { src 127.0.0.0/8 }
  tcp-request connection reject if { sc1_conn_cur gt 1000 }
  http-request set-var(txn.rid) req.hdr(x-request-id) if { req.hdr_cnt(x-request-id) eq 1 } { req.fhdr(x-request-id) -m reg ^[A-Za-z0-9+=/-]{20,128}$ }
  http-request set-var(txn.rid) uuid() unless { var(txn.rid) -m found }
  http-request set-header X-Request-Id %[var(txn.rid)]
  http-request set-header kinto-request-id %[var(txn.rid)]
  http-after-response set-header X-Request-Id %[var(txn.rid)]
  http-request deny deny_status 405 if { method CONNECT TRACE }
  http-request deny deny_status 400 unless { req.hdr_cnt(host) eq 1 }
  http-request set-var(txn.host) req.hdr(host),host_only,lower
  http-request deny deny_status 400 unless { var(txn.host) -m reg ^[a-z0-9.-]{1,253}$ }
  http-request del-header Forwarded
  http-request del-header X-Forwarded- -m beg
  http-request del-header X-Slipway- -m beg
  http-request del-header X-Middleware-Subrequest
  http-request del-header Proxy
  http-request del-header Upgrade unless { req.hdr(upgrade) -i websocket }
  http-request del-header Connection unless { req.hdr(upgrade) -i websocket }
  http-request set-header Connection upgrade if { req.hdr(upgrade) -i websocket }
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Host %[var(txn.host)]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Request-Start t=%[date(0,ms)]
  use_backend web if { var(txn.host) -m str ${host} }
  http-request return status 404 content-type text/plain string "unknown host" unless { var(txn.host) -m str ${host} }
backend per_ip
  stick-table type ipv6 size 100k expire 60s store conn_cur
backend web
  balance roundrobin
  option redispatch 1
  retries 3
  retry-on conn-failure empty-response
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
  http-request return status 503 content-type text/plain string "queue full" if { avg_queue ge 50 }
  http-response set-header X-Slipway-Release rel_bench
  server web ${originAddress}:${origin} check inter 2s maxconn 1000 pool-purge-delay 2s
`;

const listens = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port }, () => socket.destroy());
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  }); // prettier-ignore

async function startHaproxy(
  folder: string,
  name: string,
  text: string,
  address: string,
  port: number,
): Promise<ChildProcess> {
  const file = path.join(folder, `${name}.cfg`);
  writeFileSync(file, text);
  const child = spawn('/usr/sbin/haproxy', ['-db', '-f', file], { stdio: 'ignore', detached: true }); // a session of its own, as the edge has: the kernel shares time among sessions
  const deadline = Date.now() + 10_000;
  while (!(await listens(address, port))) {
    if (Date.now() > deadline || child.exitCode !== null)
      throw new Error(`The bench's HAProxy "${name}" does not start.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return child;
}

/** Requests per second over 32 keep-alive connections. @throws Error when an answer was not a 200. */
function measure(address: string, port: number, seconds: number): number {
  const args = ['-t', '1', '-c', '32', '-d', `${seconds}s`, '-H', `Host: ${host}`, `http://${address}:${port}/`];
  const text = execFileSync('wrk', args, { encoding: 'utf8' });
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`The bench got errors: ${text}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
}

/** The edge with our application among a thousand routes. */
async function startEdge(stateDir: string, originPort: number): Promise<{ port: number; stop(): Promise<void> }> {
  const config: EdgeConfig = {
    stateDir, SLIPWAY_PUBLIC_URL: 'http://slipway.bench.test', SLIPWAY_WEB_PORT: await freePort(), SLIPWAY_BIND: edgeAddress,
    SLIPWAY_HTTP_PORT: await freePort(), SLIPWAY_HTTPS_PORT: await freePort(), times: { serverDeleteDelay: 60_000 },
  }; // prettier-ignore
  const edge = createHaproxyEdge(config);
  const controller = new AbortController();
  await edge.ensure(controller.signal);
  const settings = { responseTimeoutMs: 30_000, tunnelTimeoutMs: 3_600_000, maxConnections: 1000, queueLimit: 50 };
  const servers = [{ name: 'ins_bench', address: originAddress, port: originPort }];
  const routes = [host, ...Array.from({ length: otherHosts }, (_, index) => `h${index}.bench.test`)].map((name) => ({
    host: name,
    path: '/',
  }));
  await edge.publish({ deploymentId: 'dep_bench', releaseId: 'rel_bench', generation: 1, targets: [{ key: 'cmp_web', servers, settings, routes }], notices: [] }, controller.signal); // prettier-ignore
  return {
    port: config.SLIPWAY_HTTP_PORT,
    stop: async () => {
      controller.abort();
      await edge.stop();
    },
  };
}

/** @param pairs how many times both are measured, in turn. @param seconds of each measurement. */
export async function benchEdge(pairs = 15, seconds = 2): Promise<Figure> {
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-bench-edge-'));
  const stops: (() => unknown)[] = [];
  try {
    const originPort = await freePort();
    const referencePort = await freePort();
    for (const [name, text, address, port] of [
      ['origin', originConfig(originPort), originAddress, originPort],
      ['reference', referenceConfig(referencePort, originPort), referenceAddress, referencePort],
    ] as const) {
      const child = await startHaproxy(folder, name, text, address, port);
      stops.push(() => child.kill('SIGTERM'));
    }
    mkdirSync(path.join(folder, 'state'));
    const edge = await startEdge(path.join(folder, 'state'), originPort);
    stops.push(() => edge.stop());
    const [samples, reference]: [number[], number[]] = [[], []];
    measure(edgeAddress, edge.port, 1);
    measure(referenceAddress, referencePort, 1);
    for (let pair = 0; pair < pairs; pair += 1) {
      samples.push(measure(edgeAddress, edge.port, seconds));
      reference.push(measure(referenceAddress, referencePort, seconds));
    }
    const note = `${otherHosts + 1} routes, 32 keep-alive connections, ${seconds} s each; the reference is a HAProxy with the same features and one application`;
    return {
      name: 'requests per second through the edge',
      unit: 'requests/s',
      samples,
      reference,
      judged: 'ratio',
      note,
    };
  } finally {
    for (const stop of stops.toReversed()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
