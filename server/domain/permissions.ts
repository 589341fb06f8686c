/** Who may do what: one pure function, called by every use case. Default deny. */
import type { Role } from '#server/domain/words.ts';

export const actions = [
  'organization.read', 'organization.update', 'organization.delete', 'member.read', 'member.manage', 'audit.read',
  'project.read', 'project.create', 'project.update', 'project.delete', 'credential.read', 'credential.manage',
  'deployment.read', 'deployment.create', 'deployment.update', 'deployment.delete', 'deployment.operate', 'deployment.connect',
  'variable.read', 'variable.write', 'release.read', 'release.create', 'release.abort', 'log.read', 'region.read',
] as const; // prettier-ignore
export type Action = (typeof actions)[number];

/** A signed-in person inside one organization. */
export interface Actor {
  userId: string;
  sessionId: string;
  orgId: string;
  role: Role;
  /** May see and set the platform's own pages. */
  isOperator: boolean;
}
/** What the action is about; the use case loads it with the organization's id in the same statement. */
export interface Resource {
  orgId: string;
  /** For `member.manage`: the role that is given or taken. */
  role?: Role;
}

const viewer: readonly Action[] = ['organization.read', 'member.read', 'project.read', 'deployment.read', 'variable.read', 'release.read', 'log.read', 'region.read', 'credential.read']; // prettier-ignore
const developer: readonly Action[] = [
  ...viewer, 'project.create', 'project.update', 'credential.manage', 'deployment.create', 'deployment.update', 'deployment.operate', 'deployment.connect',
  'variable.write', 'release.create', 'release.abort',
]; // prettier-ignore
const admin: readonly Action[] = [
  ...developer,
  'organization.update',
  'member.manage',
  'audit.read',
  'project.delete',
  'deployment.delete',
];
const allowed: Record<Role, readonly Action[]> = { viewer, developer, admin, owner: actions };
const rank: Record<Role, number> = { viewer: 0, developer: 1, admin: 2, owner: 3 };

/** True when `actor` may do `action` on `resource`. Nobody manages a role above their own; other organizations are always denied. */
export function can(actor: Actor, action: Action, resource: Resource): boolean {
  if (actor.orgId !== resource.orgId) return false;
  if (!allowed[actor.role].includes(action)) return false;
  return action !== 'member.manage' || resource.role === undefined || rank[resource.role] <= rank[actor.role];
}
