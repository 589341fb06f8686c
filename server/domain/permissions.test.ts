import { expect, test } from 'vitest';
import { type Action, actions, type Actor, can } from '#server/domain/permissions.ts';
import { type Role, roles } from '#server/domain/words.ts';

const actor = (role: Role): Actor => ({ userId: 'usr_1', sessionId: 'ses_1', orgId: 'org_1', role, isOperator: false });
const own = { orgId: 'org_1' };
/** One letter per role in the order owner, admin, developer, viewer. */
const table: Record<Action, string> = {
  'organization.read': 'oadv', 'organization.update': 'oa', 'organization.delete': 'o', 'member.read': 'oadv', 'member.manage': 'oa', 'audit.read': 'oa',
  'project.read': 'oadv', 'project.create': 'oad', 'project.update': 'oad', 'project.delete': 'oa', 'credential.read': 'oadv', 'credential.manage': 'oad',
  'deployment.read': 'oadv', 'deployment.create': 'oad', 'deployment.update': 'oad', 'deployment.delete': 'oa', 'deployment.operate': 'oad', 'deployment.connect': 'oad',
  'variable.read': 'oadv', 'variable.write': 'oad', 'release.read': 'oadv', 'release.create': 'oad', 'release.abort': 'oad', 'log.read': 'oadv', 'region.read': 'oadv',
}; // prettier-ignore

test.each(actions)('%s is for the roles of the table and for nobody of another organization', (action) => {
  expect(roles.filter((role) => can(actor(role), action, own)).map((role) => role[0]).join('')).toBe(table[action]);
  expect(roles.some((role) => can(actor(role), action, { orgId: 'org_2' }))).toBe(false);
}); // prettier-ignore

test('being an operator of the platform gives no rights in an organization', () => {
  expect(can({ ...actor('viewer'), isOperator: true }, 'project.create', own)).toBe(false);
});

test('nobody manages a role above their own', () => {
  const manages = (who: Role, role: Role) => can(actor(who), 'member.manage', { ...own, role });
  expect(roles.filter((role) => manages('admin', role))).toEqual(['admin', 'developer', 'viewer']);
  expect(roles.filter((role) => manages('owner', role))).toEqual([...roles]);
});
