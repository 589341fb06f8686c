/**
 * The release machine: one table of transitions, shared by the engine, the API and the UI. Pure.
 *
 * ```
 * held → queued → fetching → building → storing → starting → checking → hook → switching → live → retiring → retired
 * until its routes are published: → cancelling → aborted | superseded     anywhere before live: → failed
 * ```
 * Every kind walks the same line; a step with nothing to do ends at once. `outcome` is set once, on entering live, failed,
 * aborted or superseded. A release stays in `live` until a later one replaces it; an operation, which is not what stays
 * live, goes on to retire the instances that it replaced by itself.
 */
export const releaseStates = [
  'held', 'queued', 'fetching', 'building', 'storing', 'starting', 'checking', 'hook', 'switching', 'live', 'retiring',
  'retired', 'cancelling', 'aborted', 'superseded', 'failed',
] as const; // prettier-ignore
export type ReleaseState = (typeof releaseStates)[number];

export const releaseKinds = [
  'deploy', 'tag-and-deploy', 'configuration', 'promotion', 'rollback', 'development-apply',
  'restart', 'scale', 'suspend', 'resume', 'wake', 'reschedule',
] as const; // prettier-ignore
export type ReleaseKind = (typeof releaseKinds)[number];
export const operationKinds = [
  'restart',
  'scale',
  'suspend',
  'resume',
  'wake',
  'reschedule',
] as const satisfies readonly ReleaseKind[];
export const isOperation = (kind: ReleaseKind): boolean => (operationKinds as readonly ReleaseKind[]).includes(kind);

export const lanes = ['build', 'rollout'] as const;
export type Lane = (typeof lanes)[number];

/** What each kind may do, row by row from design section 5; steps ask this table and nothing else. */
export interface KindRules {
  lane: Lane;
  /** `changed-key`: build where the build key changed. `never`: the artifact must exist. */
  build: 'changed-key' | 'never';
  /** Instances: those whose spec hash changed, or all that the operation names. */
  start: 'changed-spec' | 'affected' | 'none';
  /** `before-first-live`: only until the deployment was live once. */
  hook: 'yes' | 'no' | 'before-first-live';
  /** Goes before every other entry of its lane. */
  first: boolean;
}
export const kindRules: Record<ReleaseKind, KindRules> = {
  deploy: { lane: 'build', build: 'changed-key', start: 'changed-spec', hook: 'yes', first: false },
  'tag-and-deploy': { lane: 'build', build: 'changed-key', start: 'changed-spec', hook: 'yes', first: false },
  configuration: {
    lane: 'rollout',
    build: 'changed-key',
    start: 'changed-spec',
    hook: 'before-first-live',
    first: false,
  },
  promotion: { lane: 'rollout', build: 'never', start: 'changed-spec', hook: 'yes', first: false },
  rollback: { lane: 'rollout', build: 'never', start: 'changed-spec', hook: 'no', first: true },
  'development-apply': { lane: 'build', build: 'changed-key', start: 'changed-spec', hook: 'no', first: false },
  restart: { lane: 'rollout', build: 'never', start: 'affected', hook: 'no', first: false },
  scale: { lane: 'rollout', build: 'never', start: 'changed-spec', hook: 'no', first: false },
  suspend: { lane: 'rollout', build: 'never', start: 'none', hook: 'no', first: false },
  resume: { lane: 'rollout', build: 'never', start: 'changed-spec', hook: 'no', first: false },
  wake: { lane: 'rollout', build: 'never', start: 'affected', hook: 'no', first: true },
  reschedule: { lane: 'rollout', build: 'never', start: 'affected', hook: 'no', first: false },
};

export const releaseEvents = [
  'admitted', 'claimed', 'fetched', 'built', 'stored', 'started', 'checked', 'hooked', 'switched', 'replaced', 'drained',
  'cancel', 'fail', 'undone-abort', 'undone-supersede', 'supersede-waiting', 'abort-waiting',
] as const; // prettier-ignore
export type ReleaseEvent = (typeof releaseEvents)[number];

/** States of a release that works under a lease and has not published its routes: it can be cancelled or fail. */
const unpublished = ['fetching', 'building', 'storing', 'starting', 'checking', 'hook', 'switching'] as const;

const forward: Partial<Record<ReleaseState, Partial<Record<ReleaseEvent, ReleaseState>>>> = {
  held: { admitted: 'queued', 'abort-waiting': 'aborted', 'supersede-waiting': 'superseded', fail: 'failed' },
  queued: { claimed: 'fetching', 'abort-waiting': 'aborted', 'supersede-waiting': 'superseded', fail: 'failed' },
  fetching: { fetched: 'building' },
  building: { built: 'storing' },
  storing: { stored: 'starting' },
  starting: { started: 'checking' },
  checking: { checked: 'hook' },
  hook: { hooked: 'switching' },
  switching: { switched: 'live' },
  live: { replaced: 'retiring' },
  retiring: { drained: 'retired' },
  cancelling: { 'undone-abort': 'aborted', 'undone-supersede': 'superseded', fail: 'failed' },
};

/** The state after `event`, or null when the table has no such transition. */
export function transition(state: ReleaseState, event: ReleaseEvent): ReleaseState | null {
  const next = forward[state]?.[event];
  if (next) return next;
  if (!(unpublished as readonly ReleaseState[]).includes(state)) return null;
  if (event === 'cancel') return 'cancelling';
  if (event === 'fail') return 'failed';
  return null;
}

/** Waiting for a slot. */
export const waitingStates = ['held', 'queued'] as const satisfies readonly ReleaseState[];
/** Blocks the deployment: at most one release per deployment is in one of these. */
export const activeStates = [...unpublished, 'cancelling'] as const satisfies readonly ReleaseState[];
/** Needs the engine: a lease-less row in one of these is due at once. */
export const workingStates = [...activeStates, 'retiring'] as const satisfies readonly ReleaseState[];
/** Never left again. */
export const finalStates = ['retired', 'aborted', 'superseded', 'failed'] as const satisfies readonly ReleaseState[];
export const buildLaneStates = ['fetching', 'building', 'storing'] as const satisfies readonly ReleaseState[];

export const isActive = (state: ReleaseState): boolean => (activeStates as readonly ReleaseState[]).includes(state);
export const isWaiting = (state: ReleaseState): boolean => (waitingStates as readonly ReleaseState[]).includes(state);
export const isFinal = (state: ReleaseState): boolean => (finalStates as readonly ReleaseState[]).includes(state);
/** Routes not published yet: abort, suspend and rollback may still end it. `switching` counts until the engine says otherwise. */
export const isCancellable = (state: ReleaseState): boolean =>
  isWaiting(state) || (unpublished as readonly ReleaseState[]).includes(state);

export const outcomes = ['live', 'failed', 'aborted', 'superseded'] as const;
export type Outcome = (typeof outcomes)[number];
/** The outcome that entering `state` sets, or null. */
export const outcomeOf = (state: ReleaseState): Outcome | null =>
  (outcomes as readonly string[]).includes(state) ? (state as Outcome) : null;
