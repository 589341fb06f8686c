/**
 * Renders HAProxy's files from data. `base.cfg` never contains tenant text; `slots.cfg` and the map hold ids, addresses
 * and checked host names. Paths are relative to the edge's folder. The golden files show the results.
 */
import { createHash } from 'node:crypto';
import { routeKey } from '#server/edge/publication.ts';
import { dashboardPage, errorPages, noticePages, unknownHostPage, type EdgePage } from '#server/edge/haproxy/pages.ts';
import { holdMark, holdScript } from '#server/edge/haproxy/hold.ts';
import { slotNames, type EdgeState } from '#server/edge/haproxy/model.ts';
import type { EdgeServer, EdgeTargetSettings } from '#server/edge/types.ts';

export interface BaseOptions {
  bind: string;
  httpPort: number;
  /** Null without certificates: http only. `certificates` is a digest of them: HAProxy reads them at a start or reload. */
  https: { port: number; certificates: string } | null;
  /** `origin` is the dashboard's own URL without a path; `port` is where it listens on loopback. */
  dashboard: { host: string; origin: string; port: number };
  maxConnections: number;
  /** HAProxy's workers give up root for this user; null where the edge does not run as root. */
  user: { uid: number; gid: number } | null;
}

export const files = { base: 'base.cfg', slots: 'slots.cfg', routes: 'maps/routes.map', socket: 'run/ha.sock', master: 'run/master.sock', hold: 'hold.lua', pid: 'run/haproxy.pid', certificates: 'crt' } as const; // prettier-ignore
export const renderHold = (): string => holdScript(files.routes);
export const pageFile = (page: EdgePage): string => `pages/${page.name}.html`;

const bindTo = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port} v4v6` : `${address}:${port}`;
const answer = (page: EdgePage): string =>
  `status ${page.status} content-type "text/html; charset=utf-8" lf-file ${pageFile(page)} hdr Cache-Control no-store hdr Content-Security-Policy "default-src 'none'; style-src 'unsafe-inline'"`;

const globalSection = (options: BaseOptions): string => `global
${options.user === null ? '' : `  uid ${options.user.uid}\n  gid ${options.user.gid}\n  chroot empty\n`}  stats socket unix@${files.socket} mode 600 level admin expose-fd listeners
  stats timeout 1h
  lua-load ${files.hold}
  maxconn ${options.maxConnections}
  hard-stop-after 12h
  mworker-max-reloads 20
  tune.bufsize 32768
  tune.maxrewrite 8192
  tune.http.maxhdr 128
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
  ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
`;

const defaultsSection = `defaults edge
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
  # with "always" the first request of a client could meet a server's close and end without an answer
  http-reuse safe
${errorPages.map((page) => `  http-error ${answer(page)}\n`).join('')}`;

const frontendSection = (options: BaseOptions): string => `frontend fe from edge
  bind ${bindTo(options.bind, options.httpPort)}
  bind unix@${relayBind} name relay mode 600${options.user === null ? '' : ` uid ${options.user.uid} gid ${options.user.gid}`} accept-proxy
