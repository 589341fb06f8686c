/** What runs and ran, for owners and operators. */
import type { PlanLimits, Reservation } from '#server/domain/plans.ts';
import type { Plan } from '#server/domain/words.ts';

export interface UsageRow {
  deploymentId: string;
  projectName: string;
  deploymentName: string;
  /** Null when it was deleted. */
  path: { project: string; deployment: string } | null;
  /** CPU reserved, times hours. Two sets count while a release rolls out. */
  cpuHours: number;
  memoryGibHours: number;
  buildMinutes: number;
  /** Instances that count at this moment. */
  running: number;
}
export interface UsageView {
  /** `2026-11`, in UTC. */
  month: string;
  from: Date;
  /** End of the month, or now while it lasts. */
  to: Date;
  plan: Plan;
  limits: PlanLimits;
  /** What deployments that are not suspended ask for, and how many deployments there are. */
  reserved: Reservation & { deployments: number };
  rows: UsageRow[];
}

/** Shown on a deployment's own page. */
export interface DeploymentUsage {
  month: string;
  cpuHours: number;
  memoryGibHours: number;
  buildMinutes: number;
  /** Images of its releases that the engine keeps; what several of them share is counted once each. */
  imageBytes: number;
  images: number;
}

export interface PlatformOrganization {
  id: string;
  slug: string;
  name: string;
  plan: Plan;
  createdAt: Date;
  members: number;
  deployments: number;
  instances: number;
  memoryMib: number;
  /** This month. */
  cpuHours: number;
  memoryGibHours: number;
  buildMinutes: number;
}
export interface PlatformRegion {
  id: string;
  slug: string;
  name: string;
  enabled: boolean;
  buildSlots: number;
  rolloutSlots: number;
  /** Releases of one organization that may work at once, whatever its plan. */
  orgLimit: number;
}
