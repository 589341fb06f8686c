/** Whether what went live shall be taken back by the platform itself. Pure. */
import type { ReleaseKind } from '#server/domain/release-machine.ts';
import type { SnapshotComponent } from '#server/domain/release.ts';

/** So many exits of one instance are a crash loop. */
export const crashLimit = 3;
/** A release that held for so long is not reverted any more: what breaks it then came from elsewhere. */
export const watchMinutes = 5;

export interface RevertFacts {
  kind: ReleaseKind;
  number: number | null;
  components: readonly Pick<SnapshotComponent, 'componentId' | 'name' | 'settings'>[];
  /** Of the instances that the release itself started. */
  started: readonly { componentId: string; restarts: number }[];
  /** Hooks that the release ran. */
  hooks: number;
  /** Number of the newest release that can be restored and was not reverted itself. */
  target: number | null;
}
export type RevertVerdict =
  | { kind: 'none' }
  /** It crashes again and again, and what forbids taking it back. */
  | { kind: 'kept'; because: string }
  | { kind: 'revert'; to: number; because: string };

export function revertVerdict(facts: RevertFacts): RevertVerdict {
  const worst = facts.started.reduce<{ componentId: string; restarts: number } | null>(
    (best, one) => (one.restarts >= crashLimit && one.restarts > (best?.restarts ?? 0) ? one : best),
    null,
  );
  if (!worst) return { kind: 'none' };
  const nameOf = (id: string): string => facts.components.find((one) => one.componentId === id)?.name ?? 'a component';
  const what = `${nameOf(worst.componentId)} exited ${String(worst.restarts)} times within ${String(watchMinutes)} minutes`;
  const kept = (why: string): RevertVerdict => ({ kind: 'kept', because: `${what}; ${why}` });
  if (facts.kind === 'rollback') return kept('a rollback is not reverted');
  if (facts.hooks > 0) return kept('a hook ran in this release, and the old code may not fit what it changed');
  const startedIds = new Set(facts.started.map((one) => one.componentId));
  const single = facts.components.find((one) => one.settings.handOver === 'single' && startedIds.has(one.componentId));
  if (single) return kept(`${single.name} was handed over “single” and may have written in its new form`);
  if (facts.target === null) return kept('no earlier release can be restored');
  return { kind: 'revert', to: facts.target, because: what };
}