${options.https === null ? '' : `  bind ${bindTo(options.bind, options.https.port)} ssl crt ${files.certificates}/ alpn h2,http/1.1\n`}  # one address cannot take all connections; a web server in front of the edge comes from loopback
  tcp-request connection track-sc1 src table per_ip unless { src 127.0.0.0/8 }
  tcp-request connection reject if { sc1_conn_cur gt 1000 }
  # the client's request id if it is well formed and single, else a new one
  http-request set-var(txn.rid) req.hdr(x-request-id) if { req.hdr_cnt(x-request-id) eq 1 } { req.fhdr(x-request-id) -m reg ^[A-Za-z0-9+=/-]{20,128}$ }
  http-request set-var(txn.rid) uuid() unless { var(txn.rid) -m found }
  http-request set-header X-Request-Id %[var(txn.rid)]
  http-request set-header kinto-request-id %[var(txn.rid)]
  http-after-response set-header X-Request-Id %[var(txn.rid)]
  http-request deny deny_status 405 if { method CONNECT TRACE }
  # one host header, lower case, no port, no final dot; a key ends with a slash, so that /api does not match /apix
  http-request deny deny_status 400 unless { req.hdr_cnt(host) eq 1 }
  http-request set-var(txn.host) req.hdr(host),host_only,lower,rtrim(.)
  http-request deny deny_status 400 unless { var(txn.host) -m reg ^[a-z0-9.-]{1,253}$ }
  # a route's record: backend|release|first byte ms|tunnel ms|queue per instance; most hosts have one route and are found at once
  http-request set-var(txn.route) var(txn.host),map_str(${files.routes})
  http-request set-var-fmt(txn.key) "/%[var(txn.host)]%[path]/" unless { var(txn.route) -m found }
  http-request set-var(txn.route) var(txn.key),map_beg(${files.routes}) unless { var(txn.route) -m found }
  http-request set-var-fmt(txn.key) "/%[var(txn.host),regsub(^[^.]*,*)]%[path]/" unless { var(txn.route) -m found }
  http-request set-var(txn.route) var(txn.key),map_beg(${files.routes}) unless { var(txn.route) -m found }
  # a held route: its requests wait here, so many at once; the script sets the route that is left afterwards
  acl held var(txn.route) -m end |${holdMark}
  http-request track-sc2 var(txn.route),field(1,|) table holds if held
  http-request set-var(txn.most) var(txn.route),field(7,|),add(0) if held
  http-request set-var(txn.hold) str(full) if held { sc2_conn_cur(holds),sub(txn.most) gt 0 }
  http-request set-var(txn.hold) str(full) if held { fe_conn gt ${Math.floor(options.maxConnections * heldShare)} }
  http-request lua.hold if held !{ var(txn.hold) -m found }
  # forwarding headers are ours alone; a Connection header must not name them as hop-by-hop; only WebSocket may leave HTTP
  http-request del-header Forwarded
  http-request del-header X-Forwarded- -m beg unless { so_name -m str relay }
  http-request del-header X-Slipway- -m beg
  http-request del-header X-Middleware-Subrequest
  http-request del-header Proxy
  http-request del-header Upgrade unless { req.hdr(upgrade) -i websocket }
  http-request del-header Connection unless { req.hdr(upgrade) -i websocket }
  http-request set-header Connection upgrade if { req.hdr(upgrade) -i websocket }
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Host %[var(txn.host)]
  http-request set-header X-Forwarded-Proto https if { ssl_fc }
  http-request set-header X-Forwarded-Proto http unless { ssl_fc } || { so_name -m str relay }
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Request-Start t=%[date(0,ms)]
  use_backend %[var(txn.route),field(1,|)] if { var(txn.route) -m found }
  default_backend unknown-host
`;

/** Of all connections, how many may be open while requests are held: the rest stays for other applications. */
const heldShare = 0.75;

/** Its own timeouts: a live page holds one response open for as long as it is looked at. */
const dashboardSection = ({ dashboard, https }: BaseOptions): string => `backend dashboard from edge
  timeout server 10m
  timeout tunnel 12h
  retries 3
  retry-on conn-failure empty-response
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
${dashboard.origin.startsWith('https:') && https !== null ? `  http-request redirect prefix ${dashboard.origin} code 308 unless { req.hdr(x-forwarded-proto) -m str https }\n` : ''}${dashboard.origin.startsWith('https:') ? '  http-request set-header X-Forwarded-Proto https\n' : ''}  # names that Next.js uses between its own parts: nobody outside may say them
  http-request del-header X-Middleware- -m beg
  http-request del-header X-Nextjs- -m beg
  http-request del-header X-Invoke- -m beg
  http-request del-header X-Matched-Path
  http-request del-header Next-Action
  http-error ${answer(dashboardPage)}
  server web 127.0.0.1:${dashboard.port} pool-purge-delay 2s maxconn 2000
`;

const slotDefaults = `# all rules of a slot live here once
defaults slot from edge
  balance roundrobin
  option redispatch 1
  retries 3
  # what is replayed is safe to be; never another POST
  retry-on conn-failure empty-response
  http-request disable-l7-retry unless { method GET HEAD OPTIONS }
  http-response set-header X-Slipway-Release %[var(txn.route),field(2,|)]
  http-request set-timeout server var(txn.route),field(3,|),add(0)
  http-request set-timeout tunnel var(txn.route),field(4,|),add(0) if { req.hdr(upgrade) -m found }
  # what could not wait at a hold, or waited too long for nobody to come
  http-request return status 503 hdr Retry-After 5 content-type text/plain string "This application is being replaced. Too many requests wait for it: try again in a moment.\\n" if { var(txn.hold) -m str full }
  http-request return status 503 hdr Retry-After 5 content-type text/plain string "This application is being replaced, which takes longer than expected: try again in a moment.\\n" if { var(txn.hold) -m str late } { nbsrv eq 0 }
  # avg_queue is what waits, per usable instance; needs maxconn on the servers
  http-request set-var(txn.queue) var(txn.route),field(5,|),add(0) if { avg_queue gt 0 }
  http-request return status 503 hdr Retry-After 5 content-type text/plain string "Too many requests are waiting.\\n" if { avg_queue gt 0 } !{ var(txn.waited) -m found } { var(txn.queue) -m int gt 0 } { avg_queue,sub(txn.queue) ge 0 }
`;

/** Inside the workers' empty root directory, so that they reach it after the chroot. */
const relayBind = 'empty/relay.sock';
/** Where the worker of before a reload sends requests that come over connections it still has. */
const relaySection = (options: BaseOptions): string => `backend relay from edge
  timeout server 1h
  timeout tunnel 12h
  server next unix@${options.user === null ? relayBind : '/relay.sock'} send-proxy-v2
