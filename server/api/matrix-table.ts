/**
 * For the matrix test: each procedure with an input that names things of a world, and who may do it. A procedure that is
 * not here fails the test.
 */
import { type Named, randomNames } from '#server/api/testing-world.ts';
import type { Role } from '#server/domain/words.ts';

export interface MatrixRow {
  /** `organization`: members of `org`. `person`: anybody signed in. `public`: everybody. */
  access: 'organization' | 'person' | 'public';
  /** Members who may; the others get FORBIDDEN. */
  may?: readonly Role[];
  input?: (named: Named) => Record<string, unknown>;
  /** What those who may get, when it is not success: the input of the table is not meant to work. */
  answer?: string;
  /** The input names something by an id besides the organization. */
  byId?: boolean;
}
const everybody: readonly Role[] = ['owner', 'admin', 'developer', 'viewer'];
const developers: readonly Role[] = ['owner', 'admin', 'developer'];
const admins: readonly Role[] = ['owner', 'admin'];

const inOrg = (may: readonly Role[], fields: (named: Named) => Record<string, unknown> = () => ({}), answer?: string): MatrixRow => ({
  access: 'organization', may, byId: Object.keys(fields(randomNames())).some((key) => /Id$|^id$|^project$|^of$/.test(key)),
  input: (named) => ({ org: named.org, ...fields(named) }), ...(answer === undefined ? {} : { answer }),
}); // prettier-ignore
const person = (fields?: (named: Named) => Record<string, unknown>, answer?: string): MatrixRow => ({
  access: 'person', ...(fields ? { input: fields } : {}), ...(answer === undefined ? {} : { answer }),
}); // prettier-ignore
const open = (fields?: (named: Named) => Record<string, unknown>, answer?: string): MatrixRow => ({
  access: 'public', ...(fields ? { input: fields } : {}), ...(answer === undefined ? {} : { answer }),
}); // prettier-ignore

const password = 'correct horse battery';
const document = (named: Named) => ({ components: [{ componentId: named.componentId, overrides: { instances: 2 } }] });

