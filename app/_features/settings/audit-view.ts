/** Audit entries as sentences. Pure. */
import type { AuditEntryView } from '#server/domain/views/accounts.ts';

const words: Record<string, string> = {
  'component.add': 'added a component',
  'component.defaults': 'changed the defaults of a component',
  'component.remove': 'removed a component',
  'credential.create': 'added a Git credential',
  'credential.delete': 'deleted a Git credential',
  'deployment.create': 'created a deployment',
  'deployment.delete': 'deleted a deployment',
  'deployment.rename': 'renamed a deployment',
  'deployment.restart': 'restarted a deployment',
  'deployment.restore': 'restored a deployment',
  'draft.save': 'saved a draft',
  'member.invite': 'invited somebody',
  'member.join': 'joined',
  'member.remove': 'removed a member',
  'member.revoke-invitation': 'withdrew an invitation',
  'member.role': 'changed a role',
  'organization.create': 'created the organization',
  'organization.rename': 'renamed the organization',
  'organization.plan': 'set the plan',
  'project.create': 'created a project',
  'project.delete': 'deleted a project',
  'project.rename': 'renamed a project',
  'project.restore': 'restored a project',
  'release.abort': 'aborted a release',
  'release.request': 'requested a release',
  'release.rollback': 'rolled back',
  'repository.credential': 'changed how a repository is read',
  'variables.change': 'changed variables',
};
/** What was done; an action without words of its own is read from its name: `tag.create` is "tag: create". */
export const actionWords = (action: string): string => words[action] ?? action.replace('.', ': ').replaceAll('-', ' ');

const plain = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(plain).join(', ');
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
};
const idPattern = /^[a-z]{2,5}_[a-z0-9]{26}$/u;
/** The details a person can read: `role admin, email x@…`. Ids say nothing and are left out. */
export function detailWords({ data }: Pick<AuditEntryView, 'data'>): string {
  return Object.entries(data)
    .map(([key, value]) => [key, Array.isArray(value) ? value.filter((item) => !idPattern.test(plain(item))) : value])
    .map(([key, value]) => ({ key: plain(key), value: plain(value) }))
    .filter(({ value }) => value !== '' && !idPattern.test(value))
    .map(({ key, value }) => `${key.replaceAll(/([a-z])([A-Z])/gu, '$1 $2').toLowerCase()} ${value}`)
    .join(', ');
}
