/** What the driver remembers, and how publications change it. Pure: no clock, no files. */
import { AppError } from '#server/errors.ts';
import { routeKey, sameBackend } from '#server/edge/publication.ts';
import type { EdgeHold, EdgeServer, EdgeTargetSettings, Publication, TrafficCount } from '#server/edge/types.ts';

/** A backend of the pool while a component has it. */
export interface SlotUse {
  deploymentId: string;
  key: string;
  servers: readonly EdgeServer[];
  settings: EdgeTargetSettings;
  /** HAProxy's counters of the slot when this use began, or when they were last added up. */
  base: TrafficCount;
  /** Unix ms at which the last route left it; null while routes lead to it. */
  leftAt: number | null;
  /** While its target is held: until when (Unix ms), and the hold's limits. */
  hold: (EdgeHold & { until: number }) | null;
}
export interface DeploymentState {
  publication: Publication;
  /** Target key → slot. */
  slots: Record<string, string>;
  /** Traffic that HAProxy's counters no longer show, per target key. */
  counts: Record<string, TrafficCount>;
}
export interface EdgeState {
  slotCount: number;
  /** Which HAProxy process the counters' bases belong to. */
  worker: string | null;
  deployments: Record<string, DeploymentState>;
  slots: Record<string, SlotUse>;
}

/** Slot → HAProxy's counters of it. */
export type Counted = ReadonlyMap<string, TrafficCount>;

export const firstSlotCount = 256;
export const emptyState = (): EdgeState => ({ slotCount: firstSlotCount, worker: null, deployments: {}, slots: {} });
export const noTraffic: TrafficCount = { requests: 0, failed: 0, held: 0, bytesIn: 0, bytesOut: 0 };
export const slotName = (number: number): string => `p${String(number).padStart(4, '0')}`;
export const slotNames = (count: number): string[] => Array.from({ length: count }, (_, index) => slotName(index + 1));

export const addTraffic = (a: TrafficCount, b: TrafficCount, sign: 1 | -1 = 1): TrafficCount => ({
  requests: a.requests + sign * b.requests,
  failed: Math.max(0, a.failed + sign * b.failed),
  held: Math.max(0, a.held + sign * b.held),
  bytesIn: a.bytesIn + sign * b.bytesIn,
  bytesOut: a.bytesOut + sign * b.bytesOut,
});

/** Route key → deployment id of everything in force. */
export const routeOwners = (state: EdgeState): Map<string, string> =>
  new Map(Object.values(state.deployments).flatMap(({ publication: { deploymentId, targets, notices } }) => [
    ...targets.flatMap((target) => target.routes.map(({ host, path }) => [routeKey(host, path), deploymentId] as const)),
    ...notices.map(({ host }) => [routeKey(host, '/'), deploymentId] as const),
  ])); // prettier-ignore

const leave = (slots: EdgeState['slots'], names: Iterable<string>, now: number): EdgeState['slots'] => {
  const next = { ...slots };
  for (const name of names) {
    const use = next[name];
    if (use) next[name] = { ...use, leftAt: now };
  }
  return next;
};

/**
 * The state with this publication in force. Targets whose servers and settings are equal keep their slot; the others get
 * a free one, and what they had leaves. The pool doubles when it is used up; the caller sees that by `slotCount`.
 * @param counted HAProxy's counters now: a slot of the pool goes on counting where its last use ended.
 * @throws AppError too_many at 10,000 slots.
 */
export function withPublication(state: EdgeState, publication: Publication, now: number, counted: Counted): EdgeState {
  const before = state.deployments[publication.deploymentId];
  const slots: Record<string, string> = {};
  const used = { ...state.slots };
  let slotCount = state.slotCount;
  let cursor = 0;
  const takeFree = (): string => {
    do cursor += 1;
    while (used[slotName(cursor)]);
    while (cursor > slotCount) slotCount *= 2;
    if (slotCount > 10_000) throw new AppError('too_many', 'The edge of this region is full.');
    return slotName(cursor);
  };
  for (const target of publication.targets) {
    const kept = before?.publication.targets.find((other) => sameBackend(other, target)) && before.slots[target.key];
    if (kept !== undefined) {
      slots[target.key] = kept;
      continue;
    }
    const slot = takeFree();
    slots[target.key] = slot;
    used[slot] = {
      deploymentId: publication.deploymentId, key: target.key, servers: target.servers, settings: target.settings,
      base: counted.get(slot) ?? noTraffic, leftAt: null,
      hold: target.hold ? { ...target.hold, until: now + target.hold.limitMs } : null,
    }; // prettier-ignore
  }
  const stay = new Set(Object.values(slots));
  const left = Object.values(before?.slots ?? {}).filter((slot) => !stay.has(slot));
  return {
    ...state,
    slotCount,
    slots: leave(used, left, now),
    deployments: {
      ...state.deployments,
      [publication.deploymentId]: { publication, slots, counts: before?.counts ?? {} },
    },
  };
}

/** The state without the deployment; its slots leave. */
export function withoutDeployment(state: EdgeState, deploymentId: string, now: number): EdgeState {
  const { [deploymentId]: gone, ...deployments } = state.deployments;
  return gone ? { ...state, deployments, slots: leave(state.slots, Object.values(gone.slots), now) } : state;
}

/**
 * Adds what HAProxy counted since the last time to the deployments' own counts. A slot that is missing in `current` has
 * counted nothing.
 */
export function withTraffic(state: EdgeState, current: Counted): EdgeState {
  const deployments = { ...state.deployments };
  const slots = { ...state.slots };
  for (const [slot, use] of Object.entries(state.slots)) {
    const now = current.get(slot);
    if (!now) continue;
    slots[slot] = { ...use, base: now };
    const deployment = deployments[use.deploymentId];
    if (!deployment) continue;
    const sum = addTraffic(deployment.counts[use.key] ?? noTraffic, addTraffic(now, use.base, -1));
    deployments[use.deploymentId] = { ...deployment, counts: { ...deployment.counts, [use.key]: sum } };
  }
  return { ...state, deployments, slots };
}

/** A new HAProxy process counts from zero, and what had left is not in its files. */
export function withNewWorker(state: EdgeState, worker: string): EdgeState {
  const inForce = Object.entries(state.slots).filter(([, use]) => use.leftAt === null);
  return {
    ...state,
    worker,
    slots: Object.fromEntries(inForce.map(([slot, use]) => [slot, { ...use, base: noTraffic }])),
  };
}

/** Gives slots back to the pool. Their traffic must have been added up before. */
export const withFreeSlots = (state: EdgeState, free: readonly string[]): EdgeState => ({
  ...state,
  slots: Object.fromEntries(Object.entries(state.slots).filter(([slot]) => !free.includes(slot))),
});