`;
/**
 * All routes of an old worker: whatever the host, to the new one. Without it the next request of an idle connection would
 * follow the routes of the day of the reload.
 */
export const relayEntries: readonly (readonly [string, string])[] = [['/', 'relay|']];

const answeringBackends = `backend per_ip from edge
  stick-table type ipv6 size 100k expire 60s store conn_cur
# per slot of a held route: how many came, how many are there
backend holds from edge
  stick-table type string len 16 size 10k expire 24d store conn_cur,conn_cnt
backend ${unknownHostPage.name} from edge
  http-request return ${answer(unknownHostPage)}
${noticePages.map((page) => `backend notice-${page.name} from edge\n  http-request return ${answer(page)} hdr Retry-After ${page.refresh ?? 60}\n`).join('')}`;

/** The fixed part. Its first lines name its own digest, so that a running HAProxy can be asked which one it has. */
export function renderBase(options: BaseOptions, slotCount: number): string {
  const rest = [
    frontendSection(options),
    dashboardSection(options),
    relaySection(options),
    answeringBackends,
    slotDefaults,
  ].join('\n');
  const text = `${globalSection(options)}\n${defaultsSection}\n${rest}`;
  return text.replace(
    'global\n',
    `global\n  description ${baseDigest(text, slotCount, options.https?.certificates ?? '')}\n`,
  );
}
const baseDigest = (text: string, slotCount: number, certificates: string): string =>
  `slipway-${createHash('sha256').update(`${slotCount}\n${certificates}\n${text}\n${renderHold()}`).digest('hex').slice(0, 16)}`;
export const digestOf = (base: string): string => /^ {2}description (\S+)$/m.exec(base)?.[1] ?? '';

/**
 * How a server is added, in `slots.cfg` and at run time alike. Idle connections close after 2 s: an application may
 * close them at 5 s (Node's default), and a POST that meets such a close is lost.
 */
export const serverWords = (server: EdgeServer, settings: EdgeTargetSettings): string[] => [
  `${server.address}:${server.port}`,
  ...'check inter 2s fastinter 500ms downinter 1s fall 3 rise 1 pool-purge-delay 2s pool-max-conn -1'.split(' '),
  ...(settings.maxConnections > 0 ? ['maxconn', String(settings.maxConnections)] : []),
];

/** All slots of the pool; those that routes lead to have their servers. */
export function renderSlots(state: EdgeState): string {
  const blocks = slotNames(state.slotCount).map((slot) => {
    const use = state.slots[slot];
    const servers = use && use.leftAt === null ? use.servers : [];
    const lines = servers.map(
      (server) => `  server ${server.name} ${serverWords(server, use?.settings ?? noSettings).join(' ')}\n`,
    );
    return `backend ${slot} from slot\n${lines.join('')}`;
  });
  return blocks.join('');
}
const noSettings: EdgeTargetSettings = { responseTimeoutMs: 0, tunnelTimeoutMs: 0, maxConnections: 0, queueLimit: 0 };

/** The key under which the map carries the generation in force; no host can look like it. */
export const generationKey = (deploymentId: string): string => `!${deploymentId}/`;

/** A host with one route is found by its name; others by `/host/path/`, which no host name begins. */
function hostEntries(
  routes: readonly { host: string; path: string; record: string }[],
): [key: string, record: string][] {
  const plain = routes.length === 1 && routes[0]?.path === '/' && !routes[0].host.startsWith('*');
  return routes.map(({ host, path, record }) => [plain ? host : `/${routeKey(host, path)}`, record]);
}

/** All routes of all deployments with their generations: what one commit makes true. */
export function routeEntries(state: EdgeState, dashboardHost: string): [key: string, record: string][] {
  const routes = [{ host: dashboardHost, path: '/', record: 'dashboard|' }];
  const entries: [string, string][] = [];
  for (const { publication, slots } of Object.values(state.deployments)) {
    entries.push([generationKey(publication.deploymentId), String(publication.generation)]);
    for (const { key, routes: own, settings } of publication.targets) {
      const hold = state.slots[slots[key] ?? '']?.hold;
      const record = [
        slots[key] ?? unknownHostPage.name,
        publication.releaseId,
        settings.responseTimeoutMs,
        settings.tunnelTimeoutMs,
        settings.queueLimit,
        ...(hold ? [hold.until, hold.maxRequests, hold.limitMs, holdMark] : []),
      ].join('|');
      for (const route of own) routes.push({ ...route, record });
    }
    for (const { host, state: why } of publication.notices) routes.push({ host, path: '/', record: `notice-${why}|` });
  }
  const byHost = Map.groupBy(routes, ({ host }) => host);
  return [...entries, ...[...byHost.values()].flatMap(hostEntries)];
}
export const renderMap = (entries: readonly (readonly [string, string])[]): string =>
  entries.map(([key, value]) => `${key} ${value}\n`).join('');
