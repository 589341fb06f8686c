/** The queue as pages show it. */
import type { Lane, ReleaseKind, ReleaseState } from '#server/domain/release-machine.ts';

/** Why a release does not run yet. */
export type QueueWait =
  | { kind: 'held'; reason: string }
  /** Something else works on the deployment. */
  | { kind: 'deployment'; number: number | null; releaseKind: ReleaseKind }
  | { kind: 'organization'; running: number; limit: number }
  /** The region gives no slots at the moment. */
  | { kind: 'region' }
  | { kind: 'slot'; ahead: number };
/** How busy a region is; the same for everybody, except the limit. */
export interface QueueRegion {
  slug: string;
  name: string;
  lanes: Record<Lane, { slots: number; running: number; waiting: number }>;
  /** Releases of the organization that may work at once. */
  limit: number;
}
export interface QueueEntry {
  releaseId: string;
  number: number | null;
  kind: ReleaseKind;
  lane: Lane;
  state: ReleaseState;
  heldReason: string | null;
  /** From 1 for queued ones; null for held and running ones. Counts other organizations' entries. */
  position: number | null;
  /** Null for running ones. */
  waits: QueueWait | null;
  /** Aborting is still possible. */
  canAbort: boolean;
  projectSlug: string;
  projectName: string;
  deploymentSlug: string;
  deploymentName: string;
  regionSlug: string;
  since: Date;
}
