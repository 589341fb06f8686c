/** What each plan gives an organization. Pure; use cases hold it under a lock, the queue counts it when a slot is claimed. */
import type { Plan } from '#server/domain/words.ts';

export interface PlanLimits {
  /** Stands before the other plans in the queue; nothing that runs is ever stopped for it. */
  goesFirst: boolean;
  /** Releases and operations that work at the same moment in one region; more wait. */
  concurrentReleases: number;
  deployments: number;
  /** Of all deployments that are not suspended, as their live and coming releases ask for. */
  instances: number;
  memoryMib: number;
}

export const planLimits: Record<Plan, PlanLimits> = {
  free: { goesFirst: false, concurrentReleases: 3, deployments: 20, instances: 30, memoryMib: 16 * 1024 },
  'pay-as-you-go': { goesFirst: true, concurrentReleases: 20, deployments: 1000, instances: 2000, memoryMib: 1024 ** 2 }, // prettier-ignore
};

export const planNames: Record<Plan, string> = { free: 'Free', 'pay-as-you-go': 'Pay as you go' };

/** What a deployment takes: the sum over its standing components. */
export interface Reservation {
  instances: number;
  memoryMib: number;
}
export const noReservation: Reservation = { instances: 0, memoryMib: 0 };
export const addReservations = (a: Reservation, b: Reservation): Reservation => ({
  instances: a.instances + b.instances,
  memoryMib: a.memoryMib + b.memoryMib,
});

/** The limit that `total` passes, in a sentence that says what to do, or null. */
export function planExcess(
  plan: Plan,
  total: Reservation,
): { field: 'instances' | 'size.memoryMib'; message: string } | null {
  const limits = planLimits[plan];
  const change = `Ask for less, suspend another deployment, or ask the operator for another plan.`;
  if (total.instances > limits.instances)
    return { field: 'instances', message: `The plan ${planNames[plan]} gives ${limits.instances} instances; with this it would be ${total.instances}. ${change}` }; // prettier-ignore
  if (total.memoryMib > limits.memoryMib)
    return { field: 'size.memoryMib', message: `The plan ${planNames[plan]} gives ${limits.memoryMib} MiB of memory; with this it would be ${total.memoryMib} MiB. ${change}` }; // prettier-ignore
  return null;
}
