/** From a release and its instances to what the edge publishes. Pure. */
import { componentHost, deploymentHost, edgeUrl } from '#server/domain/naming.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';
import { routedKinds } from '#server/domain/words.ts';

export interface RouteRegion {
  appsDomain: string;
  appsScheme: 'http' | 'https';
  appsPort: number;
}
export interface RouteInstance {
  id: string;
  componentId: string;
  address: string;
  port: number | null;
}
export interface RouteTarget {
  key: string;
  servers: { name: string; address: string; port: number }[];
  settings: { responseTimeoutMs: number; tunnelTimeoutMs: number; maxConnections: number; queueLimit: number };
  routes: { host: string; path: string }[];
}
export interface RouteNotice {
  host: string;
  state: 'not-deployed' | 'stopped' | 'suspended' | 'starting' | 'maintenance';
}

export const defaultTargetSettings = {
  responseTimeoutMs: 30_000,
  tunnelTimeoutMs: 3_600_000,
  maxConnections: 200,
  queueLimit: 50,
} as const;

/** Where a component answers, or null when it has no routes. */
export function componentRoute(
  component: Pick<SnapshotComponent, 'kind' | 'name' | 'settings'>,
  handle: string,
  appsDomain: string,
): { host: string; path: string } | null {
  if (!routedKinds.includes(component.kind)) return null;
  const { host, path } = component.settings.route;
  return {
    host: host === 'main' ? deploymentHost(handle, appsDomain) : componentHost(handle, component.name, appsDomain),
    path,
  };
}

/** The URL under which a component's own variable APP_PUBLIC_URL points to it; the deployment's host for those without routes. */
export function publicUrl(
  component: Pick<SnapshotComponent, 'kind' | 'name' | 'settings'>,
  handle: string,
  region: RouteRegion,
): string {
  const route = componentRoute(component, handle, region.appsDomain);
  const base = edgeUrl(route?.host ?? deploymentHost(handle, region.appsDomain), region);
  return route && route.path !== '/' ? `${base}${route.path}` : base;
}

/** Targets for components that have instances, notices for hosts where nobody answers, with the reason given. */
export function routesOf(
  components: readonly Pick<SnapshotComponent, 'componentId' | 'kind' | 'name' | 'settings'>[],
  instances: readonly RouteInstance[],
  handle: string,
  appsDomain: string,
  why: RouteNotice['state'] = 'stopped',
): { targets: RouteTarget[]; notices: RouteNotice[] } {
  const targets: RouteTarget[] = [];
  const empty = new Set<string>();
  for (const component of components) {
    const route = componentRoute(component, handle, appsDomain);
    if (!route) continue;
    const servers = instances
      .filter((one) => one.componentId === component.componentId)
      .flatMap((one) => (one.port === null ? [] : [{ name: one.id, address: one.address, port: one.port }]));
    if (servers.length === 0) empty.add(route.host);
    else targets.push({ key: component.componentId, servers, settings: { ...defaultTargetSettings }, routes: [route] });
  }
  const answered = new Set(targets.flatMap((target) => target.routes.map((route) => route.host)));
  const notices = [...empty].filter((host) => !answered.has(host)).map((host) => ({ host, state: why }));
  return { targets, notices };
}

/** Before the first live release: every host of the deployment says that nothing is deployed yet. */
export function notDeployedRoutes(
  components: readonly Pick<SnapshotComponent, 'kind' | 'name' | 'settings'>[],
  handle: string,
  appsDomain: string,
): { targets: RouteTarget[]; notices: RouteNotice[] } {
  const hosts = new Set([deploymentHost(handle, appsDomain)]);
  for (const component of components) {
    const route = componentRoute(component, handle, appsDomain);
    if (route) hosts.add(route.host);
  }
  return { targets: [], notices: [...hosts].map((host) => ({ host, state: 'not-deployed' as const })) };
}

/** Two components that answer at the same host and path: a form error with both names. */
export function routeConflicts(
  components: readonly Pick<SnapshotComponent, 'componentId' | 'kind' | 'name' | 'settings'>[],
): { componentId: string; message: string }[] {
  const taken = new Map<string, string>();
  const conflicts: { componentId: string; message: string }[] = [];
  for (const component of components) {
    if (!routedKinds.includes(component.kind)) continue;
    const { host, path } = component.settings.route;
    const at = `${host === 'main' ? '' : component.name}${path}`;
    const other = taken.get(at);
    if (other === undefined) taken.set(at, component.name);
    else
      conflicts.push({
        componentId: component.componentId,
        message: `${other} and ${component.name} both answer at ${path}. Give one of them another path or a host of its own.`,
      });
  }
  return conflicts;
}
