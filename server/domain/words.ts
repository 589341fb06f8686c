/**
 * The words of the product, as types: one noun, one meaning, in UI, API, schema and code.
 *
 * - organization: the tenant. - region: a place that runs deployments. - template: versioned description of a kind of app.
 * - project: what a team works on; owns component identities. - component: one unit of a project.
 * - stage: what a deployment is for (a name and a kind). - deployment: a long-lived full instance of a project at a stage.
 * - draft: a deployment's editable document. - release: an immutable snapshot that was rolled out, or tried; has a number.
 * - operation: a change that makes no new release; same engine, same lease, no number.
 * - artifact: the image a build produced, by digest. - instance: one running container of a component.
 * - route: host and path prefix → component. - status: green, yellow, red, grey, with cause, source and time.
 */
export const roles = ['owner', 'admin', 'developer', 'viewer'] as const;
export type Role = (typeof roles)[number];

export const plans = ['free', 'pay-as-you-go'] as const;
export type Plan = (typeof plans)[number];

export const componentKinds = ['web', 'tcp', 'worker', 'static', 'job', 'cron', 'add-on'] as const;
export type ComponentKind = (typeof componentKinds)[number];
/** Kinds that listen on a port and get routes. */
export const routedKinds: readonly ComponentKind[] = ['web', 'static'];
/** Kinds that keep instances running; a job or a cron runs a one-off per run. */
export const standingKinds: readonly ComponentKind[] = ['web', 'tcp', 'worker', 'static', 'add-on'];

export const stageKinds = ['built', 'development'] as const;
export type StageKind = (typeof stageKinds)[number];

export const powerStates = ['running', 'suspended', 'stopped', 'deleting', 'trashed'] as const;
export type PowerState = (typeof powerStates)[number];

export const handOvers = ['overlap', 'single', 'after-switch'] as const;

export const variableUses = ['build', 'run', 'both'] as const;
export type VariableUse = (typeof variableUses)[number];
export const variableScopes = ['project', 'deployment', 'component'] as const;
export type VariableScope = (typeof variableScopes)[number];

export const statusColours = ['green', 'yellow', 'red', 'grey'] as const;
export type StatusColour = (typeof statusColours)[number];

export const logStreamKinds = ['platform', 'build', 'hook', 'console', 'request'] as const;
export type LogStreamKind = (typeof logStreamKinds)[number];
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];