export const matrix: Record<string, MatrixRow> = {
  'setup.status': open(),
  'setup.complete': open(() => ({ code: 'x', name: 'A', email: 'a@example.test', password, organization: 'A' }), 'NOT_FOUND'), // prettier-ignore
  'account.providers': open(),
  'account.me': person(),
  'account.rename': person(() => ({ name: 'Ada' })),
  'account.sessions': person(),
  'account.revokeSession': person((named) => ({ id: named.sessionId }), 'NOT_FOUND'),
  'account.changePassword': person(() => ({ current: 'x', next: password }), 'BAD_REQUEST'),
  'account.sshKeys': person(),
  'account.addSshKeys': person(() => ({ text: 'ssh-ed25519 AAAA' }), 'BAD_REQUEST'),
  'account.importSshKeys': person(() => ({ site: 'github', name: '-' }), 'BAD_REQUEST'),
  'account.removeSshKey': person((named) => ({ id: named.sessionId }), 'NOT_FOUND'),
  'organizations.list': person(),
  'organizations.create': person(() => ({ name: 'New', slug: `n${Math.random().toString(36).slice(2, 12)}` })),
  'organizations.get': inOrg(everybody),
  'organizations.audit': inOrg(admins),
  'organizations.rename': inOrg(admins, () => ({ name: 'Renamed' })),
  'members.list': inOrg(everybody),
  'members.setRole': inOrg(admins, (named) => ({ userId: named.userId, role: 'developer' })),
  'members.remove': inOrg(admins, (named) => ({ userId: named.userId })),
  'members.invitations': inOrg(admins),
  'members.invite': inOrg(admins, () => ({ email: 'new@example.test', role: 'viewer' })),
  'members.revokeInvitation': inOrg(admins, (named) => ({ id: named.invitationId })),
  'members.invitation': open((named) => ({ token: named.invitationToken })),
  'members.accept': person((named) => ({ token: named.invitationToken }), 'FORBIDDEN'),
  'members.join': open((named) => ({ token: named.invitationToken, name: 'Ada', password })),
  'templates.list': person(),
  'repositories.list': inOrg(everybody, (named) => ({ projectId: named.projectId })),
  'repositories.inspect': inOrg(developers, () => ({ url: 'https://git.example.com/none/such', credential: { kind: 'none' } }), 'BAD_REQUEST'), // prettier-ignore
  'repositories.setCredential': inOrg(developers, (named) => ({ repositoryId: named.repositoryId, credential: { kind: 'none' } })), // prettier-ignore
  'projects.list': inOrg(everybody),
  'projects.get': inOrg(everybody, (named) => ({ project: named.projectId })),
  'projects.create': inOrg(developers, () => ({
    name: 'New', source: { kind: 'template', template: 'node-web' }, deployment: { name: 'Production', stage: { name: 'production', kind: 'built' } },
  })), // prettier-ignore
  'projects.rename': inOrg(developers, (named) => ({ projectId: named.projectId, name: 'Renamed' })),
  'projects.delete': inOrg(admins, (named) => ({ projectId: named.projectId, typedName: named.projectSlug })),
  'projects.restore': inOrg(admins, (named) => ({ projectId: named.trashedProjectId })),
  'components.list': inOrg(everybody, (named) => ({ projectId: named.projectId })),
  'components.add': inOrg(developers, (named) => ({
    projectId: named.projectId, name: 'extra', kind: 'worker', source: { kind: 'repository', repositoryId: named.repositoryId }, deploymentIds: [named.deploymentId],
  })), // prettier-ignore
  'components.remove': inOrg(developers, (named) => ({ componentId: named.unusedComponentId })),
  'components.updateDefaults': inOrg(developers, (named) => ({ componentId: named.componentId, settings: { instances: 3 } })), // prettier-ignore
  'credentials.list': inOrg(everybody),
  'credentials.create': inOrg(developers, () => ({ name: 'New', token: 'abcdefghijkl' })),
  'credentials.generateDeployKey': inOrg(developers, () => ({ name: 'New' })),
  'credentials.delete': inOrg(developers, (named) => ({ credentialId: named.unusedCredentialId })),
  'deployments.get': inOrg(everybody, (named) => ({ project: named.projectId, deployment: named.deploymentId })),
  'deployments.timeline': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId })),
  'deployments.create': inOrg(developers, (named) => ({
    projectId: named.projectId, name: 'Staging', stage: { name: 'staging', kind: 'built' }, copyFrom: named.deploymentId,
  })), // prettier-ignore
  'deployments.rename': inOrg(developers, (named) => ({ deploymentId: named.deploymentId, name: 'Renamed' })),
  'deployments.delete': inOrg(admins, (named) => ({ deploymentId: named.deploymentId, typedName: 'production' })),
  'deployments.setAutomatic': inOrg(developers, (named) => ({ deploymentId: named.deploymentId, enabled: true })),
  'deployments.setAutoRevert': inOrg(developers, (named) => ({ deploymentId: named.deploymentId, enabled: true })),
  'deployments.resumeAutomatic': inOrg(developers, (named) => ({ deploymentId: named.deploymentId })),
  'deployments.restore': inOrg(admins, (named) => ({ deploymentId: named.trashedDeploymentId })),
  'deployments.deleteNow': inOrg(admins, (named) => ({ deploymentId: named.trashedDeploymentId, typedName: 'old' })), // prettier-ignore
  'storage.get': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId })),
  'storage.grow': inOrg(developers, (named) => ({ volumeId: named.volumeId, sizeGib: 5 })),
  'storage.delete': inOrg(admins, (named) => ({ volumeId: named.volumeId, typedName: 'data' })),
  'storage.restore': inOrg(admins, (named) => ({ volumeId: named.trashedVolumeId })),
  'storage.dump': inOrg(developers, (named) => ({ deploymentId: named.deploymentId, componentId: named.databaseId })),
  'storage.restoreDump': inOrg(admins, (named) => ({
    deploymentId: named.siblingId, componentId: named.databaseId, dumpId: named.dumpId, typedName: 'db',
  })), // prettier-ignore
  'storage.schedule': inOrg(developers, (named) => ({
    deploymentId: named.deploymentId, componentId: named.databaseId, everyHours: 24, keep: 7,
  })), // prettier-ignore
  'storage.purge': inOrg(admins, (named) => ({ volumeId: named.trashedVolumeId, typedName: 'old' })),
  'drafts.get': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId })),
  'drafts.save': inOrg(developers, (named) => ({ deploymentId: named.deploymentId, revision: 1, document: document(named) })), // prettier-ignore
  'drafts.loadRelease': inOrg(developers, (named) => ({ releaseId: named.releaseId, revision: 1 })),
  'drafts.diff': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId })),
  'variables.list': inOrg(everybody, (named) => ({ projectId: named.projectId, deploymentId: named.deploymentId })),
  'variables.set': inOrg(developers, (named) => ({
    projectId: named.projectId, scope: 'deployment', deploymentId: named.deploymentId, entries: [{ key: 'A', value: '1', isSecret: false }],
  })), // prettier-ignore
  'variables.remove': inOrg(developers, (named) => ({ variableId: named.variableId })),
  'variables.preview': inOrg(developers, (named) => ({ projectId: named.projectId, scope: 'project', text: 'A=1' })),
  'variables.reveal': inOrg(everybody, (named) => ({ variableId: named.variableId })),
  'releases.list': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId })),
  'releases.find': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId, number: named.waitingNumber })),
  'releases.get': inOrg(everybody, (named) => ({ releaseId: named.releaseId })),
  'releases.request': inOrg(developers, (named) => ({ deploymentId: named.deploymentId, kind: 'deploy' })),
  'releases.preview': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId, kind: 'deploy' })),
  'releases.promote': inOrg(developers, (named) => ({ releaseId: named.releaseId, deploymentId: named.deploymentId }), 'CONFLICT'), // prettier-ignore
  'releases.previewPromotion': inOrg(everybody, (named) => ({
    releaseId: named.releaseId,
    deploymentId: named.siblingId,
  })),
  'releases.abort': inOrg(developers, (named) => ({ releaseId: named.waitingReleaseId })),
  'releases.rollback': inOrg(developers, (named) => ({ releaseId: named.releaseId }), 'CONFLICT'),
  'releases.previewRollback': inOrg(everybody, (named) => ({ releaseId: named.releaseId })),
  'tags.list': inOrg(everybody, (named) => ({ project: named.projectId })),
  'tags.create': inOrg(developers, (named) => ({ name: 'v2', from: { kind: 'release', releaseId: named.releaseId } })),
  'tags.deploy': inOrg(developers, (named) => ({ tagId: named.tagId, targets: [{ deploymentId: named.deploymentId }] })), // prettier-ignore
  'tags.delete': inOrg(developers, (named) => ({ tagId: named.tagId })),
  'operations.preview': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId, kind: 'restart' })),
  'operations.restart': inOrg(developers, (named) => ({ deploymentId: named.deploymentId })),
  'operations.scale': inOrg(developers, (named) => ({ deploymentId: named.deploymentId, changes: [{ componentId: named.componentId, instances: 2 }] })), // prettier-ignore
  'operations.suspend': inOrg(developers, (named) => ({ deploymentId: named.deploymentId })),
  'operations.resume': inOrg(developers, (named) => ({ deploymentId: named.deploymentId }), 'CONFLICT'),
  'logs.page': inOrg(everybody, (named) => ({ of: { kind: 'release', releaseId: named.releaseId } })),
  'logs.follow': inOrg(everybody, (named) => ({ of: { kind: 'release', releaseId: named.releaseId } })),
  'events.follow': inOrg(everybody),
  'metrics.read': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId })),
  'regions.list': inOrg(everybody),
  'queue.list': inOrg(everybody),
  'queue.regions': inOrg(everybody),
  'usage.month': inOrg(everybody),
  'usage.deployment': inOrg(everybody, (named) => ({ deploymentId: named.deploymentId })),
  // Nobody in the worlds of the matrix operates the installation; operate-platform.test.ts has one who does.
  'platform.organizations': person(undefined, 'FORBIDDEN'),
  'platform.setPlan': person((named) => ({ organizationId: named.projectId, plan: 'free' }), 'FORBIDDEN'),
  'platform.regions': person(undefined, 'FORBIDDEN'),
  'platform.setRegion': person((named) => ({ regionId: named.regionId, buildSlots: 2 }), 'FORBIDDEN'),
};

/** Routes besides the API: who may, and what of them is tested where. */
export const routeTable: Record<string, 'matrix' | 'elsewhere'> = {
  'app/api/auth/[...nextauth]/route.ts': 'elsewhere', // server/auth/*.test.ts and e2e
  'app/api/trpc/[trpc]/route.ts': 'matrix',
  'app/api/health/route.ts': 'matrix',
  'app/api/releases/[id]/log/route.ts': 'matrix',
};
