/** Names that people choose, and names that we derive. Engine, disk and DNS objects are named by ids, never by user text. */
import * as z from 'zod';

/** DNS label that a person types: projects, deployments, organizations. */
export const slug = z
  .string()
  .trim()
  .min(2, 'At least 2 characters')
  .max(32, 'At most 32 characters')
  .regex(/^[a-z](?:[a-z0-9-]*[a-z0-9])?$/, 'Lower-case letters, digits and -, starting with a letter');
export const displayName = z
  .string()
  .trim()
  .min(1, 'Give it a name')
  .max(60, 'At most 60 characters')
  .refine((value) => !/[\p{Cc}\p{Cf}]/u.test(value), 'No control characters');

/** A slug made from a display name, for the form's suggestion; never empty. */
export function slugFrom(name: string): string {
  const cleaned = name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, ''); // prettier-ignore
  return cleaned.slice(0, 32).replace(/-+$/, '').padEnd(2, 'x');
}

/** Words that stand in the dashboard's own addresses: an organization, project or deployment of that name would hide behind a page. */
const pageWords = {
  organization: ['api', 'setup', 'sign-in', 'invitation', 'new-organization', 'templates', 'icon', 'favicon', 'docs', 'platform', 'ssh-keys'],
  deployment: ['tags'],
  project: ['new', 'queue', 'activity', 'usage', 'settings', 'platform'],
} as const; // prettier-ignore
export const isPageWord = (of: keyof typeof pageWords, name: string): boolean =>
  pageWords[of].some((word) => word === name);

/** `<project>-<deployment>-<4 characters>`, at most 63 characters: frozen once given, a DNS label and an SSH name. */
export const handleFrom = (project: string, deployment: string, suffix: string): string =>
  `${`${project}-${deployment}`.slice(0, 46).replace(/-+$/, '')}-${suffix}`;

/** Host of a deployment, or of one component that wants its own: one label, so that a wildcard certificate covers it. */
export const deploymentHost = (handle: string, appsDomain: string): string => `${handle}.${appsDomain}`;
export const componentHost = (handle: string, component: string, appsDomain: string): string =>
  `${component.slice(0, 16).replace(/-+$/, '')}-${handle}`.slice(0, 63).replace(/-+$/, '') + `.${appsDomain}`;

/** URL of a host at an edge, without the scheme's default port. */
export function edgeUrl(host: string, region: { appsScheme: 'http' | 'https'; appsPort: number }): string {
  const isDefault = region.appsPort === (region.appsScheme === 'http' ? 80 : 443);
  return `${region.appsScheme}://${host}${isDefault ? '' : `:${region.appsPort}`}`;
}

/** Where the SSH gateway answers: the dashboard's host. Names below localhost are known to browsers, not to ssh. */
export function sshHost(publicUrl: string): string {
  const host = new URL(publicUrl).hostname;
  return host.endsWith('.localhost') ? 'localhost' : host;
}

/** Bridge of a deployment's network: at most 15 characters. `installation` is the 4-character tag of this installation. */
export const bridgeName = (installation: string, index: number): string => `slw-${installation}-${index.toString(36)}`;
/** The container of an instance. */
export const containerName = (instanceId: string): string => `slw-${instanceId}`;

/** Host part of the n-th /26 of a pool such as `10.213.0.0/16`; null when the pool is full. The first address of each is the gateway. */
export function subnetAt(pool: string, index: number): string | null {
  const [base = '', bits = '16'] = pool.split('/');
  const start = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  if (index < 0 || index >= 2 ** (26 - Number(bits))) return null;
  return `${toAddress(start + index * 64)}/26`;
}
/** The `offset`-th address of a /26; offsets 2 to 62 are for instances. */
export function addressIn(subnet: string, offset: number): string {
  const start = (subnet.split('/')[0] ?? '').split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return toAddress(start + offset);
}
const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
